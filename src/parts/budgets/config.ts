import { z } from "zod";

/** Bounds of the ledger in memory. Limits and windows stand in the signed bundle, never here. */
export const budgetsConfig = z.strictObject({
  max_holds: z.int().min(1).max(10_000_000).default(100_000).describe("Calls that may hold budget at once; above it calls are refused."),
  max_counters: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(1_000_000)
    .describe("Counters kept at once, about 200 bytes each; above it calls that need a budget are refused. Without Redis only."),
});

export type BudgetsConfig = z.infer<typeof budgetsConfig>;

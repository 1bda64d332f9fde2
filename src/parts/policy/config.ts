import { z } from "zod";

/** The `policy` section: how long and how large an evaluation may get. What it may do stands in the signed bundle. */
export const policyConfig = z.strictObject({
  timeout_ms: z
    .int()
    .min(5)
    .max(10_000)
    .default(50)
    .describe("Milliseconds after which an evaluation in a worker is ended and the call denied with `policy.timeout`."),
  workers: z.int().min(1).max(64).default(2).describe("Threads for large inputs and for policies that iterate in a nested way."),
  remember: z
    .boolean()
    .default(true)
    .describe("Whether a decision is remembered for equal inputs, where the bundle shows everything that its policies read."),
  max_memory_mb: z.int().min(4).max(2048).default(64).describe("Megabytes that one instance of the policy may grow to."),
});

export type PolicyConfig = z.infer<typeof policyConfig>;

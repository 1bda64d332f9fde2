import { z } from "zod";

const durability = z.enum(["always", "grouped"]);

/** `log:` of toolgate.yaml. */
export const decisionsConfig = z.strictObject({
  segment_mb: z.int().min(1).max(4096).default(64).describe("Size at which a new segment file is begun, in MiB."),
  stall_ms: z
    .int()
    .min(100)
    .max(60_000)
    .default(2000)
    .describe("How long a call may wait for the disk before it is refused, in milliseconds."),
  durability: z
    .strictObject({
      read: durability.default("grouped").describe("For tools whose only effect is read."),
      other: durability.default("always").describe("For every other effect, and for effects that are not known."),
    })
    .prefault({})
    .describe(
      "`always` waits until the record is synced to the disk. `grouped` waits until it is written, and syncs within 50 ms: " +
        "it survives a killed process, but a power cut may take the last records.",
    ),
});

export type DecisionsConfig = z.infer<typeof decisionsConfig>;

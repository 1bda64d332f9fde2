import { z } from "zod";

/** What operators decide at run time, and how long it is believed without being confirmed. */
export const operationsConfig = z.strictObject({
  stale_ms: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(5_000)
    .describe("Every call is refused once nothing was heard for this long of what is quarantined: Redis is away."),
});

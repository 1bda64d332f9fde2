import { z } from "zod";

const WEEK_S = 7 * 86_400;

/** Sessions of clients that speak a revision with sessions, and what waits for the answers of clients. */
export const sessionsConfig = z.strictObject({
  idle_timeout_s: z.int().min(1).max(WEEK_S).default(1_800).describe("A session that is not used for this long is over."),
  max_age_s: z.int().min(1).max(WEEK_S).default(43_200).describe("A session is over after this, used or not; its client opens another."),
  max_per_owner: z.int().min(1).max(100_000).default(64).describe("Open sessions of one principal."),
  max_total: z.int().min(1).max(10_000_000).default(50_000).describe("Open sessions of all principals, about 500 bytes each."),
  subscriptions_per_session: z.int().min(1).max(10_000).default(100).describe("Resources of whose changes one session may want to hear."),
  parked_per_owner: z
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe("Calls of one principal that may wait at once, in one process, for the answer to a question of their server."),
  parked_s: z.int().min(1).max(86_400).default(600).describe("A call whose question is not answered for this long is given up."),
});

export type SessionsConfig = z.infer<typeof sessionsConfig>;

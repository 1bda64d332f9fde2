import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const members = z.record(z.string(), z.unknown());
const reason = z.strictObject({ code: z.string(), rule: z.string().optional(), message: z.string().optional() });

/** A decision test as data. Strict, because a member that nobody reads would silently want nothing. */
const caseSchema = z.strictObject({
  description: z.string().min(1),
  /** What is different from the shared gate; such a case gets a gate of its own. */
  given: z
    .strictObject({
      config: members.optional(),
      issuer: members.optional(),
      /** Members of `metadata.toolgate`. */
      bundle: members.optional(),
      /** The name of a package whose kinds are missing in the policy index. */
      unindexed: z.string().optional(),
      issuer_away: z.literal(true).optional(),
      server_away: z.string().optional(),
      /** So many of the same calls before the one that is judged. */
      calls_before: z.int().optional(),
      /** One of the same call by another user before. */
      calls_before_by: z.string().optional(),
      advance_s: z.int().optional(),
      log: z.enum(["broken", "breaks during the call"]).optional(),
    })
    .optional(),
  /** Ann of the staff through desk-bot, but for what stands here. A claim that is null is taken away. */
  principal: z
    .strictObject({
      user: z.string().optional(),
      agent: z.string().optional(),
      alone: z.literal(true).optional(),
      groups: z.array(z.string()).optional(),
      claims: members.optional(),
      issuer: z.string().optional(),
      lifetime: z.int().optional(),
      /** Signed by another key of the same name. */
      forged: z.literal(true).optional(),
      /** The bearer as it is sent; `none` sends none. */
      token: z.string().optional(),
    })
    .optional(),
  call: z.strictObject({
    /** As policy names it: `<server>.<tool>`. */
    tool: z.string().optional(),
    args: members.optional(),
    /** Both eras unless one is named. */
    era: z.enum(["session", "stateless"]).optional(),
    dry_run: z.boolean().optional(),
    at_once: z.int().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    /** Another method than tools/call, and what it asks for. */
    method: z.string().optional(),
    params: members.optional(),
    /** The body as it is sent. */
    raw: z.string().optional(),
  }),
  want: z.strictObject({
    effect: z.enum(["allow", "deny", "unknown", "error", "unauthenticated", "fault"]),
    status: z.int().default(200),
    rpc: z.int().optional(),
    /** What the caller is told. */
    reasons: z.array(reason).default([]),
    /** Calls that the servers behind saw. */
    server_saw: z.int().default(0),
    /** The record of the decision, compared member by member. */
    record: members.optional(),
    /** The outcome that belongs to it. */
    outcome: members.optional(),
    /** There is none, because the log is what failed. */
    unrecorded: z.literal(true).optional(),
    /** Words that must not be in the answer. */
    answer_lacks: z.string().optional(),
  }),
});

export type DecisionCase = z.infer<typeof caseSchema>;

/** The cases of every file in this folder, by file. */
export function readCases(): ReadonlyMap<string, readonly DecisionCase[]> {
  const folder = import.meta.dirname;
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return new Map(
    files.sort().map((name) => {
      const file = z.strictObject({ cases: z.array(caseSchema) }).safeParse(parse(readFileSync(join(folder, name), "utf8")));
      if (!file.success) throw new Error(`${name}: ${z.prettifyError(file.error)}`);
      return [name.replace(".yaml", ""), file.data.cases];
    }),
  );
}

/** Every reason code that a case wants to be told, or to find in the record. */
export function codesIn(cases: readonly DecisionCase[]): ReadonlySet<string> {
  return new Set(JSON.stringify(cases.map(({ want }) => want)).match(/(?<="code":")[^"]+/g));
}

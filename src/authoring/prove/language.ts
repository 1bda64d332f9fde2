import { z } from "zod";
import { type Hours, otherHours, readHours } from "../words/index.ts";

/** What an author writes into invariants.yaml. One statement each, about whom and what the selectors say. */

const name = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u);

/** One word, or a list of which any will do. */
const names = (what: string) => z.union([name, z.array(name).min(1)]).describe(`${what}, or a list of which any will do`);
const oneOrMore = <Word extends z.ZodType>(word: Word) => z.union([word, z.array(word).min(1)]);

const notEmpty = (selector: object): boolean => Object.values(selector).some((value) => value !== undefined);
const something = "at least one property: leave the selector out to mean all";

const agentMembers = {
  id: names("an agent's id, where * stands for any text").optional(),
  team: names("a team").optional(),
  owner: names("an owner").optional(),
  environment: names("an environment").optional(),
  surface: names("a surface").optional(),
  role: names("a role that the agent has, when it acts for a user or alone").optional(),
  mode: oneOrMore(z.enum(["user_via_agent", "agent", "workload"])).optional(),
};
const agentSchema = z
  .strictObject({ ...agentMembers, not: z.strictObject(agentMembers).refine(notEmpty, something).optional() })
  .refine(notEmpty, something);

const userSchema = z.union([
  z.literal("any"),
  z
    .strictObject({
      has: names("a group that the user has").optional(),
      has_all: z.array(name).min(1).describe("a list of groups that the user has").optional(),
      has_none_of: names("a group that the user does not have").optional(),
    })
    .refine(notEmpty, something),
]);

const effect = z.enum(["read", "write", "delete", "execute", "send", "pay"]);
const sets = <Word extends z.ZodType>(word: Word) =>
  z.union([
    word,
    z.array(word).min(1),
    z
      .strictObject({ any: oneOrMore(word).optional(), all: oneOrMore(word).optional(), only: oneOrMore(word).optional() })
      .refine(notEmpty, "any, all or only"),
  ]);

const targetMembers = {
  id: names("<server>.<name>, where * stands for any text").optional(),
  kind: oneOrMore(z.enum(["tool", "prompt", "resource"])).optional(),
  server: names("a server").optional(),
  effects: sets(effect).optional(),
  risk_at_least: z.enum(["low", "medium", "high", "critical"]).optional(),
  data_classes: sets(name).optional(),
  environment: names("the environment of a server").optional(),
  trust: oneOrMore(z.enum(["internal", "partner", "public"])).optional(),
  idempotent: z.boolean().optional(),
};
const targetSchema = z
  .strictObject({ ...targetMembers, not: z.strictObject(targetMembers).refine(notEmpty, something).optional() })
  .refine(notEmpty, something);

const hours = z
  .string()
  .refine(withinDays, "hours of a week such as mon-fri 08-18, those of a night apart: 22-24,00-06")
  .describe("hours of a week such as mon-fri 08-18");

/** A span over midnight could be meant for either day. */
function withinDays(text: string): boolean {
  if (readHours(text) === undefined || text === "always") return false;
  const spans = [...text.matchAll(/(\d\d(?::\d\d)?)-(\d\d(?::\d\d)?)/g)];
  return spans.every(([, from = "", until = ""]) => padded(from) < padded(until));
}

const padded = (time: string): string => (time.includes(":") ? time : `${time}:00`);

const always = z.union([
  z.enum(["ask", "closed", "unknown"]),
  z.strictObject({ budget: name.describe("the name of a budget") }),
  z.strictObject({ approval: name.describe("the group that approves") }),
]);

const statements = ["never", "only", "always", "may"] as const;

export const invariantSchema = z
  .strictObject({
    name: name.describe("a sentence that names the invariant"),
    because: z.string().optional(),
    agents: agentSchema.optional(),
    users: userSchema.optional().describe("any, or { has, has_all, has_none_of } with names of groups"),
    targets: targetSchema.optional(),
    never: z.literal("reach").optional(),
    only: targetSchema.optional(),
    always: always.optional().describe("ask, closed, unknown, { budget: name } or { approval: group }"),
    may: z.literal("reach").optional(),
    during: hours.optional(),
    outside: hours.optional(),
    allow_empty: z.literal(true).optional(),
  })
  .refine(
    (one) => statements.filter((statement) => one[statement] !== undefined).length === 1,
    "exactly one statement: never: reach, only: { … }, always: …, or may: reach",
  )
  .refine((one) => one.during === undefined || one.outside === undefined, "during or outside, not both")
  .refine(
    (one) => (one.during === undefined && one.outside === undefined) || one.always === undefined || one.always === "closed",
    "during and outside with never, only, may and always: closed alone; what a call meets is judged at one moment",
  );

export const invariantsSchema = z.strictObject({
  version: z.literal(1).describe("1, the version of this language"),
  invariants: z
    .array(invariantSchema)
    .min(1)
    .describe("a list of invariants")
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, "each name once"),
});

export type Invariant = z.infer<typeof invariantSchema>;
export type AgentSelector = z.infer<typeof agentSchema>;
export type UserSelector = z.infer<typeof userSchema>;
export type TargetSelector = z.infer<typeof targetSchema>;

/** The hours that a statement is about; undefined for all. */
export function windowOf({ during, outside }: Invariant): Hours | undefined {
  if (during !== undefined) return readHours(during);
  const inside = outside === undefined ? undefined : readHours(outside);
  return inside === undefined ? undefined : otherHours(inside);
}

/** The statement in the words of the file. */
export function statementText(one: Invariant): string {
  const when = one.during !== undefined ? ` during ${one.during}` : one.outside !== undefined ? ` outside ${one.outside}` : "";
  if (one.never !== undefined) return `never reach${when}`;
  if (one.may !== undefined) return `may reach${when}`;
  if (one.only !== undefined) return `only ${JSON.stringify(one.only)}${when}`;
  if (typeof one.always !== "object") return `always ${one.always}${when}`;
  return "budget" in one.always ? `always budget ${one.always.budget}` : `always approval by ${one.always.approval}`;
}

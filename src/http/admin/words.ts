import { z } from "zod";
import {
  type ComparisonCounts,
  type EndedRollout,
  flips,
  type OperationsState,
  operatorRoles,
  type Quarantined,
  quarantineKinds,
  type ReplicaReport,
  type RollbackRule,
  type Rollout,
  type RolloutStep,
  rolloutModes,
  type StagedBundle,
} from "../../core/operations.ts";

// What goes over the admin API, as schemas: the same words as in `core/operations.ts`, so that what an operator reads can
// be sent back. All times are Unix milliseconds. What is sent is read strictly; answers may have more members one day, so
// readers skip what they do not know. `Shape` makes the compiler ask for each member that the words have.

type Shape<T> = Record<keyof T, z.ZodType>;

const count = z.int().min(0);
const at = z.int().min(0).describe("Unix milliseconds");
const version = z.int().min(0).describe("version of the state; rises by one with each change");
const operatorId = z.string().describe("id of an operator, or `gateway`");

export const digestSchema = z
  .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
  .describe("`sha256:` and 64 hex digits of the bundle's content");

export const roleSchema = z.enum(operatorRoles);

/** Told in records and to the others; one line, so that no reader of a log is led astray. */
export const whySchema = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}]*$/u)
  .describe("why, in one line of 1 to 512 characters; stands in the record");

export const stagedBundleSchema = z.object({
  name: z.string(),
  revision: z.string(),
  sequence: z.int().min(0),
  digest: digestSchema,
  signer: z.string(),
} satisfies Shape<StagedBundle>);

const LONGEST_STEP_MS = 31 * 86_400_000;
const MOST_AGENTS = 1_000;
const agentId = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/);

export const rolloutStepSchema = z.strictObject({
  mode: z.enum(rolloutModes).describe("shadow: asked the same, only counted; canary: decides for a share of the agents"),
  percent: z.int().min(1).max(100).exactOptional().describe("canary: share of the agents, 1 to 100"),
  agents: z.array(agentId).min(1).max(MOST_AGENTS).exactOptional().describe("canary: these agents by catalog id, instead of a share"),
  forMs: z
    .int()
    .min(1)
    .max(LONGEST_STEP_MS)
    .exactOptional()
    .describe("milliseconds until the next step, at most 31 days; without it an operator goes on"),
} satisfies Shape<RolloutStep>);

export const rollbackRuleSchema = z.strictObject({
  measure: z.enum(flips).exclude(["same"]).describe("what is counted"),
  above: z.number().min(0).describe("goes back when there is more than this"),
  unit: z.enum(["calls", "percent"]).describe("calls, or of a hundred compared calls"),
} satisfies Shape<RollbackRule>);

const minCalls = z.int().min(0).max(1_000_000_000).describe("compared calls before a timed step or a rule in percent counts");
const after = z.enum(["promote", "wait"]).describe("what follows the last step when its time is over");

export const rolloutSchema = z.object({
  id: z.string(),
  bundle: stagedBundleSchema,
  steps: z.array(rolloutStepSchema),
  step: z.int().min(0).describe("index of the step that is under way"),
  stepAt: at,
  before: z
    .object({ compared: count, flips: z.record(z.enum(flips), count) } satisfies Shape<NonNullable<Rollout["before"]>>)
    .exactOptional()
    .describe("what was counted when that step began"),
  rollbackIf: z.array(rollbackRuleSchema),
  minCalls,
  atEnd: after,
  by: operatorId,
  at,
} satisfies Shape<Rollout>);

export const quarantinedSchema = z.object({
  id: z.string().describe("`qua_…`"),
  kind: z.enum(quarantineKinds),
  subject: z.string(),
  issuer: z.string().exactOptional(),
  reason: z.string(),
  by: operatorId,
  at,
  until: at.exactOptional(),
} satisfies Shape<Quarantined>);

export const operationsStateSchema = z.object({
  version,
  promoted: stagedBundleSchema.extend({ at, by: operatorId }).exactOptional(),
  rollout: rolloutSchema.exactOptional(),
  held: stagedBundleSchema.extend({ at }).exactOptional(),
  ended: z.array(
    z.object({
      id: z.string(),
      bundle: stagedBundleSchema,
      end: z.enum(["promoted", "rolled_back"]),
      by: operatorId,
      at,
      why: z.string(),
    } satisfies Shape<EndedRollout>),
  ),
  quarantine: z.array(quarantinedSchema),
} satisfies Shape<OperationsState>);

const countsSchema = z.object({
  compared: count,
  flips: z.record(z.enum(flips), count),
  skipped: count.describe("calls that were not compared because too many came at once"),
  differences: z.array(
    z.object({
      flip: z.enum(flips).exclude(["same"]),
      agent: z.string(),
      target: z.string(),
      rule: z.string(),
      count,
      samples: z.array(z.string()).describe("the latest decision ids, at most three"),
    }),
  ),
} satisfies Shape<ComparisonCounts>);

export const statusSchema = z.object({
  operator: z.object({ id: z.string(), roles: z.array(roleSchema) }),
  tenant: z.string(),
  environment: z.string(),
  readiness: z.object({
    ready: z.boolean(),
    parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
  }),
  state: operationsStateSchema,
  counts: countsSchema.exactOptional().describe("of the rollout that is under way, or of the one that ended last"),
  canary: z
    .strictObject({ agents: count, of: count, named: z.array(z.string()) })
    .exactOptional()
    .describe("agents for which the candidate decides"),
  replicas: z.array(
    z.object({
      replica: z.string(),
      at,
      version,
      active: digestSchema.exactOptional(),
      candidate: digestSchema.exactOptional(),
      problem: z.string().exactOptional(),
    } satisfies Shape<ReplicaReport>),
  ),
});

export const whoamiSchema = z.object({ id: z.string(), roles: z.array(roleSchema), tenant: z.string() });

const MOST_STEPS = 20;

export const wantedRolloutSchema = z.strictObject({
  digest: digestSchema.exactOptional().describe("the bundle; without it: what is under way, staged last, or held"),
  steps: z.array(rolloutStepSchema).min(1).max(MOST_STEPS).describe("a list of 1 to 20 steps"),
  rollbackIf: z.array(rollbackRuleSchema).max(MOST_STEPS).default([]).describe("when it goes back by itself, at most 20 rules"),
  minCalls: minCalls.default(0),
  atEnd: after.default("wait"),
  why: whySchema,
});

export const whyBodySchema = z.strictObject({ why: whySchema });

const subjectSchema = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}]*$/u);

export const wantedQuarantineSchema = z.strictObject({
  kind: z.enum(quarantineKinds),
  subject: subjectSchema.describe("id of the agent or of one instance of it, of the user, server, tool (crm.refund) or session"),
  issuer: subjectSchema.exactOptional().describe("of a user: only the one that this issuer names so"),
  reason: whySchema,
  forMs: z
    .int()
    .min(1)
    .max(10 * 366 * 86_400_000)
    .exactOptional()
    .describe("milliseconds after which it ends by itself"),
});

export const quarantineListSchema = z.object({ quarantine: z.array(quarantinedSchema) });

export const recordsSchema = z.object({
  decision: z.string(),
  logs: z
    .array(z.object({ replica: z.string(), lines: z.array(z.string()) }))
    .describe("logs with a record of it; lines as they stand there, byte for byte; see record-format.md"),
  away: z.array(z.string()).describe("replicas that did not answer, so that their records may be missing"),
});

const mistakeSchema = z.object({
  path: z.string().describe("where in the body, as `steps[0].percent`; empty for the whole"),
  found: z.string(),
  wanted: z.string(),
  remedy: z.string().exactOptional(),
});

/** RFC 9457, with what our refusals have beyond it. */
export const problemSchema = z.object({
  type: z.string().describe("`urn:toolgate:` and the code"),
  title: z.string().describe("the sentence of the code"),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe("a code of docs/reasons.md"),
  remedy: z.string().exactOptional(),
  decision_id: z.string().exactOptional().describe("id of the record of this refusal"),
  mistakes: z.array(mistakeSchema).exactOptional().describe("every mistake of the request"),
});

import { z } from "zod";
import type { Digest } from "../../core/digest.ts";
import {
  type EndedRollout,
  flips,
  type OperationsState,
  type Quarantined,
  quarantineKinds,
  type RollbackRule,
  type Rollout,
  type RolloutStep,
  rolloutModes,
  type StagedBundle,
} from "../../core/operations.ts";
import { MOST_ENDED } from "./state.ts";

// Whatever comes back from a disk or from Redis goes through these. They are strict: a field that this version does not
// know would be lost with the next change. `Shape` makes the compiler ask for each field that the words have.

type Shape<T> = Record<keyof T, z.ZodType>;

export const digestSchema = z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)]).transform((text): Digest => text);

const time = z.number().min(0);
const count = z.int().min(0);
const text = z.string();
const staged = { name: text, revision: text, sequence: z.int().min(1), digest: digestSchema, signer: text } satisfies Shape<StagedBundle>;
const stagedSchema = z.strictObject(staged);

const stepSchema = z.strictObject({
  mode: z.enum(rolloutModes),
  percent: z.number().min(0).max(100).exactOptional(),
  agents: z.array(text).readonly().exactOptional(),
  forMs: z.number().min(0).exactOptional(),
} satisfies Shape<RolloutStep>);

const ruleSchema = z.strictObject({
  measure: z.enum(flips).exclude(["same"]),
  above: z.number().min(0),
  unit: z.enum(["calls", "percent"]),
} satisfies Shape<RollbackRule>);

const rolloutSchema = z
  .strictObject({
    id: text,
    bundle: stagedSchema,
    steps: z.array(stepSchema).min(1).readonly(),
    step: z.int().min(0),
    stepAt: time,
    before: z.strictObject({ compared: count, flips: z.record(z.enum(flips), count) }).exactOptional(),
    rollbackIf: z.array(ruleSchema).readonly(),
    minCalls: count,
    atEnd: z.enum(["promote", "wait"]),
    by: text,
    at: time,
  } satisfies Shape<Rollout>)
  .refine((rollout) => rollout.step < rollout.steps.length, "there is no such step");

const endedSchema = z.strictObject({
  id: text,
  bundle: stagedSchema,
  end: z.enum(["promoted", "rolled_back"]),
  by: text,
  at: time,
  why: text,
} satisfies Shape<EndedRollout>);

const quarantinedSchema = z.strictObject({
  id: text,
  kind: z.enum(quarantineKinds),
  subject: text,
  issuer: text.exactOptional(),
  reason: text,
  by: text,
  at: time,
  until: time.exactOptional(),
} satisfies Shape<Quarantined>);

export const stateSchema: z.ZodType<OperationsState> = z.strictObject({
  version: z.int().min(0),
  promoted: z.strictObject({ ...staged, at: time, by: text }).exactOptional(),
  rollout: rolloutSchema.exactOptional(),
  held: z.strictObject({ ...staged, at: time }).exactOptional(),
  ended: z.array(endedSchema).max(MOST_ENDED).readonly(),
  quarantine: z.array(quarantinedSchema).readonly(),
} satisfies Shape<OperationsState>);

/** The first thing that is wrong, in a few words, without the values: what is broken may hold anything. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "it is not what was written" : `${issue.path.join(".") || "all of it"}: ${issue.message.toLowerCase()}`;
}

/**
 * The state as it will be read back. Throws where it could not be: that is a mistake in whoever changed it, and once kept
 * nobody could read or change anything any more.
 */
export function asKept(next: Omit<OperationsState, "version">, version: number): OperationsState {
  const read = stateSchema.safeParse(JSON.parse(JSON.stringify({ ...next, version })));
  if (!read.success) throw new Error(`the next state of operations is invalid: ${firstIssue(read.error)}`);
  return read.data;
}

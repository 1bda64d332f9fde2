import type { Decision, Reason } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { HeldLevel } from "../parts/budgets/index.ts";
import { rfc3339 } from "./input.ts";

// Bodies of records, as text. The log puts version, sequence, previous hash and durability before them.

/** What every record of a judged message begins with. `kind` and `id` come first: the log relies on it. */
export interface RecordHead {
  readonly kind: "intent" | "outcome" | "refusal" | "list" | "admit";
  readonly id: DecisionId;
  readonly now: number;
  /** `"tenant":…,"principal":{…}`. */
  readonly callerText: string;
  /** `"bundle":{…}`. */
  readonly bundleText: string;
  readonly method: string;
  readonly target?: string;
  readonly door: string;
  readonly era: string;
  readonly session?: string;
  readonly traceparent?: string;
}

export function headText(head: RecordHead): string {
  let text = `{"kind":"${head.kind}","id":"${head.id}","time":"${rfc3339(head.now)}",${head.callerText},"method":"${head.method}"`;
  if (head.target !== undefined) text += `,"target":${JSON.stringify(head.target)}`;
  text += `,"door":"${head.door}","era":"${head.era}"`;
  if (head.session !== undefined) text += `,"session":"${head.session}"`;
  if (head.traceparent !== undefined) text += `,"traceparent":${JSON.stringify(head.traceparent)}`;
  return `${text},${head.bundleText}`;
}

/** `,"entrypoint":…,"input":…,"args_digest":…,"decision":…`: everything a replay needs. */
export function judgedText(entrypoint: string, inputText: string, argsDigest: string | undefined, decision: Decision): string {
  const digest = argsDigest === undefined ? "" : `,"args_digest":"${argsDigest}"`;
  return `,"entrypoint":"${entrypoint}","input":${inputText}${digest},"decision":${decisionText(decision)}`;
}

function decisionText(decision: Decision): string {
  const { effect, known, permits, reasons, obligations, redactions } = decision;
  return JSON.stringify({ effect, known, permits, reasons, obligations, redactions });
}

export function reservationsText(id: string, levels: readonly HeldLevel[]): string {
  const held = levels.map(({ budget, key, held, remaining, resetsAt }) => ({ budget, key, held, remaining, resets_at: rfc3339(resetsAt) }));
  return `,"reservation":{"id":"${id}","levels":${JSON.stringify(held)}}`;
}

export function reasonsText(reasons: readonly Reason[]): string {
  return `,"reasons":${JSON.stringify(reasons.map(({ code, rule, message }) => ({ code, rule, message })))}`;
}

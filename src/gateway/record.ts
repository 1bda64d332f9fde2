import type { Decision, Reason } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { HeldLevel } from "../parts/budgets/index.ts";
import { rfc3339 } from "./input.ts";

// Bodies of records, as text. The log puts version, sequence, previous hash and durability before them.

/** What every record of a judged message begins with. `kind` and `id` come first: the log relies on it. */
export interface RecordHead {
  readonly kind: "intent" | "outcome" | "refusal" | "list" | "admit" | "question" | "answer" | "notice";
  readonly id: DecisionId;
  readonly now: number;
  /** `"tenant":…,"principal":{…}`. */
  readonly callerText: string;
  /** `"bundle":{…}`. */
  readonly bundleText: string;
  readonly method: string;
  readonly target?: string | undefined;
  /** Of a resource. */
  readonly uri?: string | undefined;
  /** The decision of the leg before, where a client came back to go on. */
  readonly resumes?: DecisionId | undefined;
  readonly door: string;
  readonly era: string;
  readonly session?: string | undefined;
  readonly traceparent?: string | undefined;
}

export function headText(head: RecordHead): string {
  let text = `{"kind":"${head.kind}","id":"${head.id}","time":"${rfc3339(head.now)}",${head.callerText},"method":"${head.method}"`;
  if (head.target !== undefined) text += `,"target":${JSON.stringify(head.target)}`;
  if (head.uri !== undefined) text += `,"uri":${JSON.stringify(head.uri)}`;
  if (head.resumes !== undefined) text += `,"resumes":"${head.resumes}"`;
  text += `,"door":"${head.door}","era":"${head.era}"`;
  if (head.session !== undefined) text += `,"session":"${head.session}"`;
  if (head.traceparent !== undefined) text += `,"traceparent":${JSON.stringify(head.traceparent)}`;
  return `${text},${head.bundleText}`;
}

/** `,"entrypoint":…,"input":…,"args_digest":…,"decision":…`: everything a replay needs. */
export function judgedText(judged: Judged): string {
  const digest = judged.argsDigest === undefined ? "" : `,"args_digest":"${judged.argsDigest}"`;
  const memo = judged.remembered ? ',"memo":true' : "";
  return `,"entrypoint":"toolgate/decide","input":${judged.recordedInput}${digest},"decision":${decisionText(judged.decision)}${memo}`;
}

interface Judged {
  readonly recordedInput: string;
  readonly argsDigest: string | undefined;
  readonly decision: Decision;
  readonly remembered: boolean;
}

// A decision that is remembered, or read once from equal text, is one object: its text is written once.
const texts = new WeakMap<Decision, string>();

/** A decision as records have it. */
export function decisionText(decision: Decision): string {
  const known = texts.get(decision);
  if (known !== undefined) return known;
  const { effect, known: isKnown, permits, reasons, obligations, redactions } = decision;
  const text = JSON.stringify({ effect, known: isKnown, permits, reasons, obligations, redactions });
  texts.set(decision, text);
  return text;
}

/** Keys are escaped where they are made, and names of budgets are identifiers: neither needs escaping here. */
export function reservationsText(id: string, levels: readonly HeldLevel[]): string {
  let text = `,"reservation":{"id":"${id}","levels":[`;
  for (const [at, { budget, key, held, remaining, resetsAt }] of levels.entries()) {
    text += `${at === 0 ? "" : ","}{"budget":"${budget}","key":"${key}","held":${held},"remaining":${remaining},"resets_at":${resetsAt}}`;
  }
  return `${text}]}`;
}

export function reasonsText(reasons: readonly Reason[]): string {
  return `,"reasons":${JSON.stringify(reasons.map(({ code, rule, message }) => ({ code, rule, message })))}`;
}

import type { Decision } from "../../core/decision.ts";
import { type ReasonCode, reasons as reasonTexts } from "../../core/reasons.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import { isMembers } from "../records/index.ts";
import type { SourcedDecision, SourcedRecord } from "./decision-source.ts";
import type { Asked, BundleNamed, Happening, PolicySaid, Verdict } from "./explanation.ts";

/** One decision as its records tell it. */
export interface Story {
  /** The record of what policy said, or the first one. */
  readonly main: SourcedRecord;
  readonly verdict: Verdict;
  readonly asked: Asked;
  readonly bundle: Omit<BundleNamed, "kept"> | null;
  readonly policy: PolicySaid | undefined;
  readonly after: readonly Happening[];
  /** Codes that were told to the caller. */
  readonly told: readonly ToldCode[];
}

export interface ToldCode {
  readonly code: string;
  readonly rule: string;
  readonly message?: string;
}

export function storyOf({ records, related }: SourcedDecision): Story | undefined {
  const main = records.find(({ value }) => isMembers(value.decision)) ?? records[0];
  if (main === undefined) return undefined;
  const outcome = records.find((one) => one !== main && one.value.kind === "outcome");
  const policy = policyOf(main.value);
  const told = toldIn(outcome?.value.reasons ?? main.value.reasons);
  const verdict = verdictOf(main.value, outcome?.value, policy);
  return {
    main,
    verdict,
    asked: askedOf(main.value),
    bundle: bundleOf(main.value),
    policy,
    after: afterPolicy(
      main.value,
      outcome?.value,
      [...records, ...related].filter((one) => one !== main && one !== outcome),
      policy,
    ),
    told,
  };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function membersOf(value: unknown): LogRecord {
  return isMembers(value) ? value : {};
}

export function toldIn(value: unknown): readonly ToldCode[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    const { code, rule, message } = membersOf(one);
    if (typeof code !== "string") return [];
    return [{ code, rule: textOf(rule) ?? "toolgate", ...(typeof message === "string" && { message }) }];
  });
}

/** What a code of the gateway's own means; nothing for one of an author. */
export function sentenceOf(code: string): string | undefined {
  return Object.hasOwn(reasonTexts, code) ? reasonTexts[code as ReasonCode].sentence : undefined;
}

export function remedyOf(code: string): string | undefined {
  return Object.hasOwn(reasonTexts, code) ? reasonTexts[code as ReasonCode].remedy : undefined;
}

/** The filled message where there is one, else the sentence of the table. */
export function saidOf({ code, message }: ToldCode): string {
  return (message ?? sentenceOf(code) ?? code).replace(/\.$/, "");
}

function askedOf(record: LogRecord): Asked {
  const principal = membersOf(record.principal);
  const input = membersOf(record.input);
  const user = membersOf(input.user);
  const { kind } = principal;
  const isKind = kind === "user_via_agent" || kind === "agent" || kind === "workload";
  const subject = kind === "user_via_agent" ? textOf(principal.subject) : undefined;
  const optional = {
    user: textOf(principal.user) ?? subject,
    agent: textOf(principal.agent) ?? (kind === "agent" ? textOf(principal.subject) : undefined),
    instance: principal.instance === principal.agent ? undefined : textOf(principal.instance),
    issuer: textOf(principal.issuer) ?? textOf(record.issuer),
    groups: isTexts(user.groups) ? user.groups : undefined,
    target: textOf(record.target),
    uri: textOf(record.uri),
    door: textOf(record.door),
    era: textOf(record.era),
    session: textOf(record.session),
    of: textOf(record.of),
    resumes: textOf(record.resumes),
  };
  return {
    principal: isKind ? kind : "unknown",
    method: textOf(record.method) ?? String(record.kind),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Asked>),
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function bundleOf({ bundle }: LogRecord): Story["bundle"] {
  const { name, revision, sequence, digest, signer } = membersOf(bundle);
  if (typeof digest !== "string") return null;
  return { name: String(name), revision: String(revision), sequence: Number(sequence), digest, signer: String(signer) };
}

function policyOf({ decision, memo }: LogRecord): PolicySaid | undefined {
  if (!isMembers(decision)) return undefined;
  const list = (name: string) => (Array.isArray(decision[name]) ? decision[name] : []);
  const { effect } = decision;
  return {
    effect: effect === "allow" || effect === "ask" ? effect : "deny",
    known: decision.known === true,
    permits: list("permits") as Decision["permits"],
    reasons: list("reasons") as Decision["reasons"],
    obligations: list("obligations") as Decision["obligations"],
    redactions: list("redactions") as Decision["redactions"],
    remembered: memo === true,
  };
}

function verdictOf(record: LogRecord, outcome: LogRecord | undefined, policy: PolicySaid | undefined): Verdict {
  const denied = record.effect === "deny";
  switch (record.kind) {
    case "list":
      return denied ? "refused" : "list";
    case "admit":
      return denied ? "not_admitted" : "admitted";
    case "intent":
      return outcome === undefined ? "open" : endOf(outcome);
    case "refusal":
    case "question":
    case "notice":
      if (policy === undefined) return denied ? "refused" : "allowed";
      if (!policy.known) return "hidden";
      if (policy.effect === "ask") return "ask";
      return denied ? "refused" : "allowed";
    default:
      return denied ? "refused" : "recorded";
  }
}

function endOf({ effect, aborted }: LogRecord): Verdict {
  if (aborted === true) return "failed";
  if (effect === "cancelled") return "cancelled";
  return effect === "deny" ? "failed" : "allowed";
}

/** What followed policy's word, in the order in which it happened. */
function afterPolicy(
  main: LogRecord,
  outcome: LogRecord | undefined,
  others: readonly SourcedRecord[],
  policy: PolicySaid | undefined,
): readonly Happening[] {
  const told: Happening[] = [];
  const own = toldIn(main.reasons);
  const said = new Set((policy?.reasons ?? []).map(({ code }) => code));
  for (const reason of own.filter(({ code }) => !said.has(code))) told.push({ what: reason.code, text: `refused: ${saidOf(reason)}` });
  if (main.kind === "refusal" && policy !== undefined) told.push({ what: "not_sent", text: "nothing was sent to the server" });
  const levels = membersOf(main.reservation).levels;
  for (const level of Array.isArray(levels) ? levels.map(membersOf) : [])
    told.push({ what: "reserved", text: `reserved ${level.held} of budget ${level.budget}, ${level.remaining} left` });
  if (main.kind === "intent") told.push({ what: "sent", text: "the intent was recorded, then the request sent", ...timeOf(main) });
  for (const { value } of others) told.push(...relatedTo(value));
  if (outcome !== undefined) told.push(...outcomeTold(outcome));
  return told;
}

const timeOf = ({ time }: LogRecord) => (typeof time === "string" ? { time } : {});

function outcomeTold(outcome: LogRecord): readonly Happening[] {
  if (outcome.aborted === true)
    return [
      { what: "aborted", text: "the gateway's process ended before an outcome; what the server did is not known", ...timeOf(outcome) },
    ];
  const { status, ms, bytes } = membersOf(outcome.upstream);
  const reply = [
    status === undefined ? "" : `status ${status}`,
    ms === undefined ? "" : `${ms} ms`,
    bytes === undefined ? "" : `${bytes} bytes`,
  ];
  const words = reply.filter((one) => one !== "").join(", ");
  const told: Happening[] = toldIn(outcome.reasons).map((reason) => ({
    what: reason.code,
    text: `refused after it was sent: ${saidOf(reason)}`,
  }));
  const ended = outcome.is_error === true ? "the server answered with an error of its own" : `the outcome was ${outcome.effect}`;
  told.push({ what: "outcome", text: `${ended}${words === "" ? "" : ` (${words})`}`, ...timeOf(outcome) });
  const { state } = membersOf(outcome.reservation);
  if (state === "committed") told.push({ what: "charged", text: "what was reserved was charged" });
  if (state === "refunded") told.push({ what: "refunded", text: "what was reserved was given back: nothing was charged" });
  return told;
}

function relatedTo(record: LogRecord): readonly Happening[] {
  const { kind, id, effect, target } = record;
  const reasons = toldIn(record.reasons).map(({ code }) => code);
  const why = reasons.length === 0 ? "" : `: ${reasons.join(", ")}`;
  if (kind === "question")
    return [{ what: "question", text: `the server asked (${target}), ${effect}${why}; explain ${id}`, ...timeOf(record) }];
  if (kind === "answer") return [{ what: "answer", text: "an answer went to the server", ...timeOf(record) }];
  if (kind === "intent" || kind === "refusal")
    return [{ what: "went_on", text: `the client came back: ${kind} ${id}${why}`, ...timeOf(record) }];
  return [];
}

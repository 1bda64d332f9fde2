import { type ClientCapabilities, noCapabilities } from "../../core/client.ts";
import type { Decision } from "../../core/decision.ts";
import type { Question } from "../../core/question.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Reservation } from "../../parts/budgets/index.ts";
import type { IntendedCall } from "../call.ts";
import { escapeKey } from "../caller-facts.ts";
import { exhausted } from "../hold.ts";
import { loadOf, recordedInputOf } from "../judge.ts";
import { levelsOf } from "../levels.ts";
import { stoppedCall } from "../quarantine/index.ts";
import { hostReason, type ToldReason, told } from "../refusal.ts";
import type { AnswerForm } from "./client-answer.ts";
import { forClient, lacking } from "./for-client.ts";
import { type QuestionFacts, questionFacts } from "./question-facts.ts";
import { questionId, questionInput } from "./question-input.ts";
import { type JudgedQuestion, questionText, type RecordedQuestion } from "./question-record.ts";

/** What becomes of one question. Each leaves its record first. */
export type Verdict =
  | { readonly kind: "allowed"; readonly about: RecordedQuestion; readonly question: Question; readonly form: AnswerForm }
  | { readonly kind: "refused"; readonly about: RecordedQuestion; readonly reasons: readonly ToldReason[] }
  /** Policy would allow it, but the client did not declare these capabilities. */
  | { readonly kind: "incapable"; readonly about: RecordedQuestion; readonly required: Readonly<Record<string, unknown>> }
  | { readonly kind: "malformed"; readonly about: RecordedQuestion; readonly detail: string };

/** What each question is a target of. */
export const kinds = { "elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots" } as const;

/** A hold of a question is committed at once; should that not arrive, it expires to the same. */
const HOLD_MS = 60_000;

/** Judges one question of the server of this call, on its generation: as a target of its own kind, under a decision of its own. */
export async function judgeQuestion(call: IntendedCall, asked: Question, capabilities: ClientCapabilities): Promise<Verdict> {
  const { parts } = call;
  const now = parts.clock.now();
  const kind = kinds[asked.method];
  const about: RecordedQuestion = { id: parts.ids.decision(now), method: asked.method, target: questionId(call, kind) };
  const question = forClient(scrubbed(call, asked), call.exchange, about.id);
  const facts = questionFacts(question);
  if (!facts.ok) {
    const outcome = { reasons: [hostReason("upstream.invalid_answer")], detail: facts.error.detail };
    const recorded = await parts.log.append(questionText(call, about, outcome), parts.durability.other);
    return recorded.ok ? { kind: "malformed", about, detail: facts.error.detail } : unrecorded(about);
  }
  if (!call.target.server.asks.includes(kind)) return refuse(call, about, [notGranted(kind)]);
  const input = questionInput(call, question.method, facts.value, question.params, now);
  const { generation, caller, target } = call;
  const judgeable = { parts, generation, caller, target, inputText: input.text, argsText: input.argsText };
  const decision = await generation.policy.decide(input.text, loadOf(judgeable, question.params));
  const judged = { argsDigest: input.argsDigest, decision, recordedInput: await recordedInputOf(judgeable), remembered: false };
  const reasons = reasonsAgainst(call, decision, kind, now);
  if (reasons.length > 0) return refuse(call, about, reasons, judged);
  const required = lacking(facts.value, capabilities);
  if (required) return incapable(call, about, required, judged);
  return admit(call, { about, question, form: formOf(question, facts.value) }, judged);
}

/** Secrets of the company leave neither in a result nor in a question. */
function scrubbed({ parts }: IntendedCall, { method, params }: Question): Question {
  const text = JSON.stringify(params);
  const clean = parts.credentials.scrub(text);
  return { method, params: clean === text ? params : (JSON.parse(clean) as Question["params"]) };
}

/** What the client can be asked now: one with sessions answers only while its request is under way, one without comes back. */
export function capabilitiesOf({ exchange, request }: IntendedCall): ClientCapabilities {
  return exchange.era === "stateless" || request.ask !== undefined ? exchange.capabilities : noCapabilities;
}

type Allowed = Omit<Extract<Verdict, { kind: "allowed" }>, "kind">;

function reasonsAgainst(call: IntendedCall, decision: Decision, kind: string, now: number): readonly ToldReason[] {
  // Only the word "allow" lets a question through; nobody can be asked whether to ask.
  if (!decision.known || (decision.effect !== "allow" && decision.reasons.length === 0)) return [notGranted(kind)];
  if (decision.effect !== "allow") return decision.reasons.map(told);
  if (call.generation.bundle.expiresAt <= now) return [hostReason("bundle.expired")];
  return stoppedCall(call)?.reasons ?? [];
}

function notGranted(kind: string): ToldReason {
  return hostReason("question.not_granted", { question: kind });
}

async function refuse(
  call: IntendedCall,
  about: RecordedQuestion,
  reasons: readonly ToldReason[],
  judged?: JudgedQuestion,
): Promise<Verdict> {
  const recorded = await call.parts.log.append(questionText(call, about, { reasons }, judged), call.parts.durability.other);
  for (const { code } of reasons) call.parts.meter.reason(code);
  return recorded.ok ? { kind: "refused", about, reasons } : unrecorded(about);
}

async function incapable(
  call: IntendedCall,
  about: RecordedQuestion,
  required: Readonly<Record<string, unknown>>,
  judged: JudgedQuestion,
): Promise<Verdict> {
  const reasons = [hostReason("question.client_incapable", { question: Object.keys(required).join(", ") })];
  const refused = await refuse(call, about, reasons, judged);
  return refused.kind === "refused" && refused.reasons === reasons ? { kind: "incapable", about, required } : refused;
}

/** Spends what the question costs and puts it on record; without the record nothing is spent and nobody asked. */
async function admit(call: IntendedCall, allowed: Allowed, judged: JudgedQuestion): Promise<Verdict> {
  const { log, ledger, clock, durability } = call.parts;
  const held = await reserve(call, allowed.about, judged.decision);
  if (!held.ok) return refuse(call, allowed.about, held.error, judged);
  const recorded = await log.append(questionText(call, allowed.about, { reasons: [] }, judged, held.value), durability.other);
  if (held.value) await (recorded.ok ? ledger.commit(held.value.id, clock.now()) : ledger.refund(held.value.id, clock.now()));
  return recorded.ok ? { kind: "allowed", ...allowed } : unrecorded(allowed.about);
}

async function reserve(
  call: IntendedCall,
  { target }: RecordedQuestion,
  { obligations }: Decision,
): Promise<Result<Reservation | undefined, readonly ToldReason[]>> {
  const { ledger, ids, clock } = call.parts;
  const levels = levelsOf(obligations, call.generation.catalog, call.caller, { escapedId: escapeKey(target), server: call.target.server });
  if (!levels.ok) return err([hostReason("budget.unknown", { budget: levels.error.budget })]);
  if (levels.value.length === 0) return ok(undefined);
  const now = clock.now();
  const reserved = await ledger.reserve(ids.reservation(now), levels.value, now, now + HOLD_MS, { dispatched: true });
  return reserved.ok ? reserved : err(exhausted(reserved.error, now).reasons);
}

/** What cannot be recorded is not asked. */
function unrecorded(about: RecordedQuestion): Verdict {
  return { kind: "refused", about, reasons: [hostReason("gateway.log_unavailable")] };
}

function formOf({ method }: Question, facts: QuestionFacts): AnswerForm {
  return facts.kind === "elicitation" && facts.mode === "form" ? { method, fields: facts.fields } : { method };
}

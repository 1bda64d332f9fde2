import type { DecisionId } from "../../core/ids.ts";
import type { QuestionAnswer } from "../../core/question.ts";
import type { HeldLevel } from "../../parts/budgets/index.ts";
import type { IntendedCall } from "../call.ts";
import { headText, judgedText, reasonsText, reservationsText } from "../record.ts";
import type { ToldReason } from "../refusal.ts";
import { recordHead } from "../settle.ts";

/** Which question a record is about. `id` is the decision about it, `target` as policy calls it. */
export interface RecordedQuestion {
  readonly id: DecisionId;
  readonly method: string;
  readonly target: string;
}

/** What policy was asked, and what it said. */
export type JudgedQuestion = Parameters<typeof judgedText>[0];

/** The question, and whether it was put to the client. `judged` is absent where policy was not asked. */
export function questionText(
  call: IntendedCall,
  about: RecordedQuestion,
  outcome: { readonly reasons: readonly ToldReason[]; readonly detail?: string },
  judged?: JudgedQuestion,
  held?: { readonly id: string; readonly levels: readonly HeldLevel[] },
): string {
  let text = start(call, "question", about);
  if (judged) text += judgedText(judged);
  text += outcome.reasons.length === 0 ? ',"effect":"allow"' : `,"effect":"deny"${reasonsText(outcome.reasons)}`;
  if (outcome.detail !== undefined) text += `,"detail":${JSON.stringify(outcome.detail)}`;
  if (held) text += reservationsText(held.id, held.levels);
  return `${text}}`;
}

/** That an answer goes to the server. Its digest is keyed: many an answer is short enough to be guessed. */
export function answerText(call: IntendedCall, about: RecordedQuestion, answer: QuestionAnswer): string {
  const { hash } = call.parts.masker;
  const said = answer.kind === "result" ? `"answer_digest":"${hash(answer.result)}"` : `"error_code":${answer.error.code}`;
  return `${start(call, "answer", about)},${said}}`;
}

function start(call: IntendedCall, kind: "question" | "answer", { id, method, target }: RecordedQuestion): string {
  const head = { ...recordHead(call, kind), now: call.parts.clock.now(), id, method, target, uri: undefined, resumes: undefined };
  return `${headText(head)},"of":"${call.id}"`;
}

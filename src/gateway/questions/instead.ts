import type { QuestionAnswer } from "../../core/question.ts";
import type { Ending } from "../call.ts";
import { hostReason } from "../refusal.ts";
import type { Denied } from "./judge-questions.ts";

const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;
const REFUSED = -1;

/** What a server that holds its request open gets instead of the client's answer. */
export function answerInstead(denied: Denied): QuestionAnswer {
  switch (denied.kind) {
    case "refused":
      return isElicitation(denied) ? declined : error(REFUSED, `refused by policy (${denied.about.id})`);
    case "incapable":
      return error(METHOD_NOT_FOUND, "the client cannot answer this");
    case "malformed":
      return error(INVALID_PARAMS, `Invalid params: ${denied.detail}`);
  }
}

/** A person who says no is an answer that every server understands; there is none for a model or for roots. */
export const declined: QuestionAnswer = { kind: "result", result: { action: "decline" } };

/** Whether a server that ended its request gets an answer all the same; if not, the call ends. */
export function declines(denied: Denied): boolean {
  return denied.kind === "refused" && isElicitation(denied);
}

/** How a call ends whose server wants answers that it cannot get. */
export function endInstead(denied: readonly Denied[]): Ending {
  for (const verdict of denied) {
    if (verdict.kind === "malformed") return { kind: "refused", reasons: [hostReason("upstream.invalid_answer")] };
    if (verdict.kind === "refused") return refusedFor(verdict);
  }
  return { kind: "incapable", required: merged(denied) };
}

function refusedFor({ about, reasons }: Denied & { readonly kind: "refused" }): Ending {
  const named = reasons.some(({ code }) => code === "question.not_granted" || code === "gateway.log_unavailable");
  const kind = about.target.slice(about.target.lastIndexOf(".") + 1);
  return { kind: "refused", reasons: named ? reasons : [hostReason("question.not_granted", { question: kind }), ...reasons] };
}

/** The capabilities that all of them need, as a client declares them. */
function merged(denied: readonly Denied[]): Readonly<Record<string, unknown>> {
  const required: Record<string, unknown> = {};
  for (const verdict of denied) {
    if (verdict.kind !== "incapable") continue;
    for (const [name, wanted] of Object.entries(verdict.required)) required[name] = { ...Object(required[name]), ...Object(wanted) };
  }
  return required;
}

/** What cannot be recorded ends the call, whatever it would have been. */
export function isUnrecorded(verdict: Denied): boolean {
  return verdict.kind === "refused" && verdict.reasons.some(({ code }) => code === "gateway.log_unavailable");
}

function isElicitation({ about }: Denied): boolean {
  return about.method === "elicitation/create";
}

function error(code: number, message: string): QuestionAnswer {
  return { kind: "error", error: { code, message } };
}

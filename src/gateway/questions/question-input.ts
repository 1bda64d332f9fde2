import { sha256 } from "../../core/digest.ts";
import type { ServerAsk } from "../../core/server.ts";
import type { IntendedCall } from "../call.ts";
import { commonText } from "../input.ts";
import type { QuestionFacts } from "./question-facts.ts";

/** What policy is asked about one question, as text; `args` are the very words that the client gets. */
export interface QuestionInput {
  readonly text: string;
  readonly argsText: string;
  readonly argsDigest: string;
}

export function questionInput(call: IntendedCall, method: string, facts: QuestionFacts, params: object, now: number): QuestionInput {
  const argsText = JSON.stringify(params);
  const argsDigest = sha256(argsText);
  const common = commonText(call.exchange, call.caller, call.generation.timeText(now), now);
  const about = `"${facts.kind}":${JSON.stringify({ id: questionId(call, facts.kind), origin: call.target.id, ...toldOf(facts) })}`;
  const args = `"args":${argsText},"args_digest":"${argsDigest}"`;
  const text = `{"phase":"call","method":"${method}",${common},${call.target.serverText},${about},${args},"limits":{"truncated":[],"omitted":[]}}`;
  return { text, argsText, argsDigest };
}

/** `<server>.<kind>`, the question's name in policy and in records. */
export function questionId(call: IntendedCall, kind: ServerAsk): string {
  return `${call.target.server.id}.${kind}`;
}

function toldOf(facts: QuestionFacts): object {
  switch (facts.kind) {
    case "elicitation":
      return facts.mode === "form" ? { mode: "form", fields: facts.fields } : { mode: "url", fields: [], host: facts.host };
    case "sampling":
      return { max_tokens: facts.maxTokens, tools: facts.tools, include_context: facts.includeContext };
    case "roots":
      return {};
  }
}

import type { QuestionAnswer } from "../../core/question.ts";
import type { AskedQuestion, IntendedCall, Resumed } from "../call.ts";
import { kinds } from "./judge-question.ts";
import { questionId } from "./question-input.ts";
import { answerText } from "./question-record.ts";

/** Puts on record that these answers go to the server, before they do. Without the records they do not. */
export async function recordAnswers(
  call: IntendedCall,
  asked: ReadonlyMap<string, AskedQuestion>,
  answerTo: (key: string) => QuestionAnswer | undefined,
): Promise<boolean> {
  const { log, durability } = call.parts;
  const records = [...asked].flatMap(([key, { id, method }]) => {
    const answer = answerTo(key);
    return answer ? [answerText(call, { id, method, target: questionId(call, kinds[method]) }, answer)] : [];
  });
  const recorded = await Promise.all(records.map((text) => log.append(text, durability.other)));
  return recorded.every(({ ok }) => ok);
}

/** What a client brought back, question by question. */
export function answersIn(resumed: Resumed): (key: string) => QuestionAnswer | undefined {
  if (resumed.kind === "parked") return (key) => resumed.answers.get(key);
  const { inputResponses } = resumed;
  return (key) => {
    const result = Object.hasOwn(inputResponses, key) ? inputResponses[key] : undefined;
    return isResult(result) ? { kind: "result", result } : undefined;
  };
}

function isResult(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

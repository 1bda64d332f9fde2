import type { QuestionMethod } from "../../core/methods.ts";
import type { Question } from "../../core/question.ts";
import { isMembers } from "../questions/index.ts";

const MAX_QUESTIONS = 16;

const methods: Readonly<Record<QuestionMethod, true>> = { "elicitation/create": true, "sampling/createMessage": true, "roots/list": true };

/** What a task waits for, or nothing where that cannot be read. */
export function questionsOf(inputRequests: unknown): ReadonlyMap<string, Question> | undefined {
  if (!isMembers(inputRequests)) return undefined;
  const entries = Object.entries(inputRequests);
  if (entries.length > MAX_QUESTIONS) return undefined;
  const questions = new Map<string, Question>();
  for (const [key, entry] of entries) {
    if (!isMembers(entry) || typeof entry.method !== "string" || !isQuestionMethod(entry.method)) return undefined;
    const params = entry.params ?? {};
    if (!isMembers(params)) return undefined;
    const { _meta: _, ...rest } = params;
    questions.set(key, { method: entry.method, params: rest });
  }
  return questions;
}

function isQuestionMethod(method: string): method is QuestionMethod {
  return Object.hasOwn(methods, method);
}

import type { QuestionMethod } from "../../core/methods.ts";
import { ok, type Result } from "../../core/result.ts";
import { isMembers, type Malformed, malformed } from "./malformed.ts";
import { isContent } from "./question-facts.ts";

type Members = Readonly<Record<string, unknown>>;

/** As much of a question as its answer is checked against; small enough to travel sealed. */
export interface AnswerForm {
  readonly method: QuestionMethod;
  /** Names that a form asked for; absent for anything but a form. */
  readonly fields?: readonly string[];
}

const MAX_ROOTS = 1000;

/** A client's answer as the specification states it, and nothing besides: what no form asked for does not reach the server. */
export function checkAnswer(form: AnswerForm, answer: unknown): Result<Members, Malformed> {
  if (!isMembers(answer)) return malformed("the answer is not an object");
  switch (form.method) {
    case "elicitation/create":
      return elicited(form, answer);
    case "sampling/createMessage":
      return sampled(answer);
    case "roots/list":
      return rooted(answer);
  }
}

function elicited({ fields }: AnswerForm, { action, content }: Members): Result<Members, Malformed> {
  if (action !== "accept" && action !== "decline" && action !== "cancel") return malformed("action is none of accept, decline, cancel");
  // Clients send null for what is not there.
  if (content === undefined || content === null) return ok({ action });
  if (action !== "accept") return malformed(`content comes with the action "${action}"`);
  if (fields === undefined) return malformed("content comes with an answer that has none");
  if (!isMembers(content)) return malformed("content is not an object");
  const asked = new Set(fields);
  for (const [name, value] of Object.entries(content)) {
    if (!asked.has(name)) return malformed(`nobody asked for ${JSON.stringify(name)}`);
    if (!isFieldValue(value)) return malformed(`the value of ${JSON.stringify(name)} is not primitive`);
  }
  return ok({ action, content });
}

function isFieldValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === "string");
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function sampled({ role, content, model, stopReason }: Members): Result<Members, Malformed> {
  if (role !== "assistant" && role !== "user") return malformed("role is neither assistant nor user");
  if (!isContent(content)) return malformed("content is no content");
  if (typeof model !== "string") return malformed("model is not a string");
  if (stopReason !== undefined && typeof stopReason !== "string") return malformed("stopReason is not a string");
  return ok({ role, content, model, ...(stopReason === undefined ? {} : { stopReason }) });
}

function rooted({ roots }: Members): Result<Members, Malformed> {
  if (!Array.isArray(roots) || roots.length > MAX_ROOTS) return malformed(`roots is not a list of at most ${MAX_ROOTS}`);
  const clean: Members[] = [];
  for (const root of roots as readonly unknown[]) {
    if (!isMembers(root) || typeof root.uri !== "string" || !root.uri.startsWith("file://") || !URL.canParse(root.uri))
      return malformed("a root has no file URI");
    if (root.name !== undefined && typeof root.name !== "string") return malformed("the name of a root is not a string");
    clean.push(root.name === undefined ? { uri: root.uri } : { uri: root.uri, name: root.name });
  }
  return ok({ roots: clean });
}

import { checkJson, resultLimits } from "../../core/json/index.ts";
import type { Question } from "../../core/question.ts";
import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { isMembers, type Members, type Outcome } from "./answer.ts";
import { permittedQuestion, questionParams, TASKS } from "./capabilities.ts";
import { type Failed, failed } from "./failure.ts";
import type { UpstreamCall, UpstreamFailure, UpstreamReply } from "./upstream.ts";
import type { Link, WireAnswer } from "./wire.ts";

type ReplyOutcome = UpstreamReply["outcome"];

const MAX_QUESTIONS = 16;
const MAX_STATE_BYTES = 65_536;
const MAX_TASK_ID_BYTES = 1_024;
/** The server chooses the keys, and they come back as members of a request. */
const KEY = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

const mayAsk: readonly string[] = ["tools/call", "prompts/get", "resources/read"];

export interface Setting {
  readonly server: ServerDefinition;
  readonly link: Link;
  readonly call: UpstreamCall;
  readonly answer: WireAnswer;
}

/**
 * What a well-formed answer means. A server of either era may only say what its era and the call allow: a question in the
 * result of a server with sessions would reach a client that answers it, whatever era its server claims to be of.
 */
export function meaningOf(outcome: Outcome, setting: Setting): Result<ReplyOutcome, UpstreamFailure> {
  if (outcome.kind === "error") return ok(outcome);
  const stateless = setting.link.era === "stateless";
  const kind = outcome.result.resultType;
  // A result that does not say what it is, is complete: so the revision of 2026-07-28 wants it read.
  if (kind === "complete" || kind === undefined) return ok(outcome);
  if (stateless && kind === "input_required") return inputRequired(outcome.result, setting);
  if (stateless && kind === "task") return task(outcome.result, setting);
  return invalid(`the result has the type ${shown(kind)}, wanted "complete"`);
}

function inputRequired(result: Members, setting: Setting): Result<ReplyOutcome, UpstreamFailure> {
  const { method } = setting.call.ask;
  if (!mayAsk.includes(method)) return invalid(`the server asked for input, which ${method} does not have`);
  if (!isExact(setting.answer)) return invalid("the server asked for input with numbers that not every reader can hold");
  const { inputRequests, requestState } = result;
  if (requestState !== undefined && (typeof requestState !== "string" || Buffer.byteLength(requestState) > MAX_STATE_BYTES)) {
    return invalid(`the server asked for input with a state that is no text of at most ${MAX_STATE_BYTES} bytes`);
  }
  const questions = questionsOf(inputRequests, setting.server);
  if (!questions.ok) return questions;
  if (questions.value.size === 0 && requestState === undefined) return invalid("the server asked for input and said neither what nor why");
  return ok({ kind: "input_required", questions: questions.value, ...(requestState === undefined ? {} : { requestState }) });
}

function questionsOf(requests: unknown, server: ServerDefinition): Result<ReadonlyMap<string, Question>, UpstreamFailure> {
  const questions = new Map<string, Question>();
  if (requests === undefined) return ok(questions);
  if (!isMembers(requests)) return invalid("the questions of the server are no object");
  const entries = Object.entries(requests);
  if (entries.length > MAX_QUESTIONS) return invalid(`the server has ${entries.length} questions, wanted at most ${MAX_QUESTIONS}`);
  for (const [key, request] of entries) {
    if (!KEY.test(key) || !isMembers(request)) return invalid("a question of the server is no object, or has no usable key");
    const method = permittedQuestion(server, request.method);
    if (method === undefined) return invalid(`the server asked for ${shown(request.method)}, which its definition does not let it ask`);
    const params = questionParams(method, request.params);
    if (params === undefined) return invalid(`a question of the server, ${method}, has no object as params`);
    questions.set(key, { method, params });
  }
  return ok(questions);
}

function task(result: Members, { server, call, answer }: Setting): Result<ReplyOutcome, UpstreamFailure> {
  const allowed =
    server.extensions.includes(TASKS) && call.capabilities !== undefined && Object.hasOwn(call.capabilities.extensions, TASKS);
  if (call.ask.method !== "tools/call" || !allowed) return invalid("the server made a task of what was not to become one");
  if (!isExact(answer)) return invalid("the task has numbers that not every reader can hold");
  const { taskId } = result;
  if (typeof taskId !== "string" || taskId === "" || Buffer.byteLength(taskId) > MAX_TASK_ID_BYTES) {
    return invalid(`the task has no id of at most ${MAX_TASK_ID_BYTES} bytes`);
  }
  return ok({ kind: "task", task: result });
}

/** Whether the parsed value is all that the text says: it is judged and passed on as such, not as text. */
function isExact({ text }: WireAnswer): boolean {
  return checkJson(text, { ...resultLimits, unsafeNumbers: "refuse" }) === undefined;
}

function invalid(detail: string): Failed {
  return failed("upstream.invalid_answer", detail, true);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 40);
}

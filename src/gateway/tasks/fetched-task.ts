import { topLevelSpans } from "../../core/json/index.ts";
import type { UpstreamReply } from "../../parts/upstream/index.ts";
import { type Concluded, charged } from "../concluded.ts";
import { lastWord, released } from "../last-word.ts";
import { isMembers, judgeQuestions } from "../questions/index.ts";
import type { FinalReply } from "../release.ts";
import { denyOf } from "./deny-questions.ts";
import { shownTask } from "./shown-task.ts";
import { questionsOf } from "./task-questions.ts";
import { type TaskRequest, unreadable } from "./task-request.ts";

type Members = Readonly<Record<string, unknown>>;

/** How a task stands: what it waits for is judged, what came of it is inspected like the tool's own result. */
export async function fetchedTask(request: TaskRequest): Promise<Concluded> {
  const sent = await request.send("tasks/get");
  if (!sent.ok || sent.value.outcome.kind !== "result") return await lastWord(request.call, sent);
  const { result, text } = sent.value.outcome;
  switch (result.status) {
    case "working":
    case "cancelled":
      return charged(shown(request, sent.value, result));
    case "completed":
      return await completed(request, sent.value, result, text);
    case "failed":
      return await failed(request, sent.value, result);
    case "input_required":
      return await waiting(request, sent.value, result);
    default:
      return unreadable();
  }
}

/** `member`: what its status adds, as JSON text behind a comma. */
function shown({ call, taskId }: TaskRequest, reply: UpstreamReply, task: Members, member = ""): Concluded["ending"] {
  const text = JSON.stringify({ resultType: "complete", ...shownTask(call, taskId, task) });
  return { kind: "result", text: `${text.slice(0, -1)}${member}}`, reply };
}

async function completed(request: TaskRequest, reply: UpstreamReply, task: Members, text: string): Promise<Concluded> {
  const { result } = task;
  const span = topLevelSpans(text).get("result");
  // A question within would be one that nobody judged.
  const { resultType = "complete" } = isMembers(result) ? result : {};
  if (!isMembers(result) || resultType !== "complete" || !span) return unreadable();
  // The server's own digits: what was parsed may have lost some.
  const own: FinalReply = { ...reply, outcome: { kind: "result", result, text: text.slice(span.start, span.end) } };
  const told = await released(request.call, own);
  return charged(told.kind === "result" ? shown(request, own, task, `,"result":${told.text}`) : told);
}

async function failed(request: TaskRequest, reply: UpstreamReply, task: Members): Promise<Concluded> {
  const { error } = task;
  if (!isMembers(error) || typeof error.code !== "number" || typeof error.message !== "string") return unreadable();
  const { code, message, data } = error;
  const own: FinalReply = { ...reply, outcome: { kind: "error", error: { code, message, ...(data === undefined ? {} : { data }) } } };
  const told = await released(request.call, own);
  return charged(told.kind === "error" ? shown(request, reply, task, `,"error":${JSON.stringify(told.error)}`) : told);
}

/**
 * A task that waits for a person who may not be asked gets a no and goes on; one that waits for a model or for roots which it
 * may not have is cancelled, because nothing else would ever end it.
 */
async function waiting(request: TaskRequest, reply: UpstreamReply, task: Members): Promise<Concluded> {
  const questions = questionsOf(task.inputRequests);
  if (!questions) return unreadable();
  const { allowed, denied } = await judgeQuestions(request.call, questions);
  const stopped = await denyOf(request, denied);
  if (stopped) return stopped;
  if (allowed.size === 0) return charged(shown(request, reply, { ...task, status: "working" }));
  const inputRequests = Object.fromEntries([...allowed].map(([key, { question }]) => [key, question]));
  return charged(shown(request, reply, task, `,"inputRequests":${JSON.stringify(inputRequests)}`));
}

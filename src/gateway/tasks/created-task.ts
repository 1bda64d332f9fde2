import type { UpstreamReply } from "../../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "../call.ts";
import { hostReason } from "../refusal.ts";
import { mayBecomeTask, tasksExtension } from "./extension.ts";
import { isTaskStatus, shownTask } from "./shown-task.ts";
import { sealTask } from "./task-id.ts";

const DAY_MS = 86_400_000;
const MAX_MS = 30 * DAY_MS;
const MAX_ID = 1024;

/** The task that a server made of a call, under an id of ours. Its result is inspected when it is fetched. */
export function createdTask(call: IntendedCall, reply: UpstreamReply, task: Readonly<Record<string, unknown>>): Ending {
  const { server } = call.target;
  const mayBeTask =
    call.request.asked.method === "tools/call" &&
    mayBecomeTask(call) &&
    isTaskStatus(task.status) &&
    server.extensions.includes(tasksExtension);
  const id = task.taskId;
  if (!mayBeTask || typeof id !== "string" || id === "" || id.length > MAX_ID)
    return { kind: "refused", reasons: [hostReason("upstream.invalid_answer")] };
  const taskId = sealTask(call, id, call.parts.clock.now() + lifetime(task.ttlMs));
  return { kind: "task", text: JSON.stringify({ resultType: "task", ...shownTask(call, taskId, task) }), reply };
}

function lifetime(ttlMs: unknown): number {
  return typeof ttlMs === "number" && ttlMs > 0 ? Math.ceil(Math.min(ttlMs, MAX_MS)) : DAY_MS;
}

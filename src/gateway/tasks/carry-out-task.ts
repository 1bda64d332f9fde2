import type { ServerConnection } from "../../parts/upstream/index.ts";
import type { IntendedCall } from "../call.ts";
import { type Concluded, free } from "../concluded.ts";
import type { ToSend } from "../conversation/index.ts";
import { withObligationsOf } from "../with-obligations.ts";
import { takesTasks, tasksExtension } from "./extension.ts";
import { fetchedTask } from "./fetched-task.ts";
import { openTask } from "./task-id.ts";
import { acknowledged, type TaskRequest } from "./task-request.ts";
import { updateTask } from "./update-task.ts";

export function isTaskRequest({ request: { asked } }: IntendedCall): boolean {
  return asked.method === "tasks/get" || asked.method === "tasks/update" || asked.method === "tasks/cancel";
}

/** Carries out a request about a task. The server gets its own id; the client never sees it. */
export async function carryOutTask(judged: IntendedCall, connection: Pick<ServerConnection, "call">, request: ToSend): Promise<Concluded> {
  const { asked, signal } = judged.request;
  if (asked.method !== "tasks/get" && asked.method !== "tasks/update" && asked.method !== "tasks/cancel")
    throw new Error(`"${asked.method}" is not about a task`);
  if (!takesTasks(judged)) return free({ kind: "incapable", required: { extensions: { [tasksExtension]: {} } } });
  const sealed = openTask(judged, asked.taskId);
  if (!sealed) return free({ kind: "unknown" });
  const about = `"taskId":${JSON.stringify(sealed.task)}`;
  const task: TaskRequest = {
    call: { ...judged, decision: withObligationsOf(judged.decision, sealed) },
    taskId: asked.taskId,
    send: (method, members) =>
      connection.call({
        ...request,
        signal,
        ask: { method, paramsText: members === undefined ? about : `${about},${members}`, name: sealed.task },
      }),
  };
  if (asked.method === "tasks/get") return await fetchedTask(task);
  return asked.method === "tasks/update"
    ? await updateTask(task, asked.inputResponses)
    : await acknowledged(task, await task.send("tasks/cancel"));
}

import type { ServerConnection } from "../../parts/upstream/index.ts";
import type { IntendedCall } from "../call.ts";
import { type Concluded, free } from "../concluded.ts";
import type { ToSend } from "../conversation/index.ts";
import { argsDigestOf } from "../input.ts";
import { hostReason } from "../refusal.ts";
import { inspects } from "../release.ts";
import { withObligationsOf } from "../with-obligations.ts";
import { takesTasks, tasksExtension } from "./extension.ts";
import { fetchedTask } from "./fetched-task.ts";
import { openTask, type SealedTask } from "./task-id.ts";
import { acknowledged, type TaskRequest } from "./task-request.ts";
import { updateTask } from "./update-task.ts";

/** Carries out a request about a task. The server gets its own id; the client never sees it. */
export async function carryOutTask(judged: IntendedCall, connection: Pick<ServerConnection, "call">, request: ToSend): Promise<Concluded> {
  const { asked, signal } = judged.request;
  if (asked.method !== "tasks/get" && asked.method !== "tasks/update" && asked.method !== "tasks/cancel")
    throw new Error(`"${asked.method}" is not about a task`);
  if (!takesTasks(judged)) return free({ kind: "incapable", required: { extensions: { [tasksExtension]: {} } } });
  const sealed = openTask(judged, asked.taskId);
  if (!sealed) return free({ kind: "unknown" });
  const call = underItsCall(judged, sealed);
  if (!call) return free({ kind: "refused", reasons: [hostReason("result.unredactable")] });
  const about = `"taskId":${JSON.stringify(sealed.task)}`;
  const task: TaskRequest = {
    call,
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

/** What is said of a task is said under the obligations and the arguments of its call; nothing where rules want to see arguments that are gone. */
function underItsCall(judged: IntendedCall, sealed: SealedTask): IntendedCall | undefined {
  const call = { ...judged, decision: withObligationsOf(judged.decision, sealed) };
  const { args } = sealed;
  if (args === null) return inspects(call) ? undefined : call;
  return args === undefined ? call : { ...call, argsText: args, argsDigest: argsDigestOf(args) };
}

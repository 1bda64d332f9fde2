import type { ResolveTask } from "../call.ts";
import { tasksExtension } from "./extension.ts";
import { openTask } from "./task-id.ts";

/** Finds the tool that a task came from: every request about a task is judged as that tool, without arguments. */
export const resolveTask: ResolveTask = (call) => {
  const { asked } = call.request;
  if (asked.method !== "tasks/get" && asked.method !== "tasks/update" && asked.method !== "tasks/cancel") return undefined;
  const task = openTask(call, asked.taskId);
  const target = task && call.generation.targets.tools.get(task.tool);
  // A bundle that takes the extension back takes it back from tasks that are under way too.
  if (!task || !target?.server.extensions.includes(tasksExtension)) return undefined;
  const paramsText = `"taskId":${JSON.stringify(task.task)}`;
  return { target, ask: { method: asked.method, paramsText, name: task.task }, argsText: undefined };
};

export { carryOutTask } from "./carry-out-task.ts";
export { createdTask } from "./created-task.ts";
export { isTaskRequest, tasksExtension, withTasksWhereTaken } from "./extension.ts";
export { resolveTask } from "./resolve-task.ts";

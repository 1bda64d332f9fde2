export { carryOutTask, isTaskRequest } from "./carry-out-task.ts";
export { createdTask } from "./created-task.ts";
export { withTasksWhereTaken } from "./extension.ts";
export { resolveTask } from "./resolve-task.ts";

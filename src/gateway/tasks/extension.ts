import type { ClientCapabilities } from "../../core/client.ts";
import type { IntendedCall } from "../call.ts";
import { inspects } from "../release.ts";

export const tasksExtension = "io.modelcontextprotocol/tasks";

export function isTaskRequest({ request: { asked } }: IntendedCall): boolean {
  return asked.method === "tasks/get" || asked.method === "tasks/update" || asked.method === "tasks/cancel";
}

/** Whether this client takes tasks: it declared so, in the only era that has them as an extension. */
export function takesTasks({ exchange }: IntendedCall): boolean {
  return exchange.era === "stateless" && Object.hasOwn(exchange.capabilities.extensions, tasksExtension);
}

/** Arguments travel in the id of a task, which is a header too: only so many bytes of them. */
const MAX_ARGS = 1024;

/** Whether what a task was called with goes along in its id. */
export function takesArgsAlong({ argsText }: IntendedCall): boolean {
  return argsText === undefined || Buffer.byteLength(argsText) <= MAX_ARGS;
}

/** Whether the server may make a task of this call: rules on results that read arguments must find them when it ends. */
export function mayBecomeTask(call: IntendedCall): boolean {
  return takesTasks(call) && (takesArgsAlong(call) || !inspects(call));
}

/** What a server is told that the client can do: tasks only where a task could be given to it. */
export function withTasksWhereTaken(call: IntendedCall, capabilities: ClientCapabilities): ClientCapabilities {
  const taken = isTaskRequest(call) ? takesTasks(call) : mayBecomeTask(call);
  if (!Object.hasOwn(capabilities.extensions, tasksExtension) || taken) return capabilities;
  const { [tasksExtension]: _, ...extensions } = capabilities.extensions;
  return { ...capabilities, extensions };
}

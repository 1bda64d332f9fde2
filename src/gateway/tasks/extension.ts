import type { ClientCapabilities } from "../../core/client.ts";
import type { IntendedCall } from "../call.ts";

export const tasksExtension = "io.modelcontextprotocol/tasks";

/** Whether this client takes tasks: it declared so, in the only era that has them as an extension. */
export function takesTasks({ exchange }: IntendedCall): boolean {
  return exchange.era === "stateless" && Object.hasOwn(exchange.capabilities.extensions, tasksExtension);
}

/** What a server is told that the client can do: tasks only where a task could be given to it. */
export function withTasksWhereTaken(call: IntendedCall, capabilities: ClientCapabilities): ClientCapabilities {
  if (!Object.hasOwn(capabilities.extensions, tasksExtension) || takesTasks(call)) return capabilities;
  const { [tasksExtension]: _, ...extensions } = capabilities.extensions;
  return { ...capabilities, extensions };
}

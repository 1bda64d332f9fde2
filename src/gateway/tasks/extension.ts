import type { IntendedCall } from "../call.ts";

export const tasksExtension = "io.modelcontextprotocol/tasks";

/** Whether this client takes tasks: it declared so, in the only era that has them as an extension. */
export function takesTasks({ exchange }: IntendedCall): boolean {
  return exchange.era === "stateless" && Object.hasOwn(exchange.capabilities.extensions, tasksExtension);
}

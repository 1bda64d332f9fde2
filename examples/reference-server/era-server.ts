import type { IncomingMessage, ServerResponse } from "node:http";

/** One way of speaking MCP, behind an HTTP endpoint. */
export interface EraServer {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

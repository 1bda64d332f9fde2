import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { EraServer } from "../era-server.ts";
import type { Offer } from "../offer.ts";
import { eventStore } from "./event-store.ts";
import { sessionServer } from "./session-server.ts";

/** How long a client waits before it comes back for the rest of a stream. */
const RETRY_MS = 50;

/** 2025-11-25 and before: a session for each client. */
export function sessionEra(offer: Offer): EraServer {
  const open = new Map<string, StreamableHTTPServerTransport>();

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void open.set(id, transport),
      eventStore: eventStore(),
      retryInterval: RETRY_MS,
    });
    const { server, hear } = sessionServer(offer);
    const forget = offer.onNews((news) => void hear(news).catch(() => {}));
    // The SDK's class and interface disagree about optional members under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    server.onclose = () => {
      forget();
      if (transport.sessionId !== undefined) open.delete(transport.sessionId);
    };
    return transport;
  }

  return {
    async handle(request: IncomingMessage, response: ServerResponse) {
      const id = request.headers["mcp-session-id"];
      const transport = typeof id === "string" ? open.get(id) : await begin();
      if (transport === undefined) {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
        return;
      }
      await transport.handleRequest(request, response);
    },
    async close() {
      for (const transport of [...open.values()]) await transport.close();
    },
  };
}

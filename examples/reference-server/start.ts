import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CallEvent, Offer } from "./offer.ts";
import { sessionEra } from "./session-era.ts";
import { statelessEra } from "./stateless-era.ts";

export interface ReferenceServerOptions {
  readonly era: "session" | "stateless";
  /** 0 takes a free port. */
  readonly port?: number;
  /** Hears what happens to calls. */
  readonly onCall?: (tool: string, what: CallEvent) => void;
}

export interface RunningReferenceServer {
  /** The MCP endpoint. */
  readonly url: string;
  /** Offers one tool more, or one less, as `test_trigger_tool_change` does. */
  changeTools(): void;
  stop(): Promise<void>;
}

/** Starts the reference server on 127.0.0.1. */
export async function startReferenceServer({ era, port = 0, onCall }: ReferenceServerOptions): Promise<RunningReferenceServer> {
  const offer = new Offer(onCall);
  const server = era === "session" ? sessionEra(offer) : statelessEra(offer);
  const http = createServer((request, response) => {
    if (request.url !== "/mcp") response.writeHead(404).end();
    else
      server.handle(request, response).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    changeTools: () => offer.change(),
    async stop() {
      http.close();
      await server.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

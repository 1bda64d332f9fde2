import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type CallEvent, Offer } from "./offer.ts";
import { sessionEra } from "./session/session-era.ts";
import { statelessEra } from "./stateless/stateless-era.ts";
import type { List } from "./turn.ts";

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
  /** The same for any list. */
  change(list: List): void;
  /** Says that a resource changed, as `test_touch_resource` does. */
  touch(uri: string): void;
  stop(): Promise<void>;
}

/** Starts the reference server on 127.0.0.1. */
export async function startReferenceServer({ era, port = 0, onCall }: ReferenceServerOptions): Promise<RunningReferenceServer> {
  const offer = new Offer(onCall);
  const server = era === "session" ? sessionEra(offer) : statelessEra(offer);
  const http = createServer((request, response) => {
    if (!isLocal(request)) response.writeHead(403).end();
    else if (request.url !== "/mcp") response.writeHead(404).end();
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
    changeTools: () => offer.change("tools"),
    change: (list) => offer.change(list),
    touch: (uri) => offer.touch(uri),
    async stop() {
      http.close();
      await server.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

/** DNS rebinding: a foreign page that resolves its own name to this machine still sends that name. */
function isLocal({ headers: { host, origin } }: IncomingMessage): boolean {
  const named = [`http://${host ?? ""}`, ...(origin === undefined ? [] : [origin])];
  return named.every((one) => URL.canParse(one) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(one).hostname));
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** One request as it came. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export type Script = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A server that answers as a test says, and remembers what it was asked. */
export interface ScriptedServer {
  readonly url: string;
  readonly host: string;
  readonly seen: Seen[];
  /** How the next requests are answered. */
  script: Script;
  /** Resolves with the next request that comes. */
  next(): Promise<Seen>;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1; with certificates it speaks TLS. */
export async function startScripted(script: Script, tls?: ServerOptions): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<(seen: Seen) => void>();
  const listener: RequestListener = (request, response) => {
    const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers as Seen["headers"] };
    seen.push(one);
    for (const wake of waiting) wake(one);
    waiting.clear();
    void scripted.script(request, response);
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const scripted: ScriptedServer = {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    script,
    sockets,
    next: () => new Promise((resolve) => waiting.add(resolve)),
    async stop() {
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return scripted;
}

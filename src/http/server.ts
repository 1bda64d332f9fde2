import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { secureContext } from "./certificate.ts";
import type { HttpConfig } from "./config.ts";
import { stalledReaders } from "./stalled-readers.ts";

/** A whole request must have come within this time, so that slow senders hold no connection for long. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How a door answers a URL that cannot be read at all, which never comes as far as its hooks. */
export type OwnAnswers = Pick<FastifyServerOptions, "frameworkErrors">;

/** The bare HTTP server of the doors; it does not listen yet. Throws when a TLS file cannot be read. */
export function createHttpServer(config: HttpConfig, own: OwnAnswers = {}): FastifyInstance {
  const app = Fastify({
    ...own,
    logger: false,
    bodyLimit: config.limits.body_bytes,
    trustProxy: config.listen.trusted_proxies ?? false,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    genReqId: () => "",
    serverFactory: (listener) => serverFor(config, listener),
  });
  const open = openSockets(app.server);
  cutStalledReaders(app.server, open);
  app.addHook("preClose", async () => letConnectionsGo(app.server, open));
  return app;
}

const LOOK_EVERY_MS = 10_000;

function cutStalledReaders(server: Server, open: ReadonlySet<Socket>): void {
  const cut = stalledReaders();
  server.once("listening", () => {
    const look = setInterval(() => cut(open, performance.now()), LOOK_EVERY_MS).unref();
    server.once("close", () => clearInterval(look));
  });
}

const SWEEP_MS = 50;

/**
 * Node closes idle connections once, and takes one that never sent anything for busy; clients open such ones ahead. What
 * is neither being answered nor asking would otherwise hold up the end for as long as it may stay open.
 */
function letConnectionsGo(server: Server, open: ReadonlySet<Socket>): void {
  if (!server.listening) return;
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  }, SWEEP_MS);
  server.once("close", () => clearInterval(sweep));
}

function openSockets(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  server.on("connection", keep);
  server.on("secureConnection", keep);
  return open;
}

function serverFor(config: HttpConfig, listener: RequestListener): Server {
  const options = { keepAliveTimeout: config.keep_alive.idle_ms, requestTimeout: REQUEST_TIMEOUT_MS };
  const { tls } = config.listen;
  return tls === undefined ? createServer(options, listener) : createTlsServer({ ...options, ...secureContext(tls) }, listener);
}

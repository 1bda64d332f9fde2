import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { onTestFinished } from "vitest";
import { createHttpServer, type HttpConfig, httpConfig, mcpDoor } from "../../../src/http/index.ts";
import { memoryReplicas, type Replicas } from "../../../src/parts/replicas/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { type FakeGateway, fakeGateway, fakeSessions } from "../../support/fake-gateway.ts";

export const SESSION_VERSION = "2025-11-25";
export const STATELESS_VERSION = "2026-07-28";

export interface DoorUnderTest {
  readonly app: FastifyInstance;
  readonly gateway: FakeGateway;
  readonly sessions: ReturnType<typeof fakeSessions>;
  readonly clock: ReturnType<typeof manualClock>;
  /** Opens a session and gives its id. */
  open(token?: string, url?: string, version?: string, capabilities?: object): Promise<string>;
  /** One message in a session. */
  say(session: string | undefined, message: unknown, more?: Record<string, string>, url?: string): Promise<LightMyRequestResponse>;
  /** One stateless request; `_meta` and the headers are made for it. */
  ask(
    method: string,
    params?: Record<string, unknown>,
    more?: { headers?: Record<string, string | undefined>; meta?: Record<string, unknown>; url?: string },
  ): Promise<LightMyRequestResponse>;
  /** One raw body, in the session given. */
  post(body: string | Buffer, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  listen(): Promise<URL>;
}

/** What replicas of one gateway have in common. */
export interface Shared {
  readonly sessions?: ReturnType<typeof fakeSessions>;
  readonly replicas?: Replicas;
}

export async function doorUnderTest(
  config: Partial<Parameters<typeof httpConfig.parse>[0] & object> = {},
  sessionLimit?: number,
  shared: Shared = {},
): Promise<DoorUnderTest> {
  const parsed: HttpConfig = httpConfig.parse({ public_url: "https://gate.example.com", ...config });
  const gateway = fakeGateway();
  const sessions = shared.sessions ?? fakeSessions(sessionLimit);
  const clock = manualClock(1_800_000_000_000);
  const app = createHttpServer(parsed);
  await app.register(mcpDoor, {
    gateway,
    sessions,
    replicas: shared.replicas ?? memoryReplicas(silentLogger),
    config: parsed,
    clock,
    logger: silentLogger,
    issuers: ["https://idp.example.com"],
    version: "0.1.0",
  });
  onTestFinished(() => app.close());

  const base = {
    host: "gate.example.com",
    authorization: "Bearer ann",
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const post: DoorUnderTest["post"] = (body, headers = {}) =>
    app.inject({ method: "POST", url: "/mcp", payload: body, headers: { ...base, ...headers } });
  return {
    app,
    gateway,
    sessions,
    clock,
    post,
    open: async (token = "ann", url = "/mcp", version = SESSION_VERSION, capabilities = {}) => {
      const opened = await app.inject({
        method: "POST",
        url,
        payload: initialize(version, capabilities),
        headers: { ...base, authorization: `Bearer ${token}` },
      });
      return String(opened.headers["mcp-session-id"]);
    },
    say: (session, message, more = {}, url = "/mcp") =>
      app.inject({
        method: "POST",
        url,
        payload: JSON.stringify(message),
        headers: { ...base, ...(session === undefined ? {} : { "mcp-session-id": session }), ...more },
      }),
    ask: (method, params = {}, { headers = {}, meta, url = "/mcp" } = {}) => {
      const name = params.name ?? params.uri ?? params.taskId;
      const named = typeof name === "string" ? { "mcp-name": name } : {};
      const sent: Record<string, string | undefined> = {
        ...base,
        "mcp-protocol-version": STATELESS_VERSION,
        "mcp-method": method,
        ...named,
        ...headers,
      };
      const kept = Object.fromEntries(Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined));
      const payload = JSON.stringify({ jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: meta ?? envelope() } });
      return app.inject({ method: "POST", url, payload, headers: kept });
    },
    listen: async () => new URL("/mcp", await app.listen({ host: "127.0.0.1", port: 0 })),
  };
}

export function envelope(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
    ...more,
  };
}

export function initialize(version = SESSION_VERSION, capabilities: object = {}): string {
  const params = { protocolVersion: version, capabilities, clientInfo: { name: "test", version: "1" } };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
}

export function call(
  tool = "crm__refund",
  args: unknown = { amount: 5 },
  id: unknown = 2,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name: tool, arguments: args, ...more } };
}

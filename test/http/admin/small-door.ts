import type { FastifyInstance } from "fastify";
import { onTestFinished } from "vitest";
import type { VerifiedToken } from "../../../src/core/principal.ts";
import { adminDoor, createAdminServer, httpConfig } from "../../../src/http/index.ts";
import { type Logger, silentLogger } from "../../../src/platform/logger.ts";
import { type SmallDesk, smallDesk } from "../../gateway/desk/small-desk.ts";

export interface SmallDoor extends SmallDesk {
  readonly app: FastifyInstance;
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  ask(method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS", path: string, options?: AskOptions): Promise<Told>;
}

export interface AskOptions {
  /** A user of the desk's table, or a token; `undefined` sends none. */
  readonly as?: string | VerifiedToken | undefined;
  /** An object becomes JSON; text and bytes are sent as they are. */
  readonly body?: object | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

export const BUNDLE_BYTES = 4096;

/** The admin door on the small desk, without a socket. */
export async function smallDoor(): Promise<SmallDoor> {
  const small = await smallDesk();
  const config = httpConfig.parse({ public_url: "https://gate.example.com", admin: {} });
  if (config.admin === undefined) throw new Error("no section");
  const app = createAdminServer(config, config.admin);
  const logged: Readonly<Record<string, unknown>>[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };
  await app.register(adminDoor, { desk: small.desk, config: { ...config, admin: config.admin }, bundleBytes: BUNDLE_BYTES, logger });
  await app.ready();
  onTestFinished(() => app.close());
  return {
    ...small,
    app,
    logged,
    async ask(method, url, { as, body, headers = {} } = {}) {
      const bare = typeof body === "string" || body instanceof Uint8Array;
      const type = body === undefined ? {} : { "content-type": body instanceof Uint8Array ? "application/gzip" : "application/json" };
      const authorization = as === undefined ? {} : { authorization: small.bearer(as) };
      const answer = await app.inject({
        ...{ method, url, headers: { host: "localhost:8081", ...authorization, ...type, ...headers } },
        ...(body === undefined ? {} : { payload: bare ? (body instanceof Uint8Array ? Buffer.from(body) : body) : JSON.stringify(body) }),
      });
      const isJson = /json/.test(String(answer.headers["content-type"]));
      return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : {}, bytes: answer.rawPayload };
    },
  };
}

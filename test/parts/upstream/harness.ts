import { afterEach } from "vitest";
import type { HttpTransport, ServerDefinition } from "../../../src/core/server.ts";
import {
  createUpstream,
  type ServerConnection,
  type ServerRequest,
  type Upstream,
  type UpstreamCall,
  type UpstreamOptions,
  upstreamConfig,
} from "../../../src/parts/upstream/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import type { Logger } from "../../../src/platform/logger.ts";
import type { RecordingStdio } from "../../support/servers/index.ts";
import { waiting } from "./waiting.ts";

export interface Harness {
  readonly upstream: Upstream;
  readonly clock: ReturnType<typeof manualClock>;
  readonly asked: ServerRequest[];
  readonly changed: string[];
  /** The lists that changed, as told each time. */
  readonly changedKinds: (readonly string[])[];
  readonly logs: { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** What was put off, with its delay; `run` does it now. */
  readonly later: { readonly ms: number; readonly run: () => void }[];
  /** Resolves when the condition holds; looked at whenever something is logged or changes. */
  when(condition: () => boolean): Promise<void>;
}

const open: (() => unknown)[] = [];

/** Closed after the test, in reverse order. */
export function closing<T extends { close(): unknown }>(thing: T): T {
  open.push(() => thing.close());
  return thing;
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export function harness(config: unknown = {}, options: Partial<UpstreamOptions> = {}): Harness {
  const clock = manualClock(1_750_000_000_000);
  const { touch, when } = waiting();
  const logs: Harness["logs"] = [];
  const log = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    logs.push({ level, message, fields });
    queueMicrotask(touch);
  };
  const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  const asked: ServerRequest[] = [];
  const changed: string[] = [];
  const changedKinds: (readonly string[])[] = [];
  const later: { ms: number; run: () => void }[] = [];
  const upstream = closing(
    createUpstream({
      config: upstreamConfig.parse(config),
      clock,
      logger,
      onServerRequest: (request) => asked.push(request),
      onListingChanged: (id, kinds) => {
        changed.push(id);
        changedKinds.push([...kinds]);
        queueMicrotask(touch);
      },
      schedule: (run, ms) => {
        const entry = { ms, run };
        later.push(entry);
        queueMicrotask(touch);
        return () => {
          if (later.includes(entry)) later.splice(later.indexOf(entry), 1);
        };
      },
      ...options,
    }),
  );
  return { upstream, clock, asked, changed, changedKinds, logs, later, when };
}

export function definition(transport: ServerDefinition["transport"], over: Partial<ServerDefinition> = {}): ServerDefinition {
  return {
    id: "crm",
    owner: "sales",
    trust: "internal",
    environment: "demo",
    status: "approved",
    transport,
    credential: { mode: "none" },
    timeoutMs: 10_000,
    maxResultBytes: 1_048_576,
    maxConcurrent: 64,
    drift: "strict",
    asks: [],
    extensions: [],
    extensionMethods: {},
    ...over,
  };
}

export function overHttp(url: string, era: HttpTransport["era"] = "auto", over: Partial<ServerDefinition> = {}): ServerDefinition {
  return definition({ kind: "http", place: { url }, hostClass: "loopback", era }, over);
}

export function overStdio(
  server: RecordingStdio,
  era: HttpTransport["era"] = "auto",
  over: Partial<ServerDefinition> = {},
): ServerDefinition {
  return definition({ kind: "stdio", place: "process", argv: server.argv, era }, over);
}

/** What differs from the ordinary call of a test; the tool and its arguments may stand for the whole of `ask`. */
export type Over = Partial<UpstreamCall> & { readonly tool?: string; readonly argsText?: string | undefined };

export function call({ tool = "echo", ...over }: Over = {}): UpstreamCall {
  const { argsText, ...rest } = "argsText" in over ? over : { ...over, argsText: '{"n":1}' };
  return { ask: { method: "tools/call", tool, argsText }, timeoutMs: 10_000, credential: {}, decisionId: "dec_1", ...rest };
}

/** The code of a refusal, and whether bytes may have left; or the kind of the outcome. */
export async function told(connection: ServerConnection, over: Over = {}): Promise<string> {
  const reply = await connection.call(call(over));
  if (reply.ok) return reply.value.outcome.kind;
  return `${reply.error.code} ${reply.error.dispatched ? "dispatched" : "not dispatched"}`;
}

import type { Result } from "../../core/result.ts";
import type { HttpTransport, ServerDefinition, SseTransport, StdioTransport } from "../../core/server.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { UpstreamConfig } from "./config.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { failed, wordsOf } from "./failure.ts";
import type { PoolOptions } from "./http-pool.ts";
import { HttpWire } from "./http-wire.ts";
import type { ClientInfo } from "./messages.ts";
import type { CredentialHeaders } from "./opener.ts";
import { classLookup, httpPlace, type Resolve, stdioPlace } from "./place.ts";
import { Questions } from "./questions.ts";
import { SseWire } from "./sse-wire.ts";
import { StdioWire } from "./stdio-wire.ts";
import type { Listing, ListKind, ServerConnection, ServerRequest, Upstream, UpstreamFailure } from "./upstream.ts";
import { type Schedule, systemSchedule, type WireEvents } from "./wire.ts";

export interface UpstreamOptions {
  readonly config: UpstreamConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A server asked for something that belongs to no call, or that it may not ask; it was answered -32601. */
  readonly onServerRequest: (request: ServerRequest) => void;
  /** What a server offers changed, or it can no longer be asked. */
  readonly onListingChanged?: (serverId: string, kinds: ReadonlySet<ListKind>) => void;
  /** The headers to open a server and to list its tools with; calls bring their own. None if absent. */
  readonly credentialFor?: (server: ServerDefinition) => Promise<Result<CredentialHeaders, { readonly detail: string }>>;
  /** Takes known secrets out of what servers write to their error output. */
  readonly scrub?: (text: string) => string;
  /** What the gateway calls itself towards servers. */
  readonly client?: ClientInfo;
  /** Resolves host names; the system's resolver if absent. */
  readonly resolve?: Resolve;
  /** Runs restarts and reconnects later; the system's timers if absent. */
  readonly schedule?: Schedule;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  // Definitions are immutable objects of a generation; the text finds the same server again in the next one.
  const byObject = new WeakMap<ServerDefinition, ServerConnection>();
  const byText = new Map<string, Connection>();
  let closed = false;

  function make(server: ServerDefinition): ServerConnection {
    const text = JSON.stringify(server);
    const open = byText.get(text);
    if (open?.keep() === true) return open;
    const wire = wireFor(options, server);
    if (!wire.ok) return nowhere(server, wire.error);
    if (closed) return nowhere(server, failed("upstream.unavailable", "the gateway is shutting down", false).error);
    const connection = new Connection({
      ...connectionOptions(options, server),
      wire: wire.value,
      onClosed: () => {
        if (byText.get(text) === connection) byText.delete(text);
      },
    });
    byText.set(text, connection);
    return connection;
  }

  return {
    connect(server) {
      const known = byObject.get(server);
      if (known !== undefined && (!(known instanceof Connection) || known.keep())) return known;
      const connection = make(server);
      byObject.set(server, connection);
      return connection;
    },
    retain(servers) {
      const wanted = new Set(Array.from(servers, (server) => JSON.stringify(server)));
      for (const [text, connection] of byText) if (!wanted.has(text)) connection.closeWhenIdle();
    },
    async close() {
      closed = true;
      await Promise.all(Array.from(byText.values(), (connection) => connection.close()));
    },
  };
}

function connectionOptions(options: UpstreamOptions, server: ServerDefinition): Omit<ConnectionOptions, "wire" | "onClosed"> {
  const { config, clock, logger, credentialFor } = options;
  return {
    server,
    config,
    clock,
    logger,
    client: options.client ?? { name: "toolgate", version: "0" },
    schedule: options.schedule ?? systemSchedule,
    onListingChanged: (kinds) => options.onListingChanged?.(server.id, kinds),
    credential: async () => {
      const headers = await credentialFor?.(server);
      if (headers === undefined) return { ok: true, value: {} };
      return headers.ok ? headers : failed("upstream.no_credential", headers.error.detail, false);
    },
  };
}

/** Where the server is, as a way to make its wire; or why it may not be reached at all. */
function wireFor(options: UpstreamOptions, server: ServerDefinition): Result<ConnectionOptions["wire"], UpstreamFailure> {
  const { transport } = server;
  switch (transport.kind) {
    case "http":
    case "sse":
      return networkWire(options, server, transport);
    case "stdio":
      return stdioWire(options, server, transport);
  }
}

function networkWire(
  options: UpstreamOptions,
  server: ServerDefinition,
  transport: HttpTransport | SseTransport,
): Result<ConnectionOptions["wire"], UpstreamFailure> {
  const url = httpPlace(transport, options.config.places);
  if (!url.ok) return url;
  const make: ConnectionOptions["wire"] = (events, onRestart) => {
    const common = {
      ...poolOptions(options, server, transport, url.value),
      clock: options.clock,
      schedule: options.schedule ?? systemSchedule,
      events: { ...events, onServerRequest: serverRequests(options, server) },
    };
    const wire =
      transport.kind === "http"
        ? new HttpWire({ ...common, asks: server.asks.length > 0 })
        : new SseWire({ ...common, maxMessageBytes: longestMessage(options, server), onRestart });
    return { wire, forgive: () => {} };
  };
  return { ok: true, value: make };
}

function poolOptions(
  { config, resolve }: UpstreamOptions,
  { maxConcurrent }: ServerDefinition,
  { hostClass }: Pick<HttpTransport, "hostClass">,
  url: URL,
): PoolOptions {
  return { url, lookup: classLookup(hostClass, resolve), maxConcurrent, config };
}

/** On a stream of many answers it is not known whose the one is that comes. */
function longestMessage({ config }: UpstreamOptions, { maxResultBytes }: ServerDefinition): number {
  return Math.max(maxResultBytes, config.list_max_bytes);
}

function stdioWire(
  options: UpstreamOptions,
  server: ServerDefinition,
  transport: StdioTransport,
): Result<ConnectionOptions["wire"], UpstreamFailure> {
  const command = stdioPlace(transport, options.config.places);
  if (!command.ok) return command;
  const make: ConnectionOptions["wire"] = (events, onRestart) => {
    const wire = new StdioWire({
      serverId: server.id,
      command: command.value,
      maxLineBytes: longestMessage(options, server),
      config: options.config.stdio,
      clock: options.clock,
      logger: options.logger,
      scrub: options.scrub ?? ((text) => text),
      schedule: options.schedule ?? systemSchedule,
      events: { ...events, onServerRequest: serverRequests(options, server) },
      onRestart,
    });
    return { wire, forgive: () => wire.forgive() };
  };
  return { ok: true, value: make };
}

function serverRequests({ onServerRequest, logger }: UpstreamOptions, server: ServerDefinition): WireEvents["onServerRequest"] {
  const questions = new Questions({
    server,
    onRefused: onServerRequest,
    onFault: (error) => logger.error({ server: server.id, error: wordsOf(error) }, "a question of a server could not be answered"),
  });
  return (asked) => questions.take(asked);
}

/** A server that cannot be reached at all, because its place is not what the bundle allows. */
function nowhere(server: ServerDefinition, error: UpstreamFailure): ServerConnection {
  const refused: Result<never, UpstreamFailure> = { ok: false, error };
  return {
    server,
    listing: (): Promise<Result<Listing, UpstreamFailure>> => Promise.resolve(refused),
    current: () => undefined,
    call: () => Promise.resolve(refused),
    watch: () => () => {},
    followElicitation: () => () => {},
  };
}

import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { type Outcome, parsed } from "./answer.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import type { UpstreamConfig } from "./config.ts";
import { type Failed, failed } from "./failure.ts";
import { readListing } from "./listing.ts";
import { ListingCache } from "./listing-cache.ts";
import { type CallTemplate, type ClientInfo, callBody, callTemplate, statelessMeta } from "./messages.ts";
import { type CredentialHeaders, Opener } from "./opener.ts";
import { headerValue, type ParamHeader, paramHeaders, paramHeaderValues } from "./param-headers.ts";
import { lostSession, outcomeOf } from "./status.ts";
import type { Listing, ServerConnection, UpstreamCall, UpstreamFailure, UpstreamReply } from "./upstream.ts";
import type { Link, Wire, WireAnswer, WireEvents } from "./wire.ts";
import { within } from "./within.ts";

export interface ConnectionOptions {
  readonly server: ServerDefinition;
  readonly config: UpstreamConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly client: ClientInfo;
  readonly credential: () => Promise<Result<CredentialHeaders, UpstreamFailure>>;
  /** Makes the wire, which tells what happens on it. */
  readonly wire: (
    events: Omit<WireEvents, "onServerRequest">,
    onRestart: () => void,
  ) => { readonly wire: Wire; readonly forgive: () => void };
  readonly onListingChanged: () => void;
  /** Nothing is under way any more, after `closeWhenIdle`. */
  readonly onClosed: () => void;
}

type Reply = Result<UpstreamReply, UpstreamFailure>;

/** The parts of a call that stay the same for one tool of one link. */
interface Route extends CallTemplate {
  readonly headers: readonly string[];
  readonly params: readonly ParamHeader[];
}

const UNSUPPORTED_VERSION = -32022;

/** One server behind the gateway: opened lazily, shared by everybody, with its bounds. */
export class Connection implements ServerConnection {
  readonly server: ServerDefinition;
  readonly #options: ConnectionOptions;
  readonly #wire: Wire;
  readonly #opener: Opener;
  readonly #listing: ListingCache;
  readonly #breaker: Breaker;
  readonly #meta: string;
  readonly #overHttp: boolean;
  #routes: { readonly link: Link | undefined; readonly listing: Listing | undefined; readonly byTool: Map<string, Route> };
  #lastId = 0;
  #inFlight = 0;
  #closing: "no" | "when_idle" | "closed" = "no";

  constructor(options: ConnectionOptions) {
    const { server, config, clock, logger, client, credential } = options;
    this.server = server;
    this.#options = options;
    this.#meta = statelessMeta(client);
    this.#breaker = createBreaker({ failures: config.breaker.failures, openMs: config.breaker.open_ms });
    const { wire, forgive } = options.wire(
      { onToolsChanged: () => this.#doubt(), onListeningAgain: () => this.#wake(), onLost: (detail) => this.#lost(detail) },
      () => this.#wake(),
    );
    this.#wire = wire;
    this.#overHttp = wire.kind === "http";
    const nextId = () => ++this.#lastId;
    const handshakeTimeoutMs = config.handshake_timeout_ms;
    this.#opener = new Opener({ server, wire, client, clock, logger, credential, nextId, forgive, handshakeTimeoutMs });
    this.#listing = new ListingCache({
      clock,
      refreshMs: config.refresh_ms,
      believeMs: config.believe_ms,
      read: () => this.#readListing(),
      onChange: options.onListingChanged,
    });
    this.#routes = { link: undefined, listing: undefined, byTool: new Map() };
  }

  listing(): Promise<Result<Listing, UpstreamFailure>> {
    return this.#closing === "closed" ? Promise.resolve(closed()) : this.#listing.get();
  }

  current(): Listing | undefined {
    return this.#closing === "closed" ? undefined : this.#listing.current();
  }

  async call(call: UpstreamCall): Promise<Reply> {
    const refused = this.#refuse(call);
    if (refused !== undefined) return refused;
    this.#inFlight++;
    try {
      const reply = await this.#run(call);
      this.#judge(call, reply);
      return reply;
    } finally {
      this.#inFlight--;
      if (this.#closing === "when_idle" && this.#inFlight === 0) void this.close();
    }
  }

  closeWhenIdle(): void {
    if (this.#closing !== "no") return;
    this.#closing = "when_idle";
    if (this.#inFlight === 0) void this.close();
  }

  /** The definition is wanted again before it was given up. False if it is too late. */
  keep(): boolean {
    if (this.#closing === "when_idle") this.#closing = "no";
    return this.#closing === "no";
  }

  async close(): Promise<void> {
    if (this.#closing === "closed") return;
    this.#closing = "closed";
    this.#options.onClosed();
    await this.#wire.close(this.#opener.link, this.#opener.credential);
  }

  #refuse(call: UpstreamCall): Failed | undefined {
    if (this.#closing === "closed") return closed();
    if (call.signal?.aborted === true) return failed("upstream.cancelled", "the caller gave up", false);
    if (this.#inFlight >= this.server.maxConcurrent) {
      return failed("upstream.busy", `${this.#inFlight} calls are under way, which is the limit`, false);
    }
    if (this.#breaker.enter(this.#options.clock.now())) return undefined;
    return failed("upstream.circuit_open", "the server did not answer the last calls; it is left alone for a while", false);
  }

  #judge(call: UpstreamCall, reply: Reply): void {
    if (reply.ok) {
      this.#breaker.succeeded();
      return;
    }
    const { code, dispatched } = reply.error;
    // A process that is being started again says so by itself; refusing for longer than that would only add to it.
    const away = code === "upstream.unavailable" && (dispatched || this.#overHttp);
    // A deadline shorter than the server's own, which one caller's policy may set, must not lock out the others.
    const counts = away || (code === "upstream.timeout" && call.timeoutMs >= this.server.timeoutMs);
    if (counts) this.#breaker.failedToAnswer(this.#options.clock.now());
    else if (dispatched && code !== "upstream.cancelled" && code !== "upstream.timeout") this.#breaker.succeeded();
    else this.#breaker.undecided();
  }

  #run(call: UpstreamCall): Promise<Reply> {
    const { link } = this.#opener;
    return link === undefined ? this.#openAndSend(call) : this.#send(call, link, call.timeoutMs, false);
  }

  async #openAndSend(call: UpstreamCall): Promise<Reply> {
    const startedAt = this.#options.clock.now();
    const opened = await within(this.#opener.open(), call.timeoutMs, call.signal);
    if (!opened.ok) return notDispatched(opened.error);
    const left = call.timeoutMs - (this.#options.clock.now() - startedAt);
    if (left <= 0) return failed("upstream.timeout", "opening the server took the whole time", false);
    return this.#send(call, opened.value, left, false);
  }

  async #send(call: UpstreamCall, link: Link, timeoutMs: number, again: boolean): Promise<Reply> {
    const id = ++this.#lastId;
    const route = this.#route(call.tool, link);
    const answer = await this.#wire.request({
      id,
      method: "tools/call",
      body: callBody(route, id, call.argsText, call.onProgress !== undefined),
      link,
      credential: call.credential,
      maxBytes: this.server.maxResultBytes,
      timeoutMs,
      signal: call.signal,
      headers: this.#overHttp ? callHeaders(route, call) : undefined,
      onDispatch: again ? undefined : call.onDispatch,
      onProgress: call.onProgress,
    });
    if (!answer.ok) return again ? { ok: false, error: { ...answer.error, dispatched: true } } : answer;
    if (!again && lostSession(answer.value, link)) return this.#sendAgain(call, link, timeoutMs);
    return this.#reply(answer.value, link, id);
  }

  /** The server forgot the session and did not look at the call. It may be another one now: what it offers is read before anything is sent. */
  async #sendAgain(call: UpstreamCall, lost: Link, timeoutMs: number): Promise<Reply> {
    const startedAt = this.#options.clock.now();
    const approved = this.#listing.last?.tools.get(call.tool)?.pin;
    this.#opener.drop(lost);
    this.#listing.doubt();
    const listing = await within(this.#listing.refresh(), timeoutMs, call.signal);
    if (!listing.ok) return { ok: false, error: { ...listing.error, dispatched: true } };
    const { link } = this.#opener;
    if (link === undefined || (approved !== undefined && listing.value.tools.get(call.tool)?.pin !== approved)) {
      return failed("upstream.unavailable", "the server lost the session, and its tool is not the same any more", true);
    }
    const left = timeoutMs - (this.#options.clock.now() - startedAt);
    if (left <= 0) return failed("upstream.timeout", "opening the server again took the whole time", true);
    return this.#send(call, link, left, true);
  }

  #reply(answer: WireAnswer, link: Link, id: number): Reply {
    const outcome = outcomeOf(answer, id);
    if (!outcome.ok) return outcome;
    const refused = this.#notAnAnswer(outcome.value, link);
    if (refused !== undefined) return refused;
    return ok({ era: link.era, status: answer.status, bytes: answer.bytes, outcome: outcome.value });
  }

  /**
   * What is well formed and still none that may be passed on. A question for input in a result would reach a client that
   * answers it, whatever era its server claims to be of.
   */
  #notAnAnswer(outcome: Outcome, link: Link): Failed | undefined {
    const stateless = link.era === "stateless";
    if (outcome.kind === "error") {
      if (!stateless || outcome.error.code !== UNSUPPORTED_VERSION) return undefined;
      this.#opener.forgetEra();
      this.#lost("the server no longer speaks the version that it offered", link);
      return failed("upstream.unavailable", `the server no longer speaks ${link.protocolVersion}`, true);
    }
    const kind = outcome.result.resultType;
    if (kind === "complete" || (kind === undefined && !stateless)) return undefined;
    const detail =
      kind === "input_required"
        ? "the server asked for input, which is not supported"
        : `the result has the type ${shown(kind)}, wanted "complete"`;
    return failed("upstream.invalid_answer", detail, true);
  }

  #route(tool: string, link: Link): Route {
    const listing = this.#listing.last;
    if (this.#routes.link !== link || this.#routes.listing !== listing) this.#routes = { link, listing, byTool: new Map() };
    const known = this.#routes.byTool.get(tool);
    if (known !== undefined) return known;
    const live = listing?.tools.get(tool);
    const stateless = link.era === "stateless" && this.#overHttp;
    const route: Route = {
      ...callTemplate(tool, link.era, this.#meta),
      headers: stateless ? ["mcp-method", "tools/call", "mcp-name", headerValue(tool)] : [],
      params: stateless && live !== undefined ? (paramHeaders(live.definition.inputSchema) ?? []) : [],
    };
    // Only what is listed is kept, so that made-up names cannot fill memory.
    if (live !== undefined) this.#routes.byTool.set(tool, route);
    return route;
  }

  async #readListing(): Promise<Result<Listing, UpstreamFailure>> {
    for (let attempt = 0; ; attempt++) {
      const opened = await this.#opener.open();
      if (!opened.ok) return opened;
      const link = opened.value;
      const read = await this.#readOnce(link);
      if (read.ok || this.#opener.link === link || attempt > 0) return read;
    }
  }

  #readOnce(link: Link): Promise<Result<Listing, UpstreamFailure>> {
    const { config, clock, logger } = this.#options;
    return readListing({
      serverId: this.server.id,
      wire: this.#wire,
      link,
      meta: this.#meta,
      credential: this.#opener.credential,
      config,
      timeoutMs: config.handshake_timeout_ms,
      nextId: () => ++this.#lastId,
      now: () => clock.now(),
      logger,
      onLost: () => this.#opener.drop(link),
    });
  }

  #doubt(): void {
    this.#listing.doubt();
    this.#wake();
  }

  #lost(detail: string, link: Link | undefined = this.#opener.link): void {
    this.#options.logger.info({ server: this.server.id, detail }, "the link to a server was lost");
    this.#opener.drop(link);
    this.#listing.doubt();
    if (this.#overHttp) this.#wake();
  }

  #wake(): void {
    if (this.#closing === "no") void this.#listing.refresh();
  }
}

function callHeaders(route: Route, call: UpstreamCall): string[] {
  const headers = ["toolgate-decision-id", call.decisionId, ...route.headers];
  if (route.params.length > 0) headers.push(...paramHeaderValues(route.params, parsed(call.argsText ?? "{}")));
  return headers;
}

function notDispatched(error: UpstreamFailure): Failed {
  return failed(error.code, error.detail, false);
}

function closed(): Failed {
  return failed("upstream.unavailable", "the connection is closed", false);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 40);
}

import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { Admission } from "./admission.ts";
import { Calls } from "./calls.ts";
import { declaredCapabilities } from "./capabilities.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { driveTask } from "./driven-task.ts";
import { Elicitations } from "./elicitations.ts";
import { type Failed, failed } from "./failure.ts";
import { readListing } from "./listing.ts";
import { ListingCache } from "./listing-cache.ts";
import { stillApproved } from "./listing-changes.ts";
import { type News, requestBody, statelessMeta } from "./messages.ts";
import { Opener } from "./opener.ts";
import { meaningOf } from "./outcomes.ts";
import { lostSession, outcomeOf } from "./status.ts";
import type { Listing, ServerConnection, UpstreamCall, UpstreamFailure, UpstreamReply } from "./upstream.ts";
import { Watching } from "./watching.ts";
import type { Link, Wire, WireAnswer, WireRequest } from "./wire.ts";
import { within } from "./within.ts";

type Reply = Result<UpstreamReply, UpstreamFailure>;

const UNSUPPORTED_VERSION = -32022;
/** A server that keeps saying that its lists changed is not asked for them more often because of that. */
const NEWS_MS = 1_000;
const SET_LEVEL_BYTES = 65_536;
const SET_LEVEL_MS = 5_000;

/** One server behind the gateway: opened lazily, shared by everybody, with its bounds. */
export class Connection implements ServerConnection {
  readonly server: ServerDefinition;
  readonly #options: ConnectionOptions;
  readonly #wire: Wire;
  readonly #opener: Opener;
  readonly #listing: ListingCache;
  readonly #watching: Watching;
  readonly #elicitations = new Elicitations();
  readonly #calls: Calls;
  readonly #admission: Admission;
  /** What requests of our own carry for a stateless server. */
  readonly #meta: string;
  readonly #overHttp: boolean;
  /** The link whose server was asked for all its log messages. */
  #levelled: Link | undefined;
  #newsAt = 0;
  #lookAgain: (() => void) | undefined;
  #lastId = 0;
  #closing: "no" | "when_idle" | "closed" = "no";

  constructor(options: ConnectionOptions) {
    const { server, config, clock, logger, client, credential } = options;
    this.server = server;
    this.#options = options;
    this.#meta = statelessMeta(client, declaredCapabilities(server));
    const { wire, forgive } = options.wire(
      { onNews: (news) => this.#heard(news), onListeningAgain: () => this.#wake(), onLost: (detail) => this.#lost(detail) },
      () => this.#wake(),
    );
    this.#wire = wire;
    this.#overHttp = wire.kind === "http";
    const { breaker, pool_connections: connections } = config;
    this.#admission = new Admission({ server, clock, breaker, overHttp: this.#overHttp, connections });
    this.#calls = new Calls({ server, client, overHttp: wire.kind !== "stdio" });
    const nextId = () => ++this.#lastId;
    this.#watching = new Watching({
      wire,
      schedule: options.schedule,
      asks: server.asks.length > 0,
      nextId,
      meta: this.#meta,
      link: () => this.#opener.link,
      credential: () => this.#opener.credential,
      open: () => this.#wake(),
      onLost: (link) => this.#lost("the server no longer knows the session", link),
    });
    const handshakeTimeoutMs = config.handshake_timeout_ms;
    const onOpened = (link: Link) => this.#watching.opened(link);
    this.#opener = new Opener({ server, wire, client, clock, logger, credential, nextId, forgive, handshakeTimeoutMs, onOpened });
    this.#listing = new ListingCache({
      clock,
      refreshMs: config.refresh_ms,
      believeMs: config.believe_ms,
      read: () => this.#readListing(),
      onChange: options.onListingChanged,
    });
  }

  listing(): Promise<Result<Listing, UpstreamFailure>> {
    return this.#closing === "closed" ? Promise.resolve(closed()) : this.#listing.get();
  }

  current(): Listing | undefined {
    return this.#closing === "closed" ? undefined : this.#listing.current();
  }

  watch(uri: string, onUpdated: () => void): () => void {
    return this.#closing === "closed" ? () => {} : this.#watching.watch(uri, onUpdated);
  }

  followElicitation(id: string, onDone: () => void): () => void {
    return this.#closing === "closed" ? () => {} : this.#elicitations.follow(id, onDone);
  }

  async call(call: UpstreamCall): Promise<Reply> {
    if (this.#closing === "closed") return closed();
    const refused = this.#admission.enter(call);
    if (refused !== undefined) return refused;
    let reply: Reply | undefined;
    try {
      reply = await this.#run(call);
      return reply;
    } finally {
      this.#admission.leave(call, reply);
      if (this.#closing === "when_idle" && this.#admission.idle) void this.close();
    }
  }

  closeWhenIdle(): void {
    if (this.#closing !== "no") return;
    this.#closing = "when_idle";
    if (this.#admission.idle) void this.close();
  }

  /** The definition is wanted again before it was given up. False if it is too late. */
  keep(): boolean {
    if (this.#closing === "when_idle") this.#closing = "no";
    return this.#closing === "no";
  }

  async close(): Promise<void> {
    if (this.#closing === "closed") return;
    this.#closing = "closed";
    this.#watching.close();
    this.#lookAgain?.();
    this.#options.onClosed();
    await this.#wire.close(this.#opener.link, this.#opener.credential);
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
    if (call.resumed !== undefined && link.era !== "stateless") {
      return failed("upstream.unavailable", "the server is of another era than the one that asked", again);
    }
    if (call.onLog !== undefined) this.#askForLogs(call, link);
    const id = ++this.#lastId;
    const request = this.#calls.request(call, link, this.#listing.last, id, timeoutMs, again);
    const answer = await (request.asTask === true ? this.#drive(request, link) : this.#wire.request(request));
    if (!answer.ok) return again ? { ok: false, error: { ...answer.error, dispatched: true } } : answer;
    if (!again && lostSession(answer.value, link)) return this.#sendAgain(call, link, timeoutMs);
    return this.#reply(call, answer.value, link, answer.value.id ?? id);
  }

  #drive(request: WireRequest, link: Link): Promise<Result<WireAnswer, UpstreamFailure>> {
    const { schedule } = this.#options;
    const stands = () => this.#opener.link === link;
    const onLost = () => this.#lost("the server no longer knows the session", link);
    return driveTask(request, { wire: this.#wire, link, schedule, nextId: () => ++this.#lastId, stands, onLost });
  }

  /** Servers with sessions keep one level for all clients of the link, so they are asked for everything. Nobody waits for it. */
  #askForLogs(call: UpstreamCall, link: Link): void {
    if (link.era !== "session" || !this.#overHttp || !link.offers.logging || this.#levelled === link) return;
    this.#levelled = link;
    const id = ++this.#lastId;
    const method = "logging/setLevel";
    const body = requestBody(id, method, '"level":"debug"', "");
    const { credential } = call;
    void this.#wire.request({ id, method, body, link, credential, maxBytes: SET_LEVEL_BYTES, timeoutMs: SET_LEVEL_MS });
  }

  /** The server forgot the session and did not look at the call. It may be another one now: what it offers is read before anything is sent. */
  async #sendAgain(call: UpstreamCall, lost: Link, timeoutMs: number): Promise<Reply> {
    const startedAt = this.#options.clock.now();
    const before = this.#listing.last;
    this.#opener.drop(lost);
    this.#listing.doubt();
    const listing = await within(this.#listing.refresh(), timeoutMs, call.signal);
    if (!listing.ok) return { ok: false, error: { ...listing.error, dispatched: true } };
    const { link } = this.#opener;
    if (link === undefined || !stillApproved(call.ask, before, listing.value)) {
      return failed("upstream.unavailable", "the server lost the session, and what it offers is not the same any more", true);
    }
    const left = timeoutMs - (this.#options.clock.now() - startedAt);
    if (left <= 0) return failed("upstream.timeout", "opening the server again took the whole time", true);
    return this.#send(call, link, left, true);
  }

  #reply(call: UpstreamCall, answer: WireAnswer, link: Link, id: number): Reply {
    const outcome = outcomeOf(answer, id);
    if (!outcome.ok) return outcome;
    if (outcome.value.kind === "error" && link.era === "stateless" && outcome.value.error.code === UNSUPPORTED_VERSION) {
      this.#opener.forgetEra();
      this.#lost("the server no longer speaks the version that it offered", link);
      return failed("upstream.unavailable", `the server no longer speaks ${link.protocolVersion}`, true);
    }
    const meaning = meaningOf(outcome.value, { server: this.server, link, call, answer });
    if (!meaning.ok) return meaning;
    return ok({ era: link.era, status: answer.status, bytes: answer.bytes, outcome: meaning.value });
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
      server: this.server,
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

  #heard(news: News): void {
    if (news.kind === "resource_updated") {
      this.#watching.updated(news.uri);
      return;
    }
    if (news.kind === "elicitation_done") {
      if (this.#opener.link?.era === "session") this.#elicitations.done(news.id);
      return;
    }
    this.#listing.doubt();
    const now = this.#options.clock.now();
    const wait = this.#newsAt + NEWS_MS - now;
    if (wait <= 0) {
      this.#newsAt = now;
      this.#wake();
    } else this.#lookAgain ??= this.#options.schedule(() => this.#look(), wait);
  }

  #look(): void {
    this.#lookAgain = undefined;
    this.#newsAt = this.#options.clock.now();
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

function notDispatched(error: UpstreamFailure): Failed {
  return failed(error.code, error.detail, false);
}

function closed(): Failed {
  return failed("upstream.unavailable", "the connection is closed", false);
}

import type { Members } from "./answer.ts";
import { requestBody } from "./messages.ts";
import { lostSession } from "./status.ts";
import { backOff, type Link, type Schedule, type Wire } from "./wire.ts";

export interface WatchingOptions {
  readonly wire: Wire;
  readonly schedule: Schedule;
  /** Whether the server may ask clients anything: with sessions it may do so on the stream on which it speaks unasked. */
  readonly asks: boolean;
  readonly nextId: () => number;
  /** Members of `_meta` for a stateless server. */
  readonly meta: string;
  /** The link that stands, and the credential it was opened with. */
  readonly link: () => Link | undefined;
  readonly credential: () => Readonly<Record<string, string>>;
  /** Opens the server, if it is not open. */
  readonly open: () => void;
  /** The server no longer knows the session of the link. */
  readonly onLost: (link: Link) => void;
}

const SUBSCRIBE_MS = 5_000;
const ANSWER_BYTES = 65_536;
const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** News of one resource is told so often at most: each is judged and recorded for each who watches, and a server has many words. */
const NEWS_MS = 1_000;
/** A stream that neither stands nor is refused by then is not waited for. */
const STANDING_MS = 5_000;

/** What the server says unasked: the stream it comes on, and the resources that somebody watches. */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #watchers = new Map<string, Set<() => void>>();
  /** What was told of lately, and whether there is more to tell. */
  readonly #recent = new Map<string, { again: boolean }>();
  /** Sessions: what this link was told that we watch. */
  readonly #told = new Set<string>();
  #tellingOf: Link | undefined;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  /** Stateless: what the stream was opened for, or is being opened for. */
  #heard: { readonly link: Link; readonly text: string } | undefined;
  #opening = false;
  #due = false;
  #over = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  watch(uri: string, onUpdated: () => void): () => void {
    // One entry a call, so that one function given twice is two watchers.
    const watcher = () => onUpdated();
    const watchers = this.#watchers.get(uri);
    if (watchers !== undefined) watchers.add(watcher);
    else {
      this.#watchers.set(uri, new Set([watcher]));
      this.#change();
    }
    return () => {
      const left = this.#watchers.get(uri);
      if (left?.delete(watcher) !== true || left.size > 0) return;
      this.#watchers.delete(uri);
      this.#change();
    };
  }

  /** The server says that this resource changed. */
  updated(uri: string): void {
    const watchers = this.#watchers.get(uri);
    if (watchers === undefined) return;
    const told = this.#recent.get(uri);
    if (told !== undefined) {
      told.again = true;
      return;
    }
    const recent = { again: false };
    this.#recent.set(uri, recent);
    this.#options.schedule(() => {
      this.#recent.delete(uri);
      if (recent.again) this.updated(uri);
    }, NEWS_MS);
    for (const watcher of [...watchers]) watcher();
  }

  /** A link stands: everything is asked for anew. */
  opened(link: Link): void {
    this.#told.clear();
    this.#heard = undefined;
    this.#opening = false;
    this.#failures = 0;
    this.#bring(link);
  }

  close(): void {
    this.#over = true;
    this.#watchers.clear();
    this.#cancelRetry?.();
  }

  #change(): void {
    if (this.#over || this.#due) return;
    this.#due = true;
    // Several changes at once are one.
    queueMicrotask(() => {
      this.#due = false;
      const link = this.#options.link();
      if (link !== undefined) this.#bring(link);
      else if (this.#watchers.size > 0) this.#options.open();
    });
  }

  #bring(link: Link): void {
    if (this.#over) return;
    this.#listen(link);
    if (link.era === "session" && link.offers.subscriptions) void this.#subscribe(link);
  }

  /** Opens the stream for what is to be heard, one opening at a time. */
  #listen(link: Link): void {
    const filter = this.#filter(link);
    const text = filter === undefined ? "" : link.era === "session" ? "stream" : JSON.stringify(filter);
    if (this.#opening || (this.#heard?.link === link && this.#heard.text === text)) return;
    const { wire, credential, nextId, meta, schedule } = this.#options;
    const heard = { link, text };
    this.#heard = heard;
    if (filter === undefined) {
      wire.listen(undefined);
      return;
    }
    this.#opening = true;
    const onStanding = () => {
      cancel();
      if (!this.#opening || this.#heard !== heard) return;
      this.#opening = false;
      // What changed meanwhile.
      if (this.#options.link() === link) this.#bring(link);
    };
    const cancel = schedule(onStanding, STANDING_MS);
    const id = nextId();
    const subscription = { id, body: requestBody(id, "subscriptions/listen", `"notifications":${text}`, meta) };
    wire.listen({ link, credential: credential(), onStanding, ...(link.era === "stateless" ? { subscription } : {}) });
  }

  /** What is to be heard, in the words of `subscriptions/listen`; undefined if nothing is. */
  #filter({ era, tells, offers }: Link): Members | undefined {
    const uris = offers.subscriptions ? [...this.#watchers.keys()] : [];
    const filter = {
      ...(tells.tools ? { toolsListChanged: true } : {}),
      ...(tells.prompts ? { promptsListChanged: true } : {}),
      ...(tells.resources ? { resourcesListChanged: true } : {}),
      ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
    };
    const mayAsk = era === "session" && this.#options.asks;
    return Object.keys(filter).length === 0 && !mayAsk ? undefined : filter;
  }

  /** Brings what the server was told to what is watched, one request after the other, so that none overtakes another. */
  async #subscribe(link: Link): Promise<void> {
    if (this.#tellingOf === link) return;
    this.#tellingOf = link;
    this.#cancelRetry?.();
    for (;;) {
      const next = this.#next();
      if (next === undefined || this.#over || this.#options.link() !== link) break;
      const taken = await this.#tell(link, next.method, next.uri);
      if (this.#options.link() !== link) break;
      if (!taken) {
        this.#retryLater(link);
        break;
      }
      this.#failures = 0;
      if (next.method === "resources/subscribe") this.#told.add(next.uri);
      else this.#told.delete(next.uri);
    }
    if (this.#tellingOf === link) this.#tellingOf = undefined;
  }

  #next(): { readonly method: "resources/subscribe" | "resources/unsubscribe"; readonly uri: string } | undefined {
    for (const uri of this.#told) if (!this.#watchers.has(uri)) return { method: "resources/unsubscribe", uri };
    for (const uri of this.#watchers.keys()) if (!this.#told.has(uri)) return { method: "resources/subscribe", uri };
    return undefined;
  }

  /** False if the server cannot be reached. One that refuses is not asked again on this link. */
  async #tell(link: Link, method: string, uri: string): Promise<boolean> {
    const { wire, nextId, credential } = this.#options;
    const id = nextId();
    const answer = await wire.request({
      id,
      method,
      body: requestBody(id, method, `"uri":${JSON.stringify(uri)}`, ""),
      link,
      credential: credential(),
      maxBytes: ANSWER_BYTES,
      timeoutMs: SUBSCRIBE_MS,
    });
    if (!answer.ok) return false;
    if (lostSession(answer.value, link)) this.#options.onLost(link);
    return answer.value.status < 500;
  }

  #retryLater(link: Link): void {
    const again = () => {
      if (this.#options.link() === link) this.#bring(link);
    };
    this.#cancelRetry = this.#options.schedule(again, backOff(this.#failures++, RETRY_BASE_MS, RETRY_MAX_MS));
  }
}

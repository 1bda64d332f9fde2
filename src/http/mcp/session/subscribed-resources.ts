import type { Exchange } from "../../../gateway/index.ts";
import { notificationText } from "../answer.ts";
import type { Sink } from "../streams/index.ts";
import { AGGREGATE, type Door } from "../visit.ts";

/** What the news stream of one session watches: the resources that the session is subscribed to, wherever it said so. */
export class SubscribedResources {
  readonly #door: Door;
  #exchange: Exchange;
  readonly #sink: Sink;
  readonly #onGone: () => void;
  readonly #watched = new Map<string, () => void>();
  #stopped = false;

  constructor(door: Door, exchange: Exchange, sink: Sink, onGone: () => void) {
    this.#door = door;
    this.#exchange = exchange;
    this.#sink = sink;
    this.#onGone = onGone;
  }

  /** Watches exactly these from now on. */
  follow(uris: readonly string[]): void {
    if (this.#stopped) return;
    const wanted = new Set(uris);
    for (const [uri, stop] of this.#watched) {
      if (wanted.has(uri)) continue;
      stop();
      this.#watched.delete(uri);
    }
    for (const uri of wanted) if (!this.#watched.has(uri)) this.#watch(uri);
  }

  /** Reads from the session what to watch; it was changed through some replica, or may have ended. Counts as use of it. */
  async refresh(): Promise<void> {
    const { session, caller, serverId } = this.#exchange;
    if (session === undefined) return;
    try {
      const found = await this.#door.sessions.find(session.id, caller.key, serverId ?? AGGREGATE, this.#door.clock.now());
      if (found === undefined) this.#onGone();
      else this.follow(found.subscriptions);
    } catch (error) {
      this.#door.logger.warn({ error: String(error) }, "the subscriptions of a session could not be read; its stream watches what it did");
    }
  }

  /** Whoever came back watches with its token of today; what ended with the one before begins anew. */
  renew(exchange: Exchange): void {
    if (this.#stopped) return;
    this.#exchange = exchange;
    const uris = [...this.#watched.keys()];
    this.follow([]);
    this.follow(uris);
    void this.refresh();
  }

  stop(): void {
    this.follow([]);
    this.#stopped = true;
  }

  #watch(uri: string): void {
    const updated = notificationText("notifications/resources/updated", { uri });
    const stop = this.#door.watches.watch(
      this.#exchange,
      uri,
      () => this.#sink.send(updated),
      () => this.#watched.delete(uri),
    );
    if (stop !== undefined) this.#watched.set(uri, stop);
  }
}

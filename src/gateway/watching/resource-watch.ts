import { isInUse } from "../../core/server.ts";
import { parseUri } from "../../core/uri.ts";
import type { Answer, Exchange } from "../gateway.ts";
import type { Parts } from "../parts.ts";
import { judgeNews, judgeStill } from "./subscribe.ts";

/** One caller that hears of the changes of one resource, for as long as policy lets it. */
export class ResourceWatch {
  readonly #parts: Parts;
  readonly #exchange: Exchange;
  readonly #uri: string;
  readonly #listener: () => void;
  readonly #onRefused: () => void;
  #unwatch: () => void = () => {};
  #over = false;
  /** News is judged one by one; what comes meanwhile is one piece of news. */
  #judging = false;
  #news = false;

  constructor(parts: Parts, exchange: Exchange, uri: string, listener: () => void, onRefused: () => void) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.#uri = uri;
    this.#listener = listener;
    this.#onRefused = onRefused;
    this.#attach();
  }

  stop(): void {
    this.#over = true;
    this.#unwatch();
  }

  /** After a swap or a quarantine: the owner may be another server now, and the caller may no longer be allowed. */
  recheck(): void {
    if (this.#over) return;
    this.#attach();
    void this.#judge(judgeStill);
  }

  /** At the server that owns the URI now. The new watch is taken before the old one is left, so that a shared one stays. */
  #attach(): void {
    const leave = this.#unwatch;
    const target = this.#target();
    this.#unwatch = target ? this.#parts.upstream.connect(target.server).watch(target.uri.text, () => this.#heard()) : () => {};
    leave();
  }

  #target() {
    const uri = parseUri(this.#uri);
    const generation = this.#parts.generations.for(this.#exchange.caller.token);
    const target = uri.ok ? generation?.targets.resource(this.#exchange.serverId, uri.value) : undefined;
    if (!target || !isInUse(target.server)) return undefined;
    // What is quarantined is not listened to: its server is left alone.
    return this.#parts.quarantine.target(target.server.id, target.id) ? undefined : target;
  }

  #heard(): void {
    if (this.#over) return;
    this.#news = true;
    if (!this.#judging) void this.#tell();
  }

  async #tell(): Promise<void> {
    this.#judging = true;
    while (this.#news && !this.#over) {
      this.#news = false;
      if ((await this.#judge(judgeNews)) && !this.#over) this.#told(this.#listener);
    }
    this.#judging = false;
  }

  /** What a listener throws must not end the telling. */
  #told(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#parts.logger.error({ error: String(error) }, "a watcher of a resource failed");
    }
  }

  /** Whether it may hear of it at this moment. A refusal ends the watch; a server or a log that is away does not. */
  async #judge(ask: (parts: Parts, exchange: Exchange, uri: string) => Promise<Answer>): Promise<boolean> {
    try {
      if (this.#exchange.caller.token.expiresAt <= this.#parts.clock.now()) {
        this.#refuse();
        return false;
      }
      const answer = await ask(this.#parts, this.#exchange, this.#uri);
      if (isForGood(answer)) this.#refuse();
      return answer.kind === "result";
    } catch (error) {
      this.#parts.logger.error({ error: String(error) }, "a change of a resource could not be judged");
      return false;
    }
  }

  #refuse(): void {
    if (this.#over) return;
    this.stop();
    this.#told(this.#onRefused);
  }
}

function isForGood(answer: Answer): boolean {
  if (answer.kind !== "refused") return answer.kind !== "result";
  return !answer.reasons.some(({ code }) => code.startsWith("upstream.") || code.startsWith("gateway."));
}

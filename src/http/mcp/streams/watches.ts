import type { Exchange, Gateway } from "../../../gateway/index.ts";

/** The resources whose changes callers of this process want to hear of: bounded for each caller. */
export class Watches {
  readonly #gateway: Gateway;
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(gateway: Gateway, most: number) {
    this.#gateway = gateway;
    this.#most = most;
  }

  /** Whether this caller may watch so many more. */
  hasRoom(callerKey: string, more: number): boolean {
    return this.countOf(callerKey) + more <= this.#most;
  }

  countOf(callerKey: string): number {
    return this.#counts.get(callerKey) ?? 0;
  }

  /** The function given back stops it; a refusal stops it as well. `undefined` when the caller watches as many as it may. */
  watch(exchange: Exchange, uri: string, listener: () => void, onRefused: () => void = () => {}): (() => void) | undefined {
    const { key } = exchange.caller;
    if (!this.hasRoom(key, 1)) return undefined;
    this.#counts.set(key, this.countOf(key) + 1);
    let watching = true;
    const stop = () => {
      if (!watching) return;
      watching = false;
      unwatch?.();
      const left = this.countOf(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
    let unwatch: (() => void) | undefined;
    unwatch = this.#gateway.watch(
      exchange,
      uri,
      () => {
        if (watching) listener();
      },
      () => {
        if (!watching) return;
        stop();
        onRefused();
      },
    );
    if (!watching) unwatch();
    return stop;
  }
}

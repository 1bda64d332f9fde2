import type { Large } from "./large.ts";
import type { Outcome } from "./load.ts";
import { type Decided, decidedOf, decidedSince } from "./metrics.ts";
import type { Options } from "./options.ts";
import { type Running, residentMegabytes } from "./processes.ts";
import { OPEN_RATE, type Turn, Turns } from "./turns.ts";

/** Floor and gates taking turns, so that whatever else the machine does meets all of them alike. */

export const gateNames = ["memory", "forgetful", "redis", "always"] as const;
/** Gates that only tell what one setting costs; they take fewer turns. */
const asides: ReadonlySet<string> = new Set(["always", "forgetful"]);
export type GateName = (typeof gateNames)[number];
export type TargetName = GateName | "floor";

export interface Target {
  readonly name: TargetName;
  readonly process: Running;
}

/** A turn of the floor and the turn of a gate right after it. */
export interface Pair {
  readonly floor: Turn;
  readonly gate: Turn;
}

export interface OpenPair {
  readonly floor: Outcome;
  readonly gate: Outcome;
}

export interface Measured {
  readonly closed: Readonly<Record<GateName, readonly Pair[]>>;
  readonly open: Readonly<Record<GateName, readonly OpenPair[]>>;
  /** Where each gate's decisions came from after it was warm. */
  readonly decided: ReadonlyMap<TargetName, Decided>;
  /** Calls that were sent to each target, all of them answered as they should be. */
  readonly sent: ReadonlyMap<TargetName, number>;
  /** Megabytes, at the end of the load. */
  readonly rss: ReadonlyMap<TargetName, number>;
  /** On the gate with the memory store; absent where it took no part. */
  readonly large?: Large;
  /** Kilobytes of that gate for each stream that is only open. */
  readonly idleStreamKb?: number;
}

export class Bench {
  readonly #targets: ReadonlyMap<TargetName, Running>;
  readonly #turns: Turns;
  readonly #options: Options;
  readonly #progress: (line: string) => void;

  constructor(load: Running, targets: readonly Target[], options: Options, progress: (line: string) => void) {
    this.#targets = new Map(targets.map(({ name, process }) => [name, process]));
    this.#turns = new Turns(load, this.#targets);
    this.#options = options;
    this.#progress = progress;
  }

  async run(bearers: readonly string[]): Promise<Measured> {
    for (const name of this.#targets.keys()) await this.#turns.open(name, bearers, name !== "floor");
    for (const name of this.#targets.keys()) {
      this.#progress(`warming up ${name}`);
      // The floor is small and has had its time before the first turn anyway; what waits for the disk is the disk.
      await this.#turns.closed(name, this.#options.warmS * (name === "memory" || name === "redis" ? 1 : 0.3));
    }
    const warm = await this.#decided();
    const closed = await this.#closedRounds();
    const open = await this.#openRounds();
    const rss = new Map([...this.#targets].map(([name, { pid }]) => [name, residentMegabytes(pid)]));
    const decided = new Map([...(await this.#decided())].map(([name, now]) => [name, decidedSince(warm.get(name), now)]));
    // The load knows targets by any name; these are all that it was told.
    const sent = new Map([...this.#targets.keys()].map((name) => [name, this.#turns.sent.get(name) ?? 0]));
    return { closed, open, decided, sent, rss };
  }

  async #decided(): Promise<ReadonlyMap<TargetName, Decided>> {
    const gates = [...this.#targets].filter(([name]) => name !== "floor");
    return new Map(await Promise.all(gates.map(async ([name, { url }]) => [name, await decidedOf(url)] as const)));
  }

  async #closedRounds(): Promise<Measured["closed"]> {
    const closed: Record<GateName, Pair[]> = { memory: [], forgetful: [], redis: [], always: [] };
    const { rounds, alwaysRounds, turnS } = this.#options;
    for (let round = 0; round < rounds; round++) {
      for (const name of gateNames) {
        if (!this.#targets.has(name) || (asides.has(name) && round >= alwaysRounds)) continue;
        const floor = await this.#turns.closed("floor", turnS);
        const gate = await this.#turns.closed(name, turnS);
        closed[name].push({ floor, gate });
        this.#progress(
          `round ${round + 1}/${rounds}: floor ${floor.calls_per_s.toFixed(0)}/s, ${name} ${gate.calls_per_s.toFixed(0)}/s, ` +
            `${(gate.calls_per_s / floor.calls_per_s).toFixed(2)}, ${gate.cpu_us_per_call.toFixed(0)} µs a call`,
        );
      }
    }
    return closed;
  }

  async #openRounds(): Promise<Measured["open"]> {
    const open: Record<GateName, OpenPair[]> = { memory: [], forgetful: [], redis: [], always: [] };
    const { openRounds, openS, leadS, openAsides } = this.#options;
    for (let round = 0; round < openRounds; round++) {
      for (const name of gateNames) {
        // What waits for the disk is measured once: its latency is the disk's.
        if (!this.#targets.has(name) || (asides.has(name) && (round > 0 || !openAsides))) continue;
        const floor = await this.#turns.paced("floor", leadS, openS);
        const gate = await this.#turns.paced(name, leadS, openS);
        open[name].push({ floor, gate });
        this.#progress(
          `${OPEN_RATE}/s: floor ${floor.p50_ms.toFixed(2)} / ${floor.p99_ms.toFixed(2)} ms, ` +
            `${name} ${gate.p50_ms.toFixed(2)} / ${gate.p99_ms.toFixed(2)} ms`,
        );
      }
    }
    return open;
  }
}

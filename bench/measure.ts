import type { Large } from "./large.ts";
import type { Order, Outcome } from "./load.ts";
import type { Options } from "./options.ts";
import { cpuMicroseconds, type Running, residentMegabytes } from "./processes.ts";

/** Floor and gates taking turns, so that whatever else the machine does meets all of them alike. */

export const gateNames = ["memory", "redis", "always", "forgetful"] as const;
/** Gates that only tell what one setting costs; they take fewer turns. */
const asides: ReadonlySet<string> = new Set(["always", "forgetful"]);
export type GateName = (typeof gateNames)[number];
export type TargetName = GateName | "floor";

export interface Target {
  readonly name: TargetName;
  readonly process: Running;
}

/** One turn: as many calls as 16 connections carry. */
export interface Turn {
  readonly calls_per_s: number;
  readonly cpu_us_per_call: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
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
  /** Calls that were sent to each target, all of them answered as they should be. */
  readonly sent: ReadonlyMap<TargetName, number>;
  /** Megabytes, at the end of the load. */
  readonly rss: ReadonlyMap<TargetName, number>;
  /** On the gate with the memory store; absent where it took no part. */
  readonly large?: Large;
  /** Kilobytes of that gate for each stream that is only open. */
  readonly idleStreamKb?: number;
}

export const CONNECTIONS = 16;
export const OPEN_RATE = 500;

export class Bench {
  readonly #load: Running;
  readonly #targets: ReadonlyMap<TargetName, Running>;
  readonly #options: Options;
  readonly #progress: (line: string) => void;
  readonly #sent = new Map<TargetName, number>();

  constructor(load: Running, targets: readonly Target[], options: Options, progress: (line: string) => void) {
    this.#load = load;
    this.#targets = new Map(targets.map(({ name, process }) => [name, process]));
    this.#options = options;
    this.#progress = progress;
  }

  async run(bearers: readonly string[]): Promise<Measured> {
    for (const [name, { url }] of this.#targets) {
      await this.#order({ kind: "target", name, port: Number(new URL(url).port), bearers, sessions: name !== "floor" });
    }
    for (const name of this.#targets.keys()) {
      this.#progress(`warming up ${name}`);
      // The floor is small and has had its time before the first turn anyway; what waits for the disk is the disk.
      await this.#closed(name, this.#options.warmS * (name === "memory" || name === "redis" ? 1 : 0.3));
    }
    const closed = await this.#closedRounds();
    const open = await this.#openRounds();
    const rss = new Map([...this.#targets].map(([name, { pid }]) => [name, residentMegabytes(pid)]));
    return { closed, open, sent: this.#sent, rss };
  }

  async #closedRounds(): Promise<Measured["closed"]> {
    const closed: Record<GateName, Pair[]> = { memory: [], redis: [], always: [], forgetful: [] };
    const { rounds, alwaysRounds, turnS } = this.#options;
    for (let round = 0; round < rounds; round++) {
      for (const name of gateNames) {
        if (!this.#targets.has(name) || (asides.has(name) && round >= alwaysRounds)) continue;
        const floor = await this.#closed("floor", turnS);
        const gate = await this.#closed(name, turnS);
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
    const open: Record<GateName, OpenPair[]> = { memory: [], redis: [], always: [], forgetful: [] };
    const { openRounds, openS, leadS, openAsides } = this.#options;
    const order = async (name: string) => {
      await this.#order({ kind: "open", name, rate: OPEN_RATE, ms: leadS * 1000 });
      return await this.#order({ kind: "open", name, rate: OPEN_RATE, ms: openS * 1000 });
    };
    for (let round = 0; round < openRounds; round++) {
      for (const name of gateNames) {
        // What waits for the disk is measured once: its latency is the disk's.
        if (!this.#targets.has(name) || (asides.has(name) && (round > 0 || !openAsides))) continue;
        const floor = await order("floor");
        const gate = await order(name);
        open[name].push({ floor, gate });
        this.#progress(
          `${OPEN_RATE}/s: floor ${floor.p50_ms.toFixed(2)} / ${floor.p99_ms.toFixed(2)} ms, ` +
            `${name} ${gate.p50_ms.toFixed(2)} / ${gate.p99_ms.toFixed(2)} ms`,
        );
      }
    }
    return open;
  }

  /** The calls of a turn are not cut off: the last one of each connection is waited for. */
  async #closed(name: TargetName, seconds: number): Promise<Turn> {
    const pid = this.#targets.get(name)?.pid ?? 0;
    const before = cpuMicroseconds(pid);
    const { calls, ms, p50_ms, p99_ms } = await this.#order({ kind: "closed", name, connections: CONNECTIONS, ms: seconds * 1000 });
    const cpu = cpuMicroseconds(pid) - before;
    return { calls_per_s: (calls / ms) * 1000, cpu_us_per_call: cpu / calls, p50_ms, p99_ms };
  }

  /** Throws when one answer was not the one that was due. */
  async #order(order: Order & { readonly name: string }): Promise<Outcome> {
    const outcome = await this.#load.ask<Outcome>(order);
    if (outcome.failure !== undefined) throw new Error(`${order.name} answered what it should not: ${outcome.failure}`);
    const name = order.name as TargetName;
    this.#sent.set(name, (this.#sent.get(name) ?? 0) + outcome.calls);
    return outcome;
  }
}

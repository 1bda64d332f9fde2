import type { Order, Outcome } from "./load.ts";
import { cpuMicroseconds, type Running } from "./processes.ts";

/** Orders to the load, one at a time, each on one target. */

/** One turn: as many calls as 16 connections carry. */
export interface Turn {
  readonly calls_per_s: number;
  readonly cpu_us_per_call: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

export const CONNECTIONS = 16;
export const OPEN_RATE = 500;

export class Turns {
  readonly #load: Running;
  readonly #targets: ReadonlyMap<string, Running>;
  readonly #sent = new Map<string, number>();

  constructor(load: Running, targets: ReadonlyMap<string, Running>) {
    this.#load = load;
    this.#targets = targets;
  }

  /** Calls that were sent to each target so far, all of them answered as they should be. */
  get sent(): ReadonlyMap<string, number> {
    return this.#sent;
  }

  /** Makes everybody known to a target, with a session for each where `sessions` is set. */
  async open(name: string, bearers: readonly string[], sessions = true): Promise<void> {
    await this.#order({ kind: "target", name, port: Number(new URL(this.#running(name).url).port), bearers, sessions });
  }

  /** The calls of a turn are not cut off: the last one of each connection is waited for. */
  async closed(name: string, seconds: number): Promise<Turn> {
    const { pid } = this.#running(name);
    const before = cpuMicroseconds(pid);
    const { calls, ms, p50_ms, p99_ms } = await this.#order({ kind: "closed", name, connections: CONNECTIONS, ms: seconds * 1000 });
    const cpu = cpuMicroseconds(pid) - before;
    return { calls_per_s: (calls / ms) * 1000, cpu_us_per_call: cpu / calls, p50_ms, p99_ms };
  }

  /** Calls at the fixed rate; what comes in the first `leadS` seconds does not count. */
  async paced(name: string, leadS: number, seconds: number): Promise<Outcome> {
    await this.#order({ kind: "open", name, rate: OPEN_RATE, ms: leadS * 1000 });
    return await this.#order({ kind: "open", name, rate: OPEN_RATE, ms: seconds * 1000 });
  }

  #running(name: string): Running {
    const found = this.#targets.get(name);
    if (found === undefined) throw new Error(`there is no target "${name}"`);
    return found;
  }

  /** Throws when one answer was not the one that was due. */
  async #order(order: Order): Promise<Outcome> {
    const outcome = await this.#load.ask<Outcome>(order);
    if (outcome.failure !== undefined) throw new Error(`${order.name} answered what it should not: ${outcome.failure}`);
    this.#sent.set(order.name, (this.#sent.get(order.name) ?? 0) + outcome.calls);
    return outcome;
  }
}

import type { Digest } from "../../core/digest.ts";
import { noOperations, type OperationsState } from "../../core/operations.ts";
import { err, ok } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Logger, silentLogger } from "../../platform/logger.ts";
import { KnownState } from "./known-state.ts";
import { bundleTooLarge, type Operations } from "./operations.ts";
import { Reported } from "./reported.ts";
import { asKept } from "./state-schema.ts";
import { Tallies } from "./tally.ts";

/** What replicas within one process share, as they would share a Redis. */
export interface OperationsMemory {
  state: OperationsState;
  readonly tallies: Tallies;
  readonly bundles: Map<Digest, Uint8Array>;
  readonly reports: Reported;
  readonly replicas: Set<KnownState>;
}

export function operationsMemory(): OperationsMemory {
  return { state: noOperations, tallies: new Tallies(), bundles: new Map(), reports: new Reported(), replicas: new Set() };
}

export interface MemoryOperationsOptions {
  readonly clock: Clock;
  readonly replica: string;
  /** Shared by several of them, which are then replicas of each other. */
  readonly memory?: OperationsMemory;
  readonly logger?: Logger;
}

/** The port's promises in code, for one process and nothing that survives it. */
export function memoryOperations({ clock, memory = operationsMemory(), logger = silentLogger }: MemoryOperationsOptions): Operations {
  const known = new KnownState(logger, memory.state);
  memory.replicas.add(known);
  return {
    current: () => known.current,
    staleMs: () => 0,
    update: async (change) => {
      const next = change(memory.state);
      if (!next.ok) return next;
      const state = asKept(next.value, memory.state.version + 1);
      memory.state = state;
      for (const replica of memory.replicas) replica.rise(state);
      return ok(state);
    },
    onChange: (listener) => known.onChange(listener),
    count: async (rollout, found) => {
      memory.tallies.add(rollout, found, clock.now());
      return ok(undefined);
    },
    counts: async (rollout) => {
      memory.tallies.forget(memory.state, clock.now());
      return ok(memory.tallies.counts(rollout));
    },
    saveBundle: async (digest, bytes) => {
      const tooLarge = bundleTooLarge(bytes);
      if (tooLarge !== undefined) return err(tooLarge);
      memory.bundles.set(digest, Uint8Array.from(bytes));
      return ok(undefined);
    },
    readBundle: async (digest) => ok(memory.bundles.get(digest)),
    keepBundles: async (digests) => {
      for (const digest of memory.bundles.keys()) if (!digests.has(digest)) memory.bundles.delete(digest);
    },
    report: (report) => memory.reports.add(report, clock.now()),
    replicas: async () => ok(memory.reports.lately(clock.now())),
    firstRead: Promise.resolve(),
    close: async () => {
      memory.replicas.delete(known);
    },
  };
}

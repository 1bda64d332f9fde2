import type { Digest } from "../../../src/core/digest.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { err, ok } from "../../../src/core/result.ts";
import type { Activation } from "../../../src/gateway/activation.ts";
import type { ComparedPair } from "../../../src/gateway/comparing/index.ts";
import type { Generation } from "../../../src/gateway/generation.ts";
import { createGenerations } from "../../../src/gateway/generations.ts";
import { createRollouts, type RolloutConfig } from "../../../src/gateway/rollouts/index.ts";
import type { BundleRefusal, Floor } from "../../../src/parts/bundle/index.ts";
import { memoryLog } from "../../../src/parts/decisions/index.ts";
import { memoryOperations, type OperationsMemory, operationsMemory } from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

// Rollouts on bundles that are nothing but a number: what a replica makes of them, and what it closes, is counted.

export const tenant = "default";

export const digestOf = (sequence: number): Digest => `sha256:${String(sequence).padStart(64, "0")}`;
export const bundleOf = (sequence: number): Uint8Array => Buffer.from(JSON.stringify({ sequence }));

/** What stays when a process ends: its disk. */
export interface SmallDisk {
  floor: Floor | undefined;
  readonly kept: Map<Digest, Uint8Array>;
  readonly staged: Map<Digest, Uint8Array>;
  readonly promoted: Set<Digest>;
}

export const smallDisk = (): SmallDisk => ({ floor: undefined, kept: new Map(), staged: new Map(), promoted: new Set() });

export interface SmallLineOptions {
  readonly memory?: OperationsMemory;
  readonly disk?: SmallDisk;
  readonly replica?: string;
  readonly clock?: ReturnType<typeof manualClock>;
  readonly config?: RolloutConfig;
}

export type SmallLine = ReturnType<typeof smallLine>;

export function smallLine(options: SmallLineOptions = {}) {
  const { memory = operationsMemory(), disk = smallDisk(), replica = "one", clock = manualClock(1_000_000) } = options;
  /** Why bundles of a sequence are refused here; also how a write fails. */
  const refusals = new Map<number, BundleRefusal>();
  const faults: { promote?: string; keep?: string } = {};
  let lastReads = 0;
  const made: Generation[] = [];
  const closed = new Map<Generation, number>();
  const pairs: ComparedPair[] = [];
  const operations = memoryOperations({ clock, replica, memory });
  const ids = randomIds();
  const log = memoryLog({ clock, ids, instance: replica });
  const generations = createGenerations(clock, silentLogger);

  const identityOf = (bytes: Uint8Array) => {
    const { sequence } = JSON.parse(Buffer.from(bytes).toString()) as { readonly sequence: number };
    return { name: "test", revision: `r${sequence}`, sequence, digest: digestOf(sequence), signer: "key" };
  };
  const verify: Activation["verify"] = async (bytes, floor) => {
    const identity = identityOf(bytes);
    const refusal = refusals.get(identity.sequence);
    if (refusal) return err(refusal);
    const least = Math.max(disk.floor?.sequence ?? 0, floor === "shared" ? (operations.current().promoted?.sequence ?? 0) : 0);
    if (identity.sequence < least) return err({ code: "bundle.older_sequence", detail: `found ${identity.sequence}, wanted ${least}` });
    const rest = {
      tenant,
      environment: "test",
      onExpiry: "deny_all",
      wasm: new Uint8Array(),
      data: {},
      modules: [],
      maxDecideMs: 50,
    } as const;
    return ok({ identity, expiresAt: Number.MAX_SAFE_INTEGER, ...rest });
  };
  const activation: Activation = {
    verify,
    async prepare(bytes, floor) {
      const bundle = await verify(bytes, floor);
      if (!bundle.ok) return bundle;
      const generation = {
        bundle: bundle.value,
        bundleText: "",
        catalog: { agents: new Map(), servers: new Map(), ends: [] },
        policy: {
          close: async () => {
            closed.set(generation, (closed.get(generation) ?? 0) + 1);
          },
        },
      } as unknown as Generation;
      made.push(generation);
      return ok(generation);
    },
    recheck: async (bytes) => {
      const bundle = await verify(bytes, "own");
      return bundle.ok ? ok(undefined) : bundle;
    },
    async promote({ bundle: { identity } }, bytes) {
      if (faults.promote !== undefined) return err({ code: "bundle.unreadable", detail: faults.promote });
      disk.kept.set(identity.digest, bytes);
      disk.promoted.add(identity.digest);
      disk.floor = { sequence: identity.sequence, digest: identity.digest };
      return ok(undefined);
    },
    async keepStaged(digest, bytes) {
      disk.staged.set(digest, bytes);
    },
    async keepCandidate(digest, bytes) {
      if (faults.keep !== undefined) throw new Error(faults.keep);
      disk.kept.set(digest, bytes);
    },
    read: async (digest) => disk.kept.get(digest) ?? disk.staged.get(digest),
    async lastPromoted() {
      lastReads += 1;
      return disk.floor && disk.kept.get(disk.floor.digest);
    },
  };
  const comparing = {
    begin: (pair: ComparedPair) => void pairs.push(pair),
    end: () => {},
    note: () => {},
    settled: async () => {},
    close: async () => {},
  };
  const config = options.config ?? { new_bundles: "promote", compared_per_second: 1 };
  const rollouts = createRollouts({
    generations,
    activation,
    operations,
    comparing,
    clock,
    ids,
    log,
    logger: silentLogger,
    tenant,
    replica,
    config,
  });
  return {
    ...{ log, rollouts, operations, generations, clock, memory, disk, refusals, faults, pairs },
    active: () => generations.active(tenant)?.bundle.identity.sequence,
    candidate: () => generations.candidate(tenant)?.generation.bundle.identity.sequence,
    records: () =>
      log.lines().flatMap((line) => {
        const record = JSON.parse(line) as { readonly kind: string; readonly effect: string; readonly why?: string };
        return record.kind === "bundle" ? [record] : [];
      }),
    /** How often the last good bundle was looked for. */
    lastReads: () => lastReads,
    /** Generations that were made and not closed, and those that were closed more than once. */
    leaks: () => ({
      open: made.filter((generation) => !closed.has(generation)).map(({ bundle }) => bundle.identity.sequence),
      twice: [...closed.values()].filter((times) => times > 1).length,
    }),
    /** The process ends; disk and shared memory stay. */
    async end() {
      await rollouts.close();
      await generations.close();
      await operations.close();
    },
  };
}

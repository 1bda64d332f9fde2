import { err, ok, type Result } from "../core/result.ts";
import type { BundleIdentity, BundleRefusal } from "../parts/bundle/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { createAnnouncer } from "./announcer.ts";
import type { Generation } from "./generation.ts";

/** The active generation of each tenant, and the only way to one. */
export interface Generations {
  for(tenant: string): Generation | undefined;
  /** The active generation, kept alive until it is released as often as it was pinned. */
  pin(tenant: string): Generation | undefined;
  release(generation: Generation): void;
  /** Prepares the candidate aside and swaps one reference. On any failure the last good one stays. One at a time, in order. */
  activate(bytes: Uint8Array): Promise<Result<Generation, BundleRefusal>>;
  /** After a change of the keyring: an active bundle whose key is revoked stops deciding at once, and nothing is let through. */
  recheck(): Promise<void>;
  onSwap(listener: (generation: Generation) => void): () => void;
  onRefused(listener: (refusal: BundleRefusal) => void): () => void;
  status(): GenerationStatus;
  close(): Promise<void>;
}

export interface GenerationStatus {
  readonly active?: BundleIdentity & { readonly expiresAt: number; readonly activatedAt: number };
  /** Why the latest candidate was not taken, until one is. */
  readonly refused?: BundleRefusal & { readonly at: number };
}

/** Makes a generation of a candidate, and remembers the one that was promoted. */
export interface Activation {
  prepare(bytes: Uint8Array): Promise<Result<Generation, BundleRefusal>>;
  /** Whether a bundle that was promoted would still be taken by today's keyring. */
  recheck(bytes: Uint8Array): Promise<Result<void, BundleRefusal>>;
  /** Called before the swap: what must be durable for the sequence never to go back. */
  promote(generation: Generation, bytes: Uint8Array): Promise<Result<void, BundleRefusal>>;
}

interface Lease {
  users: number;
  retired: boolean;
}

export function createGenerations(activation: Activation, clock: Clock, logger: Logger): Generations {
  const active = new Map<string, Generation>();
  const bytesOf = new WeakMap<Generation, Uint8Array>();
  const leases = new Map<Generation, Lease>();
  const swapped = createAnnouncer<Generation>(logger);
  const refusals = createAnnouncer<BundleRefusal>(logger);
  let status: GenerationStatus = {};
  let queue: Promise<unknown> = Promise.resolve();

  function retire(generation: Generation): void {
    const lease = leases.get(generation);
    if (!lease) return;
    lease.retired = true;
    if (lease.users > 0) return;
    leases.delete(generation);
    void generation.policy.close();
  }

  async function swap(bytes: Uint8Array): Promise<Result<Generation, BundleRefusal>> {
    const prepared = await activation.prepare(bytes);
    if (!prepared.ok) return refused(prepared.error);
    const generation = prepared.value;
    const { identity, tenant, expiresAt } = generation.bundle;
    const previous = active.get(tenant);
    if (previous?.bundle.identity.digest === identity.digest && previous.bundle.identity.sequence === identity.sequence) {
      await generation.policy.close();
      return ok(previous);
    }
    const promoted = await activation.promote(generation, bytes);
    if (!promoted.ok) {
      await generation.policy.close();
      return refused(promoted.error);
    }
    leases.set(generation, { users: 0, retired: false });
    bytesOf.set(generation, bytes);
    active.set(tenant, generation);
    status = { active: { ...identity, expiresAt, activatedAt: clock.now() } };
    if (previous) retire(previous);
    logger.info({ revision: identity.revision, sequence: identity.sequence, digest: identity.digest }, "bundle activated");
    swapped.tell(generation);
    return ok(generation);
  }

  async function recheck(): Promise<void> {
    for (const [tenant, generation] of active) {
      const bytes = bytesOf.get(generation);
      const valid = bytes ? await activation.recheck(bytes) : ok(undefined);
      if (valid.ok) continue;
      active.delete(tenant);
      status = {};
      refused(valid.error);
      retire(generation);
    }
  }

  function refused(refusal: BundleRefusal): Result<never, BundleRefusal> {
    status = { ...status, refused: { ...refusal, at: clock.now() } };
    logger.error({ code: refusal.code, detail: refusal.detail }, "bundle refused");
    refusals.tell(refusal);
    return err(refusal);
  }

  return {
    for: (tenant) => active.get(tenant),
    pin(tenant) {
      const generation = active.get(tenant);
      const lease = generation && leases.get(generation);
      if (lease) lease.users += 1;
      return generation;
    },
    release(generation) {
      const lease = leases.get(generation);
      if (!lease) return;
      lease.users -= 1;
      if (lease.retired) retire(generation);
    },
    activate(bytes) {
      const next = queue.then(() => swap(bytes));
      queue = next.catch(() => undefined);
      return next;
    },
    recheck() {
      const next = queue.then(recheck);
      queue = next.catch(() => undefined);
      return next;
    },
    onSwap: swapped.listen,
    onRefused: refusals.listen,
    status: () => status,
    async close() {
      await queue;
      await Promise.all([...leases.keys()].map((generation) => generation.policy.close()));
      leases.clear();
      active.clear();
    },
  };
}

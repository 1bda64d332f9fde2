import type { RolloutMode } from "../core/operations.ts";
import type { VerifiedToken } from "../core/principal.ts";
import type { BundleIdentity } from "../parts/bundle/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { createAnnouncer } from "./announcer.ts";
import { type CanaryShare, canaryChoice } from "./canary.ts";
import type { Generation } from "./generation.ts";

/** The generations of each tenant that decide now, and the only way to one. */
export interface Generations {
  /** What decides for the bearer of this token: in a canary the candidate for those in the share, else the active one. */
  for(token: VerifiedToken): Generation | undefined;
  /** The same, kept alive until it is released as often as it was pinned. */
  pin(token: VerifiedToken): Generation | undefined;
  /** The promoted one: for what must never see a candidate. */
  active(tenant: string): Generation | undefined;
  candidate(tenant: string): Candidate | undefined;
  release(generation: Generation): void;
  /** Makes a prepared generation the active one by swapping one reference; a candidate of its tenant goes on beside it. */
  swap(generation: Generation): void;
  /** Puts a prepared generation beside the active one of its tenant; the one that was there before is given up. */
  tryOut(candidate: Candidate): void;
  /** Gives the candidate up, if there is one: the active generation decides for all. */
  endTrial(tenant: string): void;
  /** The active generation stops deciding at once, and a candidate with it: nothing is let through. */
  drop(tenant: string, why: Refusal): void;
  /** Tells that a bundle was not taken. */
  refused(refusal: Refusal): void;
  /** What was brought last is taken, or was there already: this is the reason of nothing any more. */
  withdraw(refusal: Refusal): void;
  /** Hears of everything that changes by what somebody is decided. */
  onSwap(listener: (deciding: Deciding) => void): () => void;
  onRefused(listener: (refusal: Refusal) => void): () => void;
  status(): GenerationStatus;
  close(): Promise<void>;
}

/** Why a bundle was not taken: a code of `BundleCode`, or of the gateway's own list. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** A generation on its way. */
export interface Candidate {
  readonly generation: Generation;
  readonly mode: RolloutMode;
  readonly share: CanaryShare;
}

/** By what a tenant's requests are decided from now on. */
export interface Deciding {
  readonly tenant: string;
  /** The active one first, then the candidate of a canary. */
  readonly generations: readonly Generation[];
  /** The active one, where it is another than before. */
  readonly activated?: Generation;
}

export interface GenerationStatus {
  readonly active?: BundleIdentity & { readonly expiresAt: number; readonly activatedAt: number };
  readonly candidate?: BundleIdentity & { readonly mode: RolloutMode; readonly percent?: number; readonly agents?: readonly string[] };
  /** Why the latest bundle was not taken, until one is. */
  readonly refused?: Refusal & { readonly at: number };
}

interface Lease {
  users: number;
  retired: boolean;
}

/** What a tenant has. `choice` is there only in a canary, so that nothing is paid for it without one. */
interface Line {
  readonly active: Generation | undefined;
  readonly candidate: Candidate | undefined;
  readonly choice: ((token: VerifiedToken) => Generation) | undefined;
}

const none: Line = { active: undefined, candidate: undefined, choice: undefined };

export function createGenerations(clock: Clock, logger: Logger): Generations {
  const lines = new Map<string, Line>();
  const leases = new Map<Generation, Lease>();
  const swapped = createAnnouncer<Deciding>(logger);
  const refusals = createAnnouncer<Refusal>(logger);
  let status: Omit<GenerationStatus, "candidate"> = {};
  /** Of which line the status is told: this process has one. */
  let told = "";

  const lineOf = (tenant: string): Line => lines.get(tenant) ?? none;

  function set(tenant: string, active: Generation | undefined, candidate: Candidate | undefined): void {
    const before = lineOf(tenant);
    const isCanary = active !== undefined && candidate?.mode === "canary";
    const choice = isCanary ? canaryChoice(active, candidate.generation, candidate.share, () => clock.now()) : undefined;
    told = tenant;
    lines.set(tenant, { active, candidate, choice });
    for (const kept of [active, candidate?.generation]) if (kept) leases.set(kept, { users: leases.get(kept)?.users ?? 0, retired: false });
    for (const old of new Set([before.active, before.candidate?.generation])) {
      if (old && old !== active && old !== candidate?.generation) retire(old);
    }
  }

  function retire(generation: Generation): void {
    const lease = leases.get(generation);
    if (!lease) return;
    lease.retired = true;
    if (lease.users > 0) return;
    leases.delete(generation);
    void generation.policy.close();
  }

  function tell(tenant: string, activated?: Generation): void {
    const { active, candidate, choice } = lineOf(tenant);
    const generations = [active, choice && candidate?.generation].filter((generation) => generation !== undefined);
    swapped.tell({ tenant, generations, ...(activated === undefined ? {} : { activated }) });
  }

  function refused(refusal: Refusal): void {
    status = { ...status, refused: { ...refusal, at: clock.now() } };
    logger.error({ code: refusal.code, detail: refusal.detail }, "bundle refused");
    refusals.tell(refusal);
  }

  function forToken(token: VerifiedToken): Generation | undefined {
    const line = lines.get(token.tenant);
    return line?.choice === undefined ? line?.active : line.choice(token);
  }

  return {
    for: forToken,
    pin(token) {
      const generation = forToken(token);
      const lease = generation && leases.get(generation);
      if (lease) lease.users += 1;
      return generation;
    },
    active: (tenant) => lines.get(tenant)?.active,
    candidate: (tenant) => lines.get(tenant)?.candidate,
    release(generation) {
      const lease = leases.get(generation);
      if (!lease) return;
      lease.users -= 1;
      if (lease.retired) retire(generation);
    },
    swap(generation) {
      const { identity, tenant, expiresAt } = generation.bundle;
      const { active, candidate } = lineOf(tenant);
      if (active === generation) return;
      set(tenant, generation, candidate?.generation === generation ? undefined : candidate);
      status = { active: { ...identity, expiresAt, activatedAt: clock.now() } };
      logger.info({ revision: identity.revision, sequence: identity.sequence, digest: identity.digest }, "bundle activated");
      tell(tenant, generation);
    },
    tryOut(candidate) {
      const { tenant } = candidate.generation.bundle;
      const before = lineOf(tenant);
      set(tenant, before.active, candidate);
      if (before.choice !== undefined || lineOf(tenant).choice !== undefined) tell(tenant);
    },
    endTrial(tenant) {
      const { active, candidate, choice } = lineOf(tenant);
      if (candidate === undefined) return;
      set(tenant, active, undefined);
      if (choice !== undefined) tell(tenant);
    },
    drop(tenant, why) {
      set(tenant, undefined, undefined);
      status = {};
      refused(why);
    },
    refused,
    withdraw({ code, detail }) {
      if (status.refused?.code === code && status.refused.detail === detail) status = status.active ? { active: status.active } : {};
    },
    onSwap: swapped.listen,
    onRefused: refusals.listen,
    status: () => ({ ...status, ...candidateStatus(lineOf(told).candidate) }),
    async close() {
      await Promise.all([...leases.keys()].map((generation) => generation.policy.close()));
      leases.clear();
      lines.clear();
    },
  };
}

function candidateStatus(candidate: Candidate | undefined): Pick<GenerationStatus, "candidate"> {
  if (candidate === undefined) return {};
  const { generation, mode } = candidate;
  const { rollout: _, ...scope } = candidate.share;
  return { candidate: { ...generation.bundle.identity, mode, ...(mode === "canary" ? scope : {}) } };
}

import { isDeepStrictEqual } from "node:util";
import type { Digest } from "../../core/digest.ts";
import { messageOf } from "../../core/errors.ts";
import type { OperationsState, Rollout, RolloutMode, StagedBundle } from "../../core/operations.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Operations } from "../../parts/operations/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Activation } from "../activation.ts";
import { shareOf } from "../canary.ts";
import type { Comparing } from "../comparing/index.ts";
import type { Generation } from "../generation.ts";
import type { Candidate, Generations, Refusal } from "../generations.ts";
import { type Later, laterThan } from "./later.ts";
import type { NotReady, Ready, Shelf } from "./shelf.ts";

/** A replica that just began a rollout may not have handed its bytes over yet. */
const PASSING_MS = 30_000;

export interface FollowerParts {
  readonly generations: Generations;
  readonly activation: Activation;
  readonly operations: Operations;
  readonly comparing?: Comparing | undefined;
  readonly clock: Clock;
  readonly tenant: string;
}

/** What following the state came to. */
export interface Followed {
  /** Why this replica is not where the state says, in one sentence. */
  readonly problem?: string;
  /** The candidate cannot be taken here, and that will not pass: the rollout is to end. */
  readonly unfit?: { readonly rollout: Rollout; readonly why: string };
}

/** Brings this process to what operators decided: the promoted bundle active, the candidate beside it. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #shelf: Shelf;
  /** What was refused last of the promoted bundle, and when it is tried again. */
  #refused: (Refusal & { readonly digest: string; readonly passing: boolean } & Later) | undefined;
  /** Where nothing is active and the last good bundle cannot be taken either: when that is tried again. */
  #last: Later | undefined;
  #compared = "";
  /** The candidate that was put on disk last. */
  #kept: Digest | undefined;
  #activating: Generation | undefined;

  constructor(parts: FollowerParts, shelf: Shelf) {
    this.#parts = parts;
    this.#shelf = shelf;
  }

  /** Tries at once what was put off: the keyring changed, or somebody brought the bundle. */
  hurry(): void {
    this.#refused = undefined;
    this.#last = undefined;
  }

  /** Whether the promoted bundle was refused here for what it is, as one whose key is revoked. */
  isPromotedRefused({ promoted }: OperationsState): boolean {
    return this.#refused !== undefined && !this.#refused.passing && this.#refused.digest === promoted?.digest;
  }

  async follow(): Promise<Followed> {
    const { operations } = this.#parts;
    const problem = await this.#followPromoted(operations.current());
    const candidate = await this.#followRollout(operations.current());
    return { ...candidate, ...(problem === undefined ? {} : { problem }) };
  }

  /** Ends a trial that the state does not know any more: at once, whatever else is being prepared. */
  leave({ rollout, promoted }: OperationsState): void {
    const { generations, tenant } = this.#parts;
    const candidate = generations.candidate(tenant);
    if (candidate === undefined || candidate.share.rollout === rollout?.id) return;
    // The next swap makes it the active one.
    if (candidate.generation.bundle.identity.digest === promoted?.digest || candidate.generation === this.#activating) return;
    this.#endTrial();
  }

  /** Local floor and store first, then the swap. */
  async activate({ generation, bytes }: Ready): Promise<Result<void, Refusal>> {
    const { activation, generations } = this.#parts;
    this.#activating = generation;
    const promoted = await activation.promote(generation, bytes);
    this.#activating = undefined;
    if (!promoted.ok) return promoted;
    this.#shelf.take(generation.bundle.identity.digest);
    this.#endComparison();
    generations.swap(generation);
    return ok(undefined);
  }

  async #followPromoted({ promoted }: OperationsState): Promise<string | undefined> {
    const { generations, tenant } = this.#parts;
    const active = generations.active(tenant)?.bundle.identity;
    // One that is ahead is what this replica promoted before the shared state was lost: it is told to the others.
    const isAhead = active !== undefined && promoted !== undefined && active.sequence > promoted.sequence;
    const problem = promoted && active?.digest !== promoted.digest && !isAhead ? await this.#take(promoted) : undefined;
    if (generations.active(tenant) === undefined) await this.#goOnWithLast(promoted);
    return problem;
  }

  async #take(promoted: StagedBundle): Promise<string | undefined> {
    const { clock, generations } = this.#parts;
    const before = this.#refused?.digest === promoted.digest ? this.#refused : undefined;
    if (before === undefined || before.until <= clock.now()) {
      const ready = await this.#readyOf(promoted);
      const taken = ready.ok ? await this.activate(ready.value) : ready;
      if (taken.ok) {
        this.#refused = undefined;
        return undefined;
      }
      const passing = "passing" in taken.error && taken.error.passing === true;
      this.#refused = { ...taken.error, digest: promoted.digest, ...laterThan(before, clock.now()), passing };
      // Told once for each different reason.
      if (!passing && (before?.code !== taken.error.code || before.detail !== taken.error.detail)) generations.refused(taken.error);
    }
    const { code = "", detail = "" } = this.#refused ?? {};
    return `the promoted bundle "${promoted.revision}" (sequence ${promoted.sequence}) cannot be taken here: ${code}: ${detail}`;
  }

  /** The candidate of this process, if that is what is wanted: it decides already, so it is verified and not prepared. */
  async #readyOf({ digest, revision }: StagedBundle): Promise<Result<Ready, NotReady>> {
    const { generations, tenant, activation } = this.#parts;
    const generation = generations.candidate(tenant)?.generation;
    const bytes = generation?.bundle.identity.digest === digest ? await this.#shelf.bytes(digest) : undefined;
    if (generation === undefined || bytes === undefined) return await this.#shelf.ready({ digest, revision });
    const verified = await activation.verify(bytes, "shared");
    return verified.ok ? ok({ generation, bytes }) : { ok: false, error: { ...verified.error, passing: false } };
  }

  async #goOnWithLast(promoted: StagedBundle | undefined): Promise<void> {
    const { activation, generations, clock } = this.#parts;
    const before = this.#last;
    if (before !== undefined && clock.now() < before.until) return;
    // Whoever gets to the end of this takes it back.
    this.#last = laterThan(before, clock.now());
    const bytes = await activation.lastPromoted().catch(() => undefined);
    const last = bytes && (await activation.prepare(bytes, "own"));
    if (!last?.ok) return;
    if (last.value.bundle.identity.digest === promoted?.digest && this.#refused) {
      await last.value.policy.close();
      return;
    }
    this.#last = undefined;
    generations.swap(last.value);
  }

  async #followRollout({ rollout }: OperationsState): Promise<Pick<Followed, "problem" | "unfit">> {
    const { generations, tenant, operations, clock } = this.#parts;
    const active = generations.active(tenant);
    const step = rollout?.steps[rollout.step];
    if (rollout === undefined || step === undefined || active === undefined || active.bundle.identity.digest === rollout.bundle.digest) {
      this.#endTrial();
      return {};
    }
    const share = shareOf(rollout.id, step);
    const before = generations.candidate(tenant);
    if (before?.generation.bundle.identity.digest === rollout.bundle.digest) {
      const same = before.mode === step.mode && isDeepStrictEqual(before.share, share);
      const problem = same ? undefined : await this.#keep(rollout, step.mode);
      if (problem !== undefined) return { problem };
      if (!same) generations.tryOut({ generation: before.generation, mode: step.mode, share });
      this.#compare(rollout, { generation: before.generation, mode: step.mode, share });
      return {};
    }
    const ready = await this.#shelf.ready(rollout.bundle);
    if (!ready.ok) {
      this.#endTrial();
      const why = `it cannot be taken by a replica: ${ready.error.code}: ${ready.error.detail}`;
      const passing = ready.error.passing && (ready.error.code !== "rollout.no_bundle" || clock.now() < rollout.stepAt + PASSING_MS);
      return passing
        ? { problem: `the candidate "${rollout.bundle.revision}" is not here: ${ready.error.detail}` }
        : { unfit: { rollout, why } };
    }
    this.#shelf.remember(rollout.bundle.digest, ready.value.bytes);
    const problem = await this.#keep(rollout, step.mode);
    if (problem !== undefined) return { problem };
    // It may have ended while it was prepared here.
    if (operations.current().rollout?.id !== rollout.id) return {};
    const candidate: Candidate = { generation: ready.value.generation, mode: step.mode, share };
    this.#shelf.take(rollout.bundle.digest);
    generations.tryOut(candidate);
    this.#compare(rollout, candidate);
    return {};
  }

  /** A candidate that decides here is named by the records of this replica, which outlive the shared store. */
  async #keep({ bundle: { digest, revision } }: Rollout, mode: RolloutMode): Promise<string | undefined> {
    if (mode !== "canary" || this.#kept === digest) return undefined;
    try {
      const bytes = await this.#shelf.bytes(digest);
      if (bytes === undefined) return `the candidate "${revision}" is not here`;
      await this.#parts.activation.keepCandidate(digest, bytes);
      this.#kept = digest;
      return undefined;
    } catch (error) {
      return `the candidate "${revision}" cannot be kept: ${messageOf(error)}`;
    }
  }

  #compare({ id }: Rollout, { generation, mode }: Candidate): void {
    const { comparing, generations, tenant } = this.#parts;
    const active = generations.active(tenant);
    if (comparing === undefined || active === undefined) return;
    const compared = [id, mode, active.bundle.identity.digest].join(" ");
    if (compared === this.#compared) return;
    this.#compared = compared;
    if (mode === "shadow") comparing.begin({ rollout: id, first: active, second: generation, candidate: "second" });
    else comparing.begin({ rollout: id, first: generation, second: active, candidate: "first" });
  }

  #endTrial(): void {
    this.#endComparison();
    this.#parts.generations.endTrial(this.#parts.tenant);
  }

  #endComparison(): void {
    if (this.#compared !== "") this.#parts.comparing?.end();
    this.#compared = "";
  }
}

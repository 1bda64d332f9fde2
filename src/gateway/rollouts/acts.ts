import type { Digest } from "../../core/digest.ts";
import { messageOf } from "../../core/errors.ts";
import { type ComparisonCounts, type OperationsState, type Rollout, type StagedBundle, stagedOf } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { begin, type Operations, promote, rollBack, turnAwayHeld } from "../../parts/operations/index.ts";
import type { Refusal } from "../generations.ts";
import { type Guard, type Overtaken, onStep, overtaken } from "./changes.ts";
import type { RolloutParts } from "./create-rollouts.ts";
import { Follower } from "./follower.ts";
import { type BundleAct, recordAct } from "./records.ts";
import type { RolloutRefusal, WantedRollout } from "./rollouts.ts";
import { type Ready, Shelf } from "./shelf.ts";
import { countsOf, digestsOf } from "./staged.ts";
import { stepText } from "./steps.ts";

/** Who acts where no operator has to. */
export const GATEWAY = "gateway";

export type Done = Result<OperationsState, RolloutRefusal | Overtaken>;

/**
 * What can be done to a line of bundles. One act at a time; each changes the shared state first and follows it then, so that
 * a crash between the two leaves a state from which a restart comes to the same end.
 */
export class Acts {
  readonly #parts: RolloutParts;
  readonly #operations: Operations;
  readonly shelf: Shelf;
  readonly follower: Follower;
  /** What was put on disk last. */
  #kept: Digest | undefined;
  /** What a source brought and the shared state could not take yet. */
  waiting: StagedBundle | undefined;
  /** What an operator brought last. */
  staged: StagedBundle | undefined;
  /** Why this replica is not where the state says. */
  problem: string | undefined;
  /** Version of the state that this replica follows. */
  version = 0;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
    this.#operations = parts.operations;
    this.shelf = new Shelf(parts.activation, parts.operations);
    this.follower = new Follower(parts, this.shelf);
  }

  async begin(bundle: StagedBundle, bytes: Uint8Array, plan: Omit<WantedRollout, "digest">, by: string, guarded: Guard): Promise<Done> {
    const now = this.now();
    const underWay = this.#operations.current().rollout;
    // Whether it may begin at all costs less to find out than to prepare it.
    const wanted: Rollout = { id: this.#parts.ids.rollout(now), bundle, ...plan, step: 0, stepAt: now, by, at: now };
    const possible = guarded((state) => begin(state, wanted))(this.#operations.current());
    if (!possible.ok) return possible;
    if (underWay?.bundle.digest !== bundle.digest) {
      const kept = await this.keep(bundle, bytes);
      if (!kept.ok) return kept;
    }
    const counted = underWay?.bundle.digest === bundle.digest ? await this.#operations.counts(underWay.id) : undefined;
    if (counted && !counted.ok) return counted;
    const rollout: Rollout = { ...wanted, ...(counted === undefined ? {} : { before: countsOf(counted.value) }) };
    const begun = await this.#operations.update(guarded((state) => begin(state, rollout)));
    if (!begun.ok) return begun;
    await this.#operations.saveBundle(bundle.digest, bytes);
    const current = begun.value.rollout ?? rollout;
    this.record({ effect: underWay?.id === current.id ? "step" : "began", bundle, by, rollout: current });
    await this.follow();
    return begun;
  }

  async promote(bundle: StagedBundle, why: string, by: string, guarded: Guard, bytes?: Uint8Array): Promise<Done> {
    const before = this.#operations.current().rollout;
    const possible = guarded((state) => promote(state, bundle, by, this.now(), why))(this.#operations.current());
    if (!possible.ok) return possible;
    const ready = await this.#readyToPromote(bundle, bytes);
    if (!ready.ok) return ready;
    const kept = await this.#save(bundle, ready.value.bytes);
    if (!kept.ok) return kept;
    const counts = before && (await this.#operations.counts(before.id));
    const now = this.now();
    const done = await this.#operations.update(guarded((state) => promote(state, bundle, by, now, why)));
    if (!done.ok) return done;
    await this.#operations.saveBundle(bundle.digest, ready.value.bytes);
    if (before || by !== GATEWAY) this.#recordEnd("promoted", bundle, by, why, before, counts);
    if (before && before.bundle.digest !== bundle.digest)
      this.#recordEnd("rolled_back", before.bundle, by, `"${bundle.revision}" was promoted`, before, counts);
    this.follower.hurry();
    await this.follow();
    await this.#forget();
    return done;
  }

  /** The candidate that decides already, verified once more; or one that is prepared for it. */
  async #readyToPromote(bundle: StagedBundle, bytes: Uint8Array | undefined): Promise<Result<Ready, RolloutRefusal>> {
    const { generations, tenant, activation } = this.#parts;
    const candidate = generations.candidate(tenant)?.generation;
    const own = bytes ?? (await this.shelf.bytes(bundle.digest));
    if (own === undefined) return err({ code: "rollout.no_bundle", detail: `no replica keeps "${bundle.revision}"` });
    if (candidate?.bundle.identity.digest !== bundle.digest) return await this.shelf.prepare(bundle.digest, own);
    const verified = await activation.verify(own, "shared");
    return verified.ok ? ok({ generation: candidate, bytes: own }) : verified;
  }

  async rollBack(why: string, by: string, guarded: Guard): Promise<Done> {
    const { rollout, held } = this.#operations.current();
    const counts = rollout && (await this.#operations.counts(rollout.id));
    const now = this.now();
    const id = this.#parts.ids.rollout(now);
    const done = await this.#operations.update(
      guarded((state) => {
        const turnedAway = turnAwayHeld(state, id, by, now, why);
        return turnedAway === undefined ? rollBack(state, by, now, why) : ok(turnedAway);
      }),
    );
    if (!done.ok) return done;
    const bundle = rollout?.bundle ?? (held && stagedOf(held));
    if (bundle) this.#recordEnd("rolled_back", bundle, by, why, rollout, counts);
    await this.follow();
    await this.#forget();
    return done;
  }

  async dropHeld(bundle: StagedBundle, why: Refusal): Promise<void> {
    const dropped = await this.#operations.update<Overtaken>((state) => {
      const { held, ...rest } = state;
      return held?.digest === bundle.digest ? ok(rest) : err(overtaken);
    });
    if (dropped.ok) this.refused(why);
  }

  async identify(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>> {
    const verified = await this.#parts.activation.verify(bytes, "shared");
    if (!verified.ok) return verified;
    const bundle = stagedOf(verified.value.identity);
    if (this.#operations.current().promoted?.digest !== bundle.digest) return ok(bundle);
    return err({ code: "rollout.promoted", detail: `"${bundle.revision}" (sequence ${bundle.sequence}) is promoted already` });
  }

  /** Prepared, and kept for restarts, for the other replicas, and for the decisions that will name it. */
  async keep(bundle: StagedBundle, bytes: Uint8Array, as: "candidate" | "staged" = "candidate"): Promise<Result<void, RolloutRefusal>> {
    const candidate = this.#parts.generations.candidate(this.#parts.tenant)?.generation.bundle.identity.digest;
    if (candidate !== bundle.digest) {
      const prepared = await this.shelf.prepare(bundle.digest, bytes);
      if (!prepared.ok) return prepared;
    }
    return await this.#save(bundle, bytes, as);
  }

  /** Keeps what an operator brought, and lets go of what was brought before and not begun. */
  async stage(bundle: StagedBundle, bytes: Uint8Array): Promise<Result<void, RolloutRefusal>> {
    const kept = await this.keep(bundle, bytes, "staged");
    if (!kept.ok) return kept;
    this.staged = bundle;
    this.#tidy();
    this.record({ effect: "staged", bundle });
    return kept;
  }

  async #save(
    { digest }: StagedBundle,
    bytes: Uint8Array,
    as: "candidate" | "staged" = "candidate",
  ): Promise<Result<void, RolloutRefusal>> {
    const { activation } = this.#parts;
    this.shelf.remember(digest, bytes);
    try {
      if (as === "staged" && this.#kept !== digest) await activation.keepStaged(digest, bytes);
      if (as === "candidate" && this.#kept !== digest) {
        await activation.keepCandidate(digest, bytes);
        this.#kept = digest;
      }
    } catch (error) {
      const detail = `it cannot be kept: ${messageOf(error)}`;
      return err({ code: "bundle.unreadable", detail, again: true });
    }
    return await this.#operations.saveBundle(digest, bytes);
  }

  async #forget(): Promise<void> {
    const { promoted, rollout, held } = this.#operations.current();
    await this.#operations.keepBundles(digestsOf([promoted, rollout?.bundle, held, this.staged]));
  }

  async refusalOf(bundle: Pick<StagedBundle, "digest">): Promise<Refusal | undefined> {
    const bytes = await this.shelf.bytes(bundle.digest);
    const valid = bytes && (await this.#parts.activation.recheck(bytes));
    return valid?.ok === false ? valid.error : undefined;
  }

  refused(refusal: RolloutRefusal | Refusal): Result<never, RolloutRefusal> {
    this.#parts.generations.refused(refusal);
    return err(refusal as RolloutRefusal);
  }

  async follow(): Promise<void> {
    const { version } = this.#operations.current();
    const { problem, unfit } = await this.follower.follow();
    this.problem = problem;
    if (unfit) {
      const ended = await this.rollBack(unfit.why, GATEWAY, (change) => onStep(unfit.rollout, change));
      if (!ended.ok && ended.error.code === "gateway.operations_unavailable") this.problem = unfit.why;
    }
    await this.#tellAhead();
    if (this.problem === undefined) this.version = version;
    this.#tidy();
    this.report(this.problem);
  }

  /** Lets go of what nobody needs here any more. */
  #tidy(): void {
    const { promoted, rollout, held } = this.#operations.current();
    const active = this.#parts.generations.active(this.#parts.tenant)?.bundle.identity;
    this.shelf.keep(digestsOf([promoted, rollout?.bundle, held, this.staged, this.waiting, active]));
  }

  /** A bundle that was promoted here before the shared state knew of any, or while it was lost: the highest floor wins. */
  async #tellAhead(): Promise<void> {
    const active = this.#parts.generations.active(this.#parts.tenant)?.bundle;
    const isAhead = (state: OperationsState) => active !== undefined && active.identity.sequence > (state.promoted?.sequence ?? 0);
    if (active === undefined || !isAhead(this.#operations.current())) return;
    const bytes = await this.shelf.bytes(active.identity.digest);
    if (bytes) await this.#operations.saveBundle(active.identity.digest, bytes);
    const told = await this.#operations.update<RolloutRefusal | Overtaken>((state) =>
      isAhead(state) ? promote(state, active.identity, GATEWAY, this.now(), "it was promoted here before") : err(overtaken),
    );
    if (!told.ok && told.error.code !== "overtaken") this.problem ??= `the promoted bundle is not known to all: ${told.error.detail}`;
  }

  #recordEnd(
    effect: "promoted" | "rolled_back",
    bundle: StagedBundle,
    by: string,
    why: string,
    rollout: Rollout | undefined,
    counts: Result<ComparisonCounts, unknown> | undefined,
  ): void {
    const mine = rollout?.bundle.digest === bundle.digest ? { rollout } : {};
    this.record({ effect, bundle, by, why, ...mine, ...(counts?.ok ? { counts: counts.value } : {}) });
  }

  record(act: BundleAct): void {
    recordAct(this.#parts, act);
    const { effect, bundle, by, why, rollout } = act;
    const step = rollout?.steps[rollout.step];
    const fields = { effect, revision: bundle.revision, sequence: bundle.sequence, by };
    this.#parts.logger.info({ ...fields, ...(why === undefined ? {} : { why }), ...(step ? { step: stepText(step) } : {}) }, "rollout");
  }

  now(): number {
    return this.#parts.clock.now();
  }

  /** Says to the others how far this replica is. */
  report(problem: string | undefined): void {
    const { generations, tenant, replica } = this.#parts;
    const active = generations.active(tenant)?.bundle.identity.digest;
    const candidate = generations.candidate(tenant)?.generation.bundle.identity.digest;
    this.#operations.report({
      replica,
      version: this.version,
      ...(active === undefined ? {} : { active }),
      ...(candidate === undefined ? {} : { candidate }),
      ...(problem === undefined ? {} : { problem }),
    });
  }

  /** After a change of the keyring. */
  async recheck(): Promise<void> {
    const { generations, tenant } = this.#parts;
    this.follower.hurry();
    const { rollout, held } = this.#operations.current();
    const active = generations.active(tenant);
    const candidate = generations.candidate(tenant);
    const noActive = active && (await this.refusalOf(active.bundle.identity));
    const noCandidate = candidate && (await this.refusalOf(candidate.generation.bundle.identity));
    if (noCandidate) {
      // It decides no more, be the shared state away or not.
      generations.endTrial(tenant);
      generations.refused(noCandidate);
    }
    if (noActive) generations.drop(tenant, noActive);
    if (noCandidate && rollout) {
      await this.rollBack(`${noCandidate.code}: ${noCandidate.detail}`, GATEWAY, (change) => onStep(rollout, change));
    }
    const noHeld = held && (await this.refusalOf(held));
    if (noHeld) await this.dropHeld(held, noHeld);
    if (this.staged && (await this.refusalOf(this.staged))) this.staged = undefined;
    await this.follow();
  }
}

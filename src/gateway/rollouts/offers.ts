import { type OperationsState, type StagedBundle, stagedOf } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { hold } from "../../parts/operations/index.ts";
import { type Acts, type Done, GATEWAY } from "./acts.ts";
import { isKnown, type Overtaken, overtaken, unlessKnown, wasRolledBack } from "./changes.ts";
import { planOf, type RolloutConfig } from "./config.ts";
import type { RolloutParts } from "./create-rollouts.ts";
import { type Later, laterThan } from "./later.ts";
import type { RolloutRefusal } from "./rollouts.ts";

/** A bundle that was refused for what time, or room on a disk, may end. */
interface Waiting extends Later {
  readonly bytes: Uint8Array;
}

/** What becomes of the bundles that a source brings. */
export class Offers {
  readonly #parts: RolloutParts;
  readonly #acts: Acts;
  /** What the shared state could not take yet. */
  #pending: { readonly bytes: Uint8Array; readonly detail: string } | undefined;

  #later: Waiting | undefined;
  /** What was told of the latest one, if it was refused. */
  #refused: RolloutRefusal | undefined;

  constructor(parts: RolloutParts, acts: Acts) {
    this.#parts = parts;
    this.#acts = acts;
  }

  /** Why the latest one is not taken yet. */
  get waiting(): string | undefined {
    return this.#pending && `a new bundle waits: ${this.#pending.detail}`;
  }

  /** What could not be done before: one that waited for the shared state, for its time, or for another rollout. */
  async again(): Promise<void> {
    if (this.#pending) await this.offer(this.#pending.bytes);
    else if (this.#later && this.#later.until <= this.#acts.now()) await this.offer(this.#later.bytes);
    await this.#planHeld();
  }

  async offer(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>> {
    const later = this.#later;
    this.#later = undefined;
    const told = this.#refused;
    if (later?.bytes !== bytes) this.#refused = undefined;
    const offered = await this.#offer(bytes);
    if (offered.ok) {
      if (told && this.#acts.problem === undefined) this.#parts.generations.withdraw(told);
      this.#refused = undefined;
    } else if ("again" in offered.error && offered.error.again) {
      this.#later = { bytes, ...laterThan(later?.bytes === bytes ? later : undefined, this.#acts.now()) };
    }
    return offered;
  }

  /** Told once, however often the same bytes are tried. */
  #refuse(refusal: RolloutRefusal): Result<never, RolloutRefusal> {
    const before = this.#refused;
    this.#refused = refusal;
    if (before?.code === refusal.code && before.detail === refusal.detail) return err(refusal);
    return this.#acts.refused(refusal);
  }

  async #offer(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>> {
    const { activation, generations, tenant, logger } = this.#parts;
    const waitedFor = this.#pending?.detail;
    this.#pending = undefined;
    this.#acts.waiting = undefined;
    const verified = await activation.verify(bytes, "shared");
    if (!verified.ok) return this.#refuse(verified.error);
    const bundle = stagedOf(verified.value.identity);
    const state = this.#parts.operations.current();
    if (state.promoted?.digest === bundle.digest) {
      if (generations.active(tenant)?.bundle.identity.digest !== bundle.digest) {
        this.#acts.shelf.remember(bundle.digest, bytes);
        this.#acts.follower.hurry();
        await this.#acts.follow();
      }
      return ok(bundle);
    }
    if (state.rollout?.bundle.digest === bundle.digest || state.held?.digest === bundle.digest) return ok(bundle);
    const lacksAny =
      generations.active(tenant) === undefined && (state.promoted === undefined || this.#acts.follower.isPromotedRefused(state));
    if (!lacksAny && wasRolledBack(state, bundle)) {
      logger.info({ revision: bundle.revision, digest: bundle.digest }, "a bundle that was rolled back is not taken again by itself");
      return ok(bundle);
    }
    return await this.#tried(bundle, bytes, lacksAny, waitedFor);
  }

  async #tried(
    bundle: StagedBundle,
    bytes: Uint8Array,
    lacksAny: boolean,
    waitedFor: string | undefined,
  ): Promise<Result<StagedBundle, RolloutRefusal>> {
    const { generations, tenant, logger } = this.#parts;
    const mode = lacksAny ? "promote" : this.#parts.config.new_bundles;
    const taken = await this.#take(mode, bundle, bytes);
    if (taken.ok || taken.error.code === "overtaken") {
      if (!taken.ok) await this.#acts.follow();
      const isPromoted = this.#parts.operations.current().promoted?.digest === bundle.digest;
      const isHere = generations.active(tenant)?.bundle.identity.digest === bundle.digest;
      return isPromoted && !isHere ? err({ code: "bundle.unreadable", detail: this.#acts.problem ?? "it is not active" }) : ok(bundle);
    }
    if (taken.error.code === "gateway.operations_unavailable") {
      this.#pending = { bytes, detail: taken.error.detail };
      this.#acts.waiting = bundle;
      if (waitedFor !== taken.error.detail) logger.warn({ ...taken.error }, "a new bundle waits for the shared state");
      return err(taken.error);
    }
    return this.#refuse(taken.error);
  }

  async #take(mode: RolloutConfig["new_bundles"], bundle: StagedBundle, bytes: Uint8Array): Promise<Done> {
    const state = this.#parts.operations.current();
    if (mode === "promote")
      return await this.#acts.promote(bundle, "its source brought it", GATEWAY, (change) => unlessKnown(bundle, change), bytes);
    const plan = planOf(this.#parts.config);
    const kept = await this.#acts.keep(bundle, bytes);
    if (!kept.ok) return kept;
    if (mode === "plan" && plan && state.rollout === undefined)
      return await this.#acts.begin(bundle, bytes, plan, GATEWAY, (change) => unlessKnown(bundle, change));
    const now = this.#acts.now();
    const held = await this.#parts.operations.update<Overtaken>((current) => {
      const next = isKnown(current, bundle) ? current : hold(current, bundle, now);
      return next === current ? err(overtaken) : ok(next);
    });
    if (held.ok) this.#acts.record({ effect: "held", bundle, by: GATEWAY });
    return held;
  }

  /** Where bundles go by a plan, the one that had to wait for another rollout is next. */
  async #planHeld(): Promise<void> {
    const { rollout, held } = this.#parts.operations.current();
    const plan = planOf(this.#parts.config);
    if (plan === undefined || rollout !== undefined || held === undefined) return;
    const bundle = stagedOf(held);
    const ready = await this.#acts.shelf.ready(bundle);
    if (!ready.ok) {
      if (!ready.error.passing) await this.#acts.dropHeld(bundle, ready.error);
      return;
    }
    const isHeld = (state: OperationsState) => state.rollout === undefined && state.held?.digest === bundle.digest;
    await this.#acts.begin(
      bundle,
      ready.value.bytes,
      plan,
      GATEWAY,
      (change) => (state) => (isHeld(state) ? change(state) : err(overtaken)),
    );
  }
}

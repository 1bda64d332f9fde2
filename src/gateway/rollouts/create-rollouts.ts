import type { IdSource } from "../../core/ids.ts";
import { type OperationsState, type StagedBundle, stagedOf } from "../../core/operations.ts";
import { err, type Result } from "../../core/result.ts";
import type { DecisionLog } from "../../parts/decisions/index.ts";
import type { Operations } from "../../parts/operations/index.ts";
import { Lane } from "../../platform/lane.ts";
import type { Logger } from "../../platform/logger.ts";
import { Acts } from "./acts.ts";
import { actByItself } from "./automatic.ts";
import { canaryAgents } from "./canary-agents.ts";
import { gone, onVersion, settled } from "./changes.ts";
import type { RolloutConfig } from "./config.ts";
import type { FollowerParts } from "./follower.ts";
import { Offers } from "./offers.ts";
import type { RolloutRefusal, RolloutStatus, Rollouts, WantedRollout } from "./rollouts.ts";
import { stepsMistake } from "./steps.ts";

/** How often this replica looks at the clock, at what was counted, and says how far it is. */
const LOOK_MS = 1_000;

export interface RolloutParts extends FollowerParts {
  readonly log: DecisionLog;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Id of this replica. */
  readonly replica: string;
  readonly config: RolloutConfig;
}

/** Rollouts with their life in this process. */
export interface RunningRollouts extends Rollouts {
  /** Follows what is known at the start, and everything that comes. Afterwards the last good bundle decides, if there is one. */
  begin(): Promise<void>;
  /** After a change of the keyring: what it does not carry any more stops at once. */
  recheck(): Promise<void>;
  /** Does what is due, as it is done every second. */
  look(): Promise<void>;
  close(): Promise<void>;
}

type State = Result<OperationsState, RolloutRefusal>;

export function createRollouts(parts: RolloutParts): RunningRollouts {
  return new RolloutLine(parts);
}

/** One act after another: what is prepared for one is not swapped by the next. */
class RolloutLine implements RunningRollouts {
  readonly #parts: RolloutParts;
  readonly #operations: Operations;
  readonly #acts: Acts;
  readonly #offers: Offers;
  readonly #canaryAgents = canaryAgents();
  readonly #lane = new Lane();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => {};
  #isLooking = false;
  #isFollowing = false;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
    this.#operations = parts.operations;
    this.#acts = new Acts(parts);
    this.#offers = new Offers(parts, this.#acts);
  }

  async begin(): Promise<void> {
    await this.#operations.firstRead;
    this.#unsubscribe = this.#operations.onChange((state) => {
      this.#acts.follower.leave(state);
      if (this.#isFollowing) return;
      this.#isFollowing = true;
      this.#inBackground(async () => {
        this.#isFollowing = false;
        await this.#acts.follow();
      });
    });
    await this.#lane.do(() => this.#acts.follow());
    this.#timer = setInterval(() => this.#soon(), LOOK_MS).unref();
  }

  offer(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>> {
    return this.#lane.do(() => this.#offers.offer(bytes));
  }

  stage(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>> {
    return this.#lane.do(async () => {
      const bundle = await this.#acts.identify(bytes);
      if (!bundle.ok) return bundle;
      const kept = await this.#acts.stage(bundle.value, bytes);
      return kept.ok ? bundle : kept;
    });
  }

  start(wanted: WantedRollout, by: string, ifVersion?: number): Promise<State> {
    return this.#lane.do(() => this.#start(wanted, by, ifVersion));
  }

  promote(why: string, by: string, ifVersion?: number): Promise<State> {
    return this.#lane.do(async () => {
      const bundle = wanted(this.#operations.current());
      if (bundle === undefined) return this.#nothing(ifVersion);
      // Never another bundle than the one that was there when it was asked for.
      const isSame = (state: OperationsState) => wanted(state)?.digest === bundle.digest;
      const done = await this.#acts.promote(bundle, why, by, (change) =>
        onVersion(ifVersion, (state) => (isSame(state) ? change(state) : gone(state))),
      );
      return settled(done);
    });
  }

  rollBack(why: string, by: string, ifVersion?: number): Promise<State> {
    return this.#lane.do(async () => settled(await this.#acts.rollBack(why, by, (change) => onVersion(ifVersion, change))));
  }

  async status(): Promise<RolloutStatus> {
    const state = this.#operations.current();
    const id = state.rollout?.id ?? state.ended[0]?.id;
    const [counts, replicas] = await Promise.all([id === undefined ? undefined : this.#operations.counts(id), this.#operations.replicas()]);
    const canary = this.#canaryAgents(state.rollout, this.#parts.generations.active(this.#parts.tenant));
    return {
      state,
      ...(counts?.ok ? { counts: counts.value } : {}),
      ...(canary === undefined ? {} : { canary }),
      replicas: replicas.ok ? replicas.value : [],
    };
  }

  problem(): string | undefined {
    const problems = [this.#acts.problem, this.#offers.waiting].filter((problem) => problem !== undefined);
    return problems.length === 0 ? undefined : problems.join("; ");
  }

  recheck(): Promise<void> {
    return this.#lane.do(() => this.#acts.recheck());
  }

  look(): Promise<void> {
    return this.#lane.do(async () => {
      await this.#offers.again();
      if (this.#acts.problem !== undefined || this.#acts.version < this.#operations.current().version) await this.#acts.follow();
      await actByItself(this.#parts, this.#acts);
      this.#acts.report(this.problem());
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#lane.settled();
    this.#acts.shelf.keep(new Set());
  }

  #inBackground(act: () => Promise<void>): void {
    this.#lane.do(act).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#parts.logger.error({ error: String(error) }, "a rollout failed inside the gateway");
  }

  /** A look that takes long is not waited for by the next one. */
  #soon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.look()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#isLooking = false;
      });
  }

  /** There is nothing, or not any more. */
  #nothing(ifVersion: number | undefined): State {
    const state = this.#operations.current();
    const seen = onVersion(ifVersion, gone)(state);
    return seen.ok ? gone(state) : settled(seen);
  }

  async #start(wanted: WantedRollout, by: string, ifVersion: number | undefined): Promise<State> {
    const state = this.#operations.current();
    const named = wanted.digest ?? state.rollout?.bundle.digest ?? this.#acts.staged?.digest ?? state.held?.digest;
    if (named === undefined) return err({ code: "rollout.no_bundle", detail: "nothing was staged, is held, or is under way" });
    const mistake = stepsMistake(wanted.steps);
    if (mistake !== undefined) return err({ code: "rollout.invalid", detail: mistake });
    const bytes = await this.#acts.shelf.bytes(named);
    if (bytes === undefined) return err({ code: "rollout.no_bundle", detail: `no replica keeps ${named}` });
    const bundle = await this.#acts.identify(bytes);
    if (!bundle.ok) return bundle;
    if (bundle.value.digest !== named) return err({ code: "bundle.file_changed", detail: `found ${bundle.value.digest}, wanted ${named}` });
    const { digest: _, ...plan } = wanted;
    return settled(await this.#acts.begin(bundle.value, bytes, plan, by, (change) => onVersion(ifVersion, change)));
  }
}

/** What an operator's word is about: the bundle that is under way, or the one that waits for an operator. */
function wanted({ rollout, held }: OperationsState): StagedBundle | undefined {
  return rollout?.bundle ?? (held && stagedOf(held));
}

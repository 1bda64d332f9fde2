import { setTimeout as wait } from "node:timers/promises";
import type { OperationsState } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { Lane } from "../../platform/lane.ts";
import type { Logger } from "../../platform/logger.ts";
import type { RedisConnection } from "../../platform/redis.ts";
import { type Kept, newLine } from "./kept-state.ts";
import type { KnownState } from "./known-state.ts";
import type { LocalCopy } from "./local-copy.ts";
import { type OperationsUnavailable, unavailable } from "./operations.ts";
import type { OperationsKeys } from "./redis-keys.ts";
import { readScript, writeScript } from "./redis-scripts.ts";
import { settle } from "./settle.ts";
import { asKept } from "./state-schema.ts";
import { readStateText, sha1, writeStateText } from "./state-text.ts";
import { KEPT_AFTER_END_MS } from "./tally.ts";

/** Each time that another replica was faster it has changed something, so this many in a row are a storm. */
const TRIES = 50;
const LONGEST_PAUSE_MS = 25;
/** After an answer that was lost: how often it is asked what came of it, and the pause between. */
const ASKS = 5;
const ASK_AGAIN_MS = 100;

type Looked = Result<Kept | undefined, OperationsUnavailable>;

/** The state in Redis, as one replica sees and changes it: one act after the other. */
export class SharedState {
  readonly #redis: RedisConnection;
  readonly #keys: OperationsKeys;
  readonly #known: KnownState;
  readonly #copy: LocalCopy;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lane = new Lane();
  #kept: Kept | undefined;
  /** SHA-1 of the text that stands in Redis as far as is known; "" for none. */
  #seen = "";
  #confirmedAt: number | undefined;
  #isLooking = false;
  #isBroken = false;

  constructor(redis: RedisConnection, keys: OperationsKeys, known: KnownState, copy: LocalCopy, clock: Clock, logger: Logger) {
    this.#redis = redis;
    this.#keys = keys;
    this.#known = known;
    this.#copy = copy;
    this.#clock = clock;
    this.#logger = logger;
    this.#kept = copy.start;
  }

  /** Milliseconds since Redis last confirmed what is known here. */
  staleMs(): number {
    return this.#confirmedAt === undefined ? Infinity : Math.max(0, this.#clock.now() - this.#confirmedAt);
  }

  /** Reads what is new, or gives back to Redis what it lost. Looks that come while one waits are one. */
  async look(): Promise<void> {
    if (this.#isLooking) return this.#lane.settled();
    this.#isLooking = true;
    await this.#lane.do(() => {
      this.#isLooking = false;
      return this.#look();
    });
  }

  update<Refusal>(
    change: (state: OperationsState) => Result<Omit<OperationsState, "version">, Refusal>,
  ): Promise<Result<OperationsState, Refusal | OperationsUnavailable>> {
    return this.#lane.do(() => this.#update(change));
  }

  settled(): Promise<void> {
    return this.#lane.settled();
  }

  async #update<Refusal>(
    change: (state: OperationsState) => Result<Omit<OperationsState, "version">, Refusal>,
  ): Promise<Result<OperationsState, Refusal | OperationsUnavailable>> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const looked = await this.#look();
      if (!looked.ok) return looked;
      const before = looked.value ?? newLine();
      const next = change(before.state);
      if (!next.ok) return next;
      const kept = { line: before.line, state: asKept(next.value, before.state.version + 1) };
      const written = await this.#write(kept, before.state.rollout?.id);
      if (!written.ok) return written;
      if (written.value) return ok(kept.state);
      // Replicas that were refused together must not come again together.
      await wait(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** attempt));
    }
    return err(unavailable(`other replicas were faster ${TRIES} times in a row; nothing was changed`));
  }

  async #look(): Promise<Looked> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const askedAt = this.#clock.now();
      const answer = await this.#redis.run(readScript, [this.#keys.state], [this.#seen]);
      if (!answer.ok) return err(unavailable(answer.error.detail));
      const settled = this.#settle(answer.value);
      if (!settled.ok) return this.#broken(settled);
      if (settled.value === "confirmed") {
        this.#confirm(askedAt);
        return ok(this.#kept);
      }
      const written = await this.#write(settled.value);
      if (!written.ok) return written;
    }
    return err(unavailable(`other replicas were faster ${TRIES} times in a row`));
  }

  /** What an answer of the reading script means: nothing more to do, or a state that has to go into Redis. */
  #settle(answer: unknown): Result<Kept | "confirmed", OperationsUnavailable> {
    const [kind, text] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
    if (kind === 0) return ok("confirmed");
    if (kind === 2) {
      this.#seen = "";
      return ok(this.#kept ?? "confirmed");
    }
    if (kind !== 1 || typeof text !== "string") return err(unavailable(`redis answered "${readScript.name}" in a way that cannot be read`));
    const stored = readStateText(text, this.#keys.state);
    if (!stored.ok) return stored;
    this.#seen = sha1(text);
    if (this.#kept === undefined) return this.#adopt(stored.value);
    const settled = settle(this.#kept, stored.value, this.#clock.now());
    if (settled.holds === "stored") return this.#adopt(stored.value);
    this.#logger.warn(
      { known: this.#kept.state.version, found: stored.value.state.version },
      "redis is behind; what is known here is written back",
    );
    return ok(settled.kept);
  }

  /** Puts the state in the place of what was seen. `false`: something else is there by now. */
  async #write(kept: Kept, endsRollout?: string): Promise<Result<boolean, OperationsUnavailable>> {
    const text = writeStateText(kept);
    const ends = endsRollout !== undefined && endsRollout !== kept.state.rollout?.id;
    const keys = [this.#keys.state, ...(ends ? [this.#keys.counts(endsRollout)] : [])];
    const askedAt = this.#clock.now();
    const args = [this.#seen, text, kept.state.version, this.#keys.channel, KEPT_AFTER_END_MS];
    const answer = await this.#redis.run(writeScript, keys, args);
    const written = answer.ok ? ok(answer.value === 1) : answer.error.mayHaveRun ? await this.#whatCameOf(text) : undefined;
    if (written === undefined) return err(unavailable(answer.ok ? "" : answer.error.detail));
    if (!written.ok || !written.value) return written;
    this.#seen = sha1(text);
    this.#adopt(kept);
    this.#confirm(askedAt);
    return ok(true);
  }

  /** The answer was lost. Whether the change is there can be seen, unless somebody changed it again or Redis stays away. */
  async #whatCameOf(text: string): Promise<Result<boolean, OperationsUnavailable>> {
    let detail = "";
    for (let asked = 0; asked < ASKS; asked++) {
      const answer = await this.#redis.run(readScript, [this.#keys.state], [sha1(text)]);
      if (answer.ok && Array.isArray(answer.value)) {
        const [kind, found] = answer.value as readonly unknown[];
        if (kind === 0) return ok(true);
        if (kind === 2 || (typeof found === "string" && sha1(found) === this.#seen)) return ok(false);
        return err(unavailable("redis gave no answer in time, and the state was changed since; the change may have been made before that"));
      }
      detail = answer.ok ? "it answered in a way that cannot be read" : answer.error.detail;
      await wait(ASK_AGAIN_MS);
    }
    return err(unavailable(`the change may have been made: ${detail}`));
  }

  #adopt(kept: Kept): Result<"confirmed", never> {
    this.#kept = kept;
    this.#known.rise(kept.state);
    this.#copy.follow(kept);
    return ok("confirmed");
  }

  #confirm(askedAt: number): void {
    this.#confirmedAt = Math.max(askedAt, this.#confirmedAt ?? askedAt);
    if (this.#kept !== undefined) this.#copy.follow(this.#kept);
    if (this.#isBroken) this.#logger.info({}, "what operators decided can be read in redis again");
    this.#isBroken = false;
  }

  /** One line per change, not one each second. */
  #broken<T extends { readonly error: OperationsUnavailable }>(refused: T): T {
    if (!this.#isBroken) this.#logger.error({ error: refused.error.detail }, "what operators decided cannot be read in redis");
    this.#isBroken = true;
    return refused;
  }
}

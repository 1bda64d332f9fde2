import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type ComparisonCounts, type Difference, flips } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { Lane } from "../../platform/lane.ts";
import type { RedisConnection } from "../../platform/redis.ts";
import { type Counted, type OperationsUnavailable, unavailable } from "./operations.ts";
import type { OperationsKeys } from "./redis-keys.ts";
import { countScript, countsScript } from "./redis-scripts.ts";
import { assertWhole, countsOf, latestSamples, MOST_DIFFERENCES, MOST_SAMPLES, noTally, placeOf, type Tally } from "./tally.ts";

const TRIES = 3;

/** What replicas counted for a rollout, in one hash. */
export class RedisCounts {
  readonly #redis: RedisConnection;
  readonly #keys: OperationsKeys;
  /** A process that starts anew begins with its first batch again, so it must not pass for the one before. */
  readonly #origin: string;
  readonly #lane = new Lane();
  #batch = 0;

  constructor(redis: RedisConnection, keys: OperationsKeys, replica: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#origin = `${replica}/${randomUUID()}`;
  }

  /** One batch after the other: one that comes late behind a later one is taken for counted, and so never counted twice. */
  async add(rollout: string, found: Counted, keepMs: number): Promise<Result<void, OperationsUnavailable>> {
    assertWhole(found);
    return this.#lane.do(async () => {
      this.#batch += 1;
      const args = [this.#origin, this.#batch, keepMs, MOST_DIFFERENCES, MOST_SAMPLES, ...argsOf(found)];
      for (let left = TRIES; ; left--) {
        const added = await this.#redis.run(countScript, [this.#keys.counts(rollout)], args);
        if (added.ok) return ok(undefined);
        if (!added.error.mayHaveRun || left <= 1) return err(unavailable(added.error.detail));
      }
    });
  }

  async read(rollout: string): Promise<Result<ComparisonCounts, OperationsUnavailable>> {
    const key = this.#keys.counts(rollout);
    const answer = await this.#redis.run(countsScript, [key], []);
    if (!answer.ok) return err(unavailable(answer.error.detail));
    const tally = tallyOf(answer.value);
    return tally === undefined ? err(unavailable(`found what cannot be read in "${key}" of redis`)) : ok(countsOf(tally));
  }

  settled(): Promise<void> {
    return this.#lane.settled();
  }
}

function argsOf(found: Counted): (string | number)[] {
  const counted = flips.filter((flip) => (found.flips[flip] ?? 0) > 0);
  const args: (string | number)[] = [found.skipped, counted.length];
  for (const flip of counted) args.push(flip, found.flips[flip] ?? 0);
  for (const difference of found.differences) {
    args.push(placeOf(difference), difference.count, latestSamples(difference.samples).join(" "));
  }
  return args;
}

const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const placeSchema = z.tuple([z.enum(flips).exclude(["same"]), z.string(), z.string(), z.string()]);

function tallyOf(reply: unknown): Tally | undefined {
  const fields = z.array(z.string()).safeParse(reply);
  if (!fields.success) return undefined;
  const pairs = Array.from({ length: fields.data.length / 2 }, (_, index) => fields.data.slice(2 * index, 2 * index + 2));
  const hash = new Map(pairs.map(([field = "", value = ""]) => [field, value]));
  const tally = noTally();
  try {
    tally.skipped = number.parse(hash.get("skipped") ?? "0");
    for (const flip of flips) tally.flips[flip] = number.parse(hash.get(`flip:${flip}`) ?? "0");
    for (const [field, value] of hash) {
      if (field.startsWith("count:")) tally.differences.push(differenceOf(field.slice("count:".length), value, hash));
    }
  } catch {
    return undefined;
  }
  return tally;
}

/** Throws for what a script did not write. */
function differenceOf(place: string, count: string, hash: ReadonlyMap<string, string>): Difference {
  const [flip, agent, target, rule] = placeSchema.parse(JSON.parse(place));
  const samples = (hash.get(`samples:${place}`) ?? "").split(" ").filter((id) => id !== "");
  return { flip, agent, target, rule, count: number.parse(count), samples };
}

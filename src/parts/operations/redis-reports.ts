import { z } from "zod";
import type { ReplicaReport } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { RedisConnection } from "../../platform/redis.ts";
import { type OperationsUnavailable, unavailable } from "./operations.ts";
import { reportScript } from "./redis-scripts.ts";
import { REPORT_KEPT_MS } from "./reported.ts";
import { digestSchema } from "./state-schema.ts";

const reportSchema = z.object({
  replica: z.string(),
  version: z.int().min(0),
  active: digestSchema.exactOptional(),
  candidate: digestSchema.exactOptional(),
  problem: z.string().exactOptional(),
});

/** What all replicas say of themselves. A report of a newer gateway that cannot be read is left out, not an error. */
export class RedisReports {
  readonly #redis: RedisConnection;
  readonly #key: string;
  readonly #now: () => number | "";

  constructor(redis: RedisConnection, key: string, now: () => number | "") {
    this.#redis = redis;
    this.#key = key;
    this.#now = now;
  }

  add(report: Omit<ReplicaReport, "at">): void {
    void this.#run(report.replica, JSON.stringify(report));
  }

  async lately(): Promise<Result<readonly ReplicaReport[], OperationsUnavailable>> {
    const answer = await this.#run("", "");
    if (!answer.ok) return err(unavailable(answer.error.detail));
    const texts = z.array(z.string()).safeParse(answer.value);
    if (!texts.success) return err(unavailable(`found what cannot be read in "${this.#key}" of redis`));
    return ok(texts.data.flatMap(reportOf).toSorted((one, other) => (one.replica < other.replica ? -1 : 1)));
  }

  #run(replica: string, text: string): ReturnType<RedisConnection["run"]> {
    return this.#redis.run(reportScript, [this.#key], [this.#now(), REPORT_KEPT_MS, replica, text]);
  }
}

function reportOf(text: string): readonly ReplicaReport[] {
  const blank = text.indexOf(" ");
  try {
    return [{ ...reportSchema.parse(JSON.parse(text.slice(blank + 1))), at: Number(text.slice(0, blank)) }];
  } catch {
    return [];
  }
}

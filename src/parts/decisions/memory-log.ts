import type { IdSource } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import type { DecisionLog, Durability, LogHead, LogUnavailable, RecordPosition } from "./decision-log.ts";
import { assertBody } from "./file-log.ts";
import { Group } from "./group.ts";
import { headerLine, NO_LINE, recordLine } from "./line.ts";
import { startBody } from "./own-records.ts";

export interface MemoryLogOptions {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly instance: string;
}

/** The log in memory: what every log promises, without a disk. */
export interface MemoryLog extends DecisionLog {
  /** Every line so far, as a file would hold them. */
  lines(): readonly string[];
  /** Every append is refused with this detail until it is called with `undefined`. */
  refuse(detail: string | undefined): void;
}

export function memoryLog(options: MemoryLogOptions): MemoryLog {
  const now = options.clock.now();
  const log = options.ids.log(now);
  const time = new Date(now).toISOString();
  const chain = new Group(0, NO_LINE, 0, 1, undefined);
  let refusal: string | undefined;

  function add(body: string, durability: Durability): RecordPosition {
    const seq = chain.count;
    chain.add(recordLine(seq, chain.hash, durability, body));
    chain.count = seq + 1;
    return { seq };
  }

  chain.add(headerLine({ log, segment: 1, count: 0, prev: NO_LINE, time, open: [] }));
  add(startBody({ log, time, instance: options.instance, previous: undefined, torn: [] }), "always");

  return {
    async append(body, durability): Promise<Result<RecordPosition, LogUnavailable>> {
      assertBody(body);
      if (refusal !== undefined) return err({ code: "gateway.log_unavailable", detail: refusal });
      return ok(add(body, durability));
    },
    healthy: () => refusal === undefined,
    head: (): LogHead => ({ log, count: chain.count, hash: chain.hash }),
    async close() {
      refusal = "the log is closed";
    },
    lines: () => chain.bytes.toString("utf8", 0, chain.length - 1).split("\n"),
    refuse: (detail) => {
      refusal = detail;
    },
  };
}

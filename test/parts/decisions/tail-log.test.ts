import { describe, expect, it } from "vitest";
import { type LogRecord, tailLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { record } from "../../contracts/decision-log.contract.ts";
import { newFolder, opened, START, segmentFiles } from "./log-folder.ts";

async function collect(records: AsyncIterable<LogRecord>): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const one of records) ids.push(one.kind === "start" ? "start" : one.id);
  return ids;
}

describe("tail", () => {
  it("without follow it ends with the last record, across segments and logs", async () => {
    const dir = await newFolder();
    for (const run of [0, 1]) {
      const { log } = await opened(dir, { segmentBytes: 600, clock: manualClock(START + run) });
      for (let n = 0; n < 5; n++) await log.append(record("list", `dec_${run}_${n}`, { pad: "x".repeat(200) }), "grouped");
      await log.close();
    }
    expect((await segmentFiles(dir)).length).toBeGreaterThan(4);
    const logOf = (run: number) => ["start", ...Array.from({ length: 5 }, (_, n) => `dec_${run}_${n}`)];
    expect(await collect(tailLog(dir))).toEqual([...logOf(0), ...logOf(1)]);
    expect(await collect(tailLog(dir, { newest: true }))).toEqual(logOf(1));
  });

  it("a filter chooses records", async () => {
    const dir = await newFolder();
    const { log } = await opened(dir);
    await log.append(record("list", "dec_1"), "grouped");
    await log.append(record("refusal", "dec_2"), "grouped");
    expect(await collect(tailLog(dir, { filter: (one) => one.kind === "refusal" }))).toEqual(["dec_2"]);
  });

  it("follow goes on through new segments and a restart, until it is told to stop", async () => {
    const dir = await newFolder();
    const stop = new AbortController();
    const first = await opened(dir, { segmentBytes: 600 });
    const seen = tailLog(dir, { follow: true, signal: stop.signal, pollMs: 5 })[Symbol.asyncIterator]();
    const next = async () => {
      const { value } = await seen.next();
      return value?.kind === "start" ? "start" : value?.id;
    };
    expect(await next()).toBe("start");
    for (let n = 0; n < 8; n++) {
      await first.log.append(record("list", `dec_${n}`, { pad: "x".repeat(200) }), "grouped");
      expect(await next()).toBe(`dec_${n}`);
    }
    await first.log.close();
    const second = await opened(dir, { clock: manualClock(START + 1) });
    expect(await next()).toBe("start");
    const waiting = next();
    await second.log.append(record("list", "dec_again"), "always");
    expect(await waiting).toBe("dec_again");
    const end = seen.next();
    stop.abort();
    expect(await end).toMatchObject({ done: true });
  });
});

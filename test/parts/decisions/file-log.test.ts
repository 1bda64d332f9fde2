import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLog, verifyLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { decisionLogContract, expectChain, record } from "../../contracts/decision-log.contract.ts";
import { faultyDisk } from "./faulty-disk.ts";
import { allLines, logOptions, newFolder, opened, START, segmentFiles } from "./log-folder.ts";

describe.each([
  ["files, written through a thread", false],
  ["files, written at once", true],
])("%s", (name, atOnce) => {
  decisionLogContract(name, () => contractLog(atOnce));
});

async function contractLog(atOnce: boolean) {
  const dir = await newFolder();
  const clock = manualClock(START);
  const disk = faultyDisk({ atOnce });
  const { log } = await opened(dir, { clock, disk });
  return {
    log,
    lines: async () => allLines(dir),
    breakStorage: () => disk.fail("ENOSPC", ["write"]),
    repairStorage: () => {
      disk.repair();
      clock.advance(250);
    },
  };
}

async function faultyLog(options: { readonly stallMs?: number; readonly segmentBytes?: number; readonly atOnce?: boolean } = {}) {
  const dir = await newFolder();
  const clock = manualClock(START);
  const { atOnce = false, ...rest } = options;
  const disk = faultyDisk({ atOnce });
  const { log } = await opened(dir, { clock, disk, ...rest });
  return { dir, clock, disk, log };
}

describe("segments", () => {
  it("folder and files are for their owner alone", async () => {
    const dir = await newFolder();
    await opened(dir);
    const [file = ""] = await segmentFiles(dir);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, file, ".."))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
  });

  it("a full segment is left for the next, whose header continues the chain and names what is open", async () => {
    const dir = await newFolder();
    const { log } = await opened(dir, { segmentBytes: 2000 });
    await log.append(record("intent", "dec_open"), "always");
    await Promise.all(Array.from({ length: 30 }, (_, n) => log.append(record("list", `dec_${n}`, { pad: "x".repeat(200) }), "grouped")));
    const files = await segmentFiles(dir);
    expect(files.length).toBeGreaterThan(3);
    expectChain(await allLines(dir), "0".repeat(64));
    const [header = ""] = (await readFile(join(dir, files[2] ?? ""), "utf8")).split("\n");
    expect(JSON.parse(header)).toMatchObject({ kind: "segment", segment: 3, open: [{ id: "dec_open", seq: 1, segment: 1 }] });
    await log.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, records: 32, segments: files.length, logs: 1 });
  });

  it("one sync answers every call that was written before it began", async () => {
    const { log, disk } = await faultyLog();
    const before = disk.calls.sync;
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append(record("intent", `dec_${n}`), "always")));
    expect(disk.calls.sync - before).toBeLessThanOrEqual(2);
  });

  it("a record larger than any buffer is stored whole", async () => {
    const { log, dir } = await faultyLog();
    const text = "ü".repeat(400_000);
    await Promise.all([log.append(record("list", "dec_1", { text }), "grouped"), log.append(record("list", "dec_2"), "grouped")]);
    const lines = await allLines(dir);
    expect(JSON.parse(lines[2] ?? "").text).toBe(text);
    expectChain(lines, "0".repeat(64));
  });
});

describe("a disk that fails", () => {
  it.each(["ENOSPC", "EFBIG", "EROFS", "EIO"])("%s in the middle of a line leaves no half line behind", async (code) => {
    const { log, dir, disk, clock } = await faultyLog();
    await log.append(record("intent", "dec_1"), "grouped");
    disk.fail(code, ["write"], 150);
    expect(await log.append(record("outcome", "dec_1", { pad: "x".repeat(300) }), "grouped")).toMatchObject({
      ok: false,
      error: { code: "gateway.log_unavailable", detail: expect.stringContaining(code) },
    });
    disk.repair();
    clock.advance(250);
    expect(await log.append(record("outcome", "dec_1"), "always")).toMatchObject({ ok: true });
    await log.close();
    const gap = (await allLines(dir)).map((line) => JSON.parse(line)).find((line) => line.kind === "gap");
    expect(gap).toMatchObject({ refused: 1, kept: [], since: new Date(START).toISOString(), error: expect.stringContaining(code) });
    expect(await verifyLog(dir)).toMatchObject({ ok: true, segments: 2, pairs: { gaps: 1, withoutOutcome: { count: 0 } } });
  });

  it("while it is down it is asked again at most every 250 ms, and only one append waits for that", async () => {
    const { log, disk, clock } = await faultyLog();
    disk.fail("ENOSPC", ["write", "create"]);
    await log.append(record("list", "dec_1"), "grouped");
    const before = disk.calls.create;
    for (let n = 0; n < 5; n++) expect(await log.append(record("list", "dec_2"), "grouped")).toMatchObject({ ok: false });
    expect(disk.calls.create).toBe(before);
    clock.advance(250);
    const answers = await Promise.all([1, 2, 3].map((n) => log.append(record("list", `dec_${n}`), "grouped")));
    expect(answers.every((answer) => !answer.ok)).toBe(true);
    expect(disk.calls.create).toBe(before + 1);
  });

  it("it recovers without any append, so that a gateway nobody asks becomes ready again", async () => {
    const { log, disk, clock, dir } = await faultyLog({ stallMs: 40 });
    disk.fail("ENOSPC", ["write"]);
    await log.append(record("list", "dec_1"), "grouped");
    disk.repair();
    clock.advance(250);
    await expect.poll(() => log.healthy()).toBe(true);
    expect((await allLines(dir)).at(-1)).toContain('"kind":"gap"');
  });

  it("attempts that fail again and again leave no segments behind", async () => {
    const { log, disk, clock, dir } = await faultyLog();
    await log.append(record("list", "dec_0"), "grouped");
    disk.fail("ENOSPC", ["write"]);
    for (let n = 0; n < 6; n++) {
      await log.append(record("list", "dec_no"), "grouped");
      clock.advance(250);
    }
    disk.fail("EROFS", ["create", "truncate"]);
    await log.append(record("list", "dec_no"), "grouped");
    disk.repair();
    clock.advance(250);
    expect(await log.append(record("list", "dec_1"), "grouped")).toEqual({ ok: true, value: { seq: 3 } });
    await log.close();
    expect(await segmentFiles(dir)).toHaveLength(2);
    expect(await verifyLog(dir)).toMatchObject({ ok: true, records: 4 });
  });

  it("a folder that became read-only is noticed when the next segment is due", async () => {
    const { log, disk, clock, dir } = await faultyLog({ segmentBytes: 1000 });
    disk.fail("EACCES", ["create"]);
    await log.append(record("list", "dec_1", { pad: "x".repeat(1000) }), "grouped");
    expect(await log.append(record("list", "dec_2"), "always")).toMatchObject({ ok: false });
    disk.repair();
    clock.advance(250);
    expect(await log.append(record("list", "dec_3"), "always")).toMatchObject({ ok: true });
    await log.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true });
  });

  it("a record whose sync failed is refused, and the gap names it because its line stays", async () => {
    const { log, disk, clock, dir } = await faultyLog();
    disk.fail("EIO", ["sync"]);
    expect(await log.append(record("intent", "dec_1"), "always")).toMatchObject({ ok: false });
    expect(log.healthy()).toBe(false);
    disk.repair();
    clock.advance(250);
    expect(await log.append(record("list", "dec_2"), "always")).toMatchObject({ ok: true });
    await log.close();
    const gap = (await allLines(dir)).map((line) => JSON.parse(line)).find((line) => line.kind === "gap");
    expect(gap).toMatchObject({ refused: 1, kept: [{ seq: 1, id: "dec_1" }], synced: 1 });
    expect(await verifyLog(dir)).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
    const next = await opened(dir);
    expect(next.orphans).toEqual([]);
  });
});

describe("a disk that hangs", () => {
  it.each([
    ["write", "grouped"],
    ["write", "always"],
    ["sync", "always"],
  ] as const)("a hung %s refuses what waits for it as %s, and later what it did write is taken back", async (operation, durability) => {
    const { log, disk, clock, dir } = await faultyLog({ stallMs: 40 });
    await log.append(record("list", "dec_0"), "always");
    disk.hang([operation]);
    const waiting = Array.from({ length: 3 }, (_, n) => log.append(record("list", `dec_hung_${n}`), durability));
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatchObject({ ok: false, error: { detail: expect.stringContaining("did not answer within 40 ms") } });
    }
    clock.advance(250);
    // The disk still has not come back: nothing is tried, nobody waits.
    expect(await log.append(record("list", "dec_no"), durability)).toMatchObject({ ok: false });
    disk.release();
    await expect.poll(async () => (await log.append(record("list", "dec_after"), durability)).ok).toBe(true);
    await log.close();
    const hung = (await allLines(dir)).filter((line) => line.includes('"id":"dec_hung') && line.includes('"kind":"list"'));
    expect(hung).toHaveLength(operation === "sync" ? 3 : 0);
    expect(await verifyLog(dir)).toMatchObject({ ok: true, pairs: { gaps: 1 } });
  });

  it("is written through a thread as soon as a sync is late, so that it cannot stop the process", async () => {
    const { log, disk } = await faultyLog({ stallMs: 400, atOnce: true });
    const before = { ...disk.calls };
    expect(await log.append(record("list", "dec_0"), "grouped")).toMatchObject({ ok: true });
    expect(disk.calls).toMatchObject({ write: before.write, writeNow: before.writeNow + 1 });
    disk.hang(["sync", "write"]);
    const waiting = log.append(record("list", "dec_sync"), "always");
    // A write at once would be taken; one through a thread hangs with the disk.
    const writesAfterOneMore = () => {
      void log.append(record("list", "dec_more"), "grouped");
      return disk.calls.write;
    };
    await expect.poll(writesAfterOneMore, { interval: 1 }).toBeGreaterThan(before.write);
    expect(await waiting).toMatchObject({ ok: false });
    disk.release();
    await log.close();
  });

  it("closing does not wait for a hung disk, but keeps the folder while a write may still land", async () => {
    const { log, disk, dir } = await faultyLog({ stallMs: 40 });
    disk.hang(["write"]);
    const answer = log.append(record("list", "dec_1"), "grouped");
    await log.close();
    expect(await answer).toMatchObject({ ok: false });
    expect(await openLog(logOptions(dir))).toMatchObject({ ok: false, error: { code: "log.locked" } });
    disk.release();
  });
});

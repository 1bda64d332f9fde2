import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { openLog, verifyLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { expectChain, record } from "../../contracts/decision-log.contract.ts";
import { allLines, logOptions, newFolder, opened, START, segmentFiles } from "./log-folder.ts";

const childPath = fileURLToPath(new URL("append-child.ts", import.meta.url));

function startChild(command: string, args: readonly string[]): ChildProcess & { readonly stdout: NonNullable<ChildProcess["stdout"]> } {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** Leaves the folder as a killed process does: the lock is there and names a process that is not. */
async function forsake(dir: string, log: { close(): Promise<void> }): Promise<void> {
  await log.close();
  await writeFile(join(dir, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, started: "boot/1", nonce: "gone" }));
}

describe("restarts", () => {
  it("a new log names the head of the last one, and the chain goes on", async () => {
    const dir = await newFolder();
    const first = await opened(dir);
    await first.log.append(record("list", "dec_1"), "grouped");
    await first.log.close();
    const second = await opened(dir, { clock: manualClock(START + 1000) });
    const start = (await allLines(dir)).map((line) => JSON.parse(line)).filter((line) => line.kind === "start")[1];
    expect(start.previous).toEqual(first.log.head());
    await second.log.close();
    expectChain(await allLines(dir), "0".repeat(64));
    expect(await verifyLog(dir)).toMatchObject({ ok: true, logs: 2, records: 3 });
  });

  it("logs keep their order when the clock went back", async () => {
    const dir = await newFolder();
    for (const time of [START, START - 3_600_000, START - 7_200_000]) {
      const { log } = await opened(dir, { clock: manualClock(time) });
      await log.close();
    }
    expect(await verifyLog(dir)).toMatchObject({ ok: true, logs: 3 });
  });

  it("intents without an outcome are closed as aborted and handed to the caller", async () => {
    const dir = await newFolder();
    const first = await opened(dir);
    await first.log.append(record("intent", "dec_1", { reservations: ["res_1"] }), "always");
    await first.log.append(record("intent", "dec_2"), "always");
    await first.log.append(record("outcome", "dec_2"), "always");
    await forsake(dir, first.log);
    const second = await opened(dir, { clock: manualClock(START + 5) });
    expect(second.orphans).toMatchObject([{ id: "dec_1", log: first.log.head().log, seq: 1, record: { reservations: ["res_1"] } }]);
    expect(JSON.parse((await allLines(dir)).at(-1) ?? "")).toMatchObject({
      ...{ kind: "outcome", id: "dec_1", aborted: true, durability: "always" },
      ...{ intent: { log: first.log.head().log, seq: 1 }, time: new Date(START + 5).toISOString() },
    });
    await second.log.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 }, aborted: 1 } });
    const third = await opened(dir, { clock: manualClock(START + 9) });
    expect(third.orphans).toEqual([]);
  });

  it("an intent of an earlier segment is found through the header of the last", async () => {
    const dir = await newFolder();
    const first = await opened(dir, { segmentBytes: 1000 });
    await first.log.append(record("intent", "dec_early", { team: "support" }), "always");
    for (let n = 0; n < 10; n++) await first.log.append(record("list", `dec_${n}`, { pad: "x".repeat(300) }), "grouped");
    await forsake(dir, first.log);
    expect((await segmentFiles(dir)).length).toBeGreaterThan(2);
    const second = await opened(dir, { clock: manualClock(START + 5) });
    expect(second.orphans).toMatchObject([{ id: "dec_early", seq: 1, record: { team: "support" } }]);
  });

  it("a torn last line is set aside, reported, and named by the start record", async () => {
    const dir = await newFolder();
    const first = await opened(dir);
    await first.log.append(record("list", "dec_1"), "grouped");
    await forsake(dir, first.log);
    const [file = ""] = await segmentFiles(dir);
    await appendFile(join(dir, file), '{"v":1,"seq":2,"prev":"00');
    expect(await verifyLog(dir)).toMatchObject({ ok: false, fault: { code: "torn_end", file, line: 4 } });
    const warned: string[] = [];
    const logger = { debug: () => {}, info: () => {}, error: () => {}, warn: (_: unknown, message: string) => warned.push(message) };
    const second = await opened(dir, { clock: manualClock(START + 5), logger });
    expect(second.torn).toMatchObject([{ file: "000001.jsonl.torn", bytes: 25 }]);
    expect(warned).toEqual([expect.stringContaining("torn")]);
    expect(await readFile(join(dir, `${file}.torn`), "utf8")).toBe('{"v":1,"seq":2,"prev":"00');
    expect(JSON.parse((await allLines(dir)).at(-1) ?? "").torn).toEqual(second.torn);
    await second.log.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true });
  });

  it("zeros that a power cut left at the end are set aside, and an empty last segment is removed", async () => {
    const dir = await newFolder();
    const first = await opened(dir);
    await first.log.append(record("list", "dec_1"), "grouped");
    await forsake(dir, first.log);
    const [file = ""] = await segmentFiles(dir);
    await truncate(join(dir, file), (await readFile(join(dir, file))).length + 4096);
    await writeFile(join(dir, file.replace("000001", "000002")), "");
    const second = await opened(dir, { clock: manualClock(START + 5) });
    expect(second.torn).toMatchObject([{ bytes: 4096 }]);
    await second.log.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, logs: 2, records: 3 });
  });

  it("a log that never had its first record synced is not a log", async () => {
    const dir = await newFolder();
    await mkdir(join(dir, "log_01998000-0000-7000-8000-000000000000.new"), { recursive: true });
    const { log } = await opened(dir);
    await log.close();
    expect((await readdir(dir)).filter((name) => name.endsWith(".new"))).toEqual([]);
    expect(await verifyLog(dir)).toMatchObject({ ok: true, logs: 1 });
  });

  it("a folder that cannot be used is a refusal that says why", async () => {
    const dir = await newFolder();
    await mkdir(join(dir, ".."), { recursive: true });
    await writeFile(dir, "a file");
    expect(await openLog(logOptions(dir))).toMatchObject({
      ok: false,
      error: { code: "log.unusable", detail: expect.stringContaining(dir) },
    });
  });
});

describe("the lock", () => {
  it("a folder that a living process holds is refused, naming the process", async () => {
    const dir = await newFolder();
    await opened(dir);
    const refused = await openLog(logOptions(dir));
    expect(refused).toMatchObject({ ok: false, error: { code: "log.locked", detail: expect.stringContaining(String(process.pid)) } });
  });

  it("the lock of a killed process is taken over, also when its number belongs to another process now", async () => {
    const dir = await newFolder();
    const child = startChild(process.execPath, [childPath, dir, "hold"]);
    await once(child.stdout, "data");
    expect(await openLog(logOptions(dir))).toMatchObject({ ok: false, error: { code: "log.locked" } });
    child.kill("SIGKILL");
    await once(child, "exit");
    const lock = JSON.parse(await readFile(join(dir, "lock"), "utf8"));
    await writeFile(join(dir, "lock"), JSON.stringify({ ...lock, pid: process.pid }));
    const { log } = await opened(dir);
    expect(log.healthy()).toBe(true);
    await log.close();
    expect(await readdir(dir)).not.toContain("lock");
  });

  it("of many that take over a dead lock at once one gets it", async () => {
    const dir = await newFolder();
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, started: "boot/1", nonce: "gone" }));
    const results = await Promise.all(Array.from({ length: 8 }, () => openLog(logOptions(dir))));
    const logs = results.flatMap((result) => (result.ok ? [result.value.log] : []));
    expect(logs).toHaveLength(1);
    await logs[0]?.close();
  });
});

describe("a real process", () => {
  it("killed while it appends it leaves every acknowledged record, and the folder verifies after the next start", async () => {
    const dir = await newFolder();
    const child = startChild(process.execPath, [childPath, dir, "forever"]);
    // Its pipe closes before it is gone, and as long as it is there the folder is its own.
    const gone = once(child, "exit");
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 500) child.kill("SIGKILL");
    }
    await gone;
    const { log, orphans } = await opened(dir, { clock: manualClock(Date.now() + 1000) });
    await log.close();
    const stored = new Set((await allLines(dir)).map((line) => JSON.parse(line)).map((line) => `${line.kind} ${line.id}`));
    expect(acknowledged.filter((line) => !stored.has(line))).toEqual([]);
    const verified = await verifyLog(dir);
    expect(verified).toMatchObject({ ok: true, logs: 2, pairs: { withoutOutcome: { count: 0 }, aborted: orphans.length } });
    expect(verified.segments).toBeGreaterThan(3);
  });

  it("at its file size limit it refuses, goes on in a fresh segment, and leaves no half line", async () => {
    const dir = await newFolder();
    // `ulimit -f` counts blocks of 1024 bytes in bash.
    const child = startChild("bash", ["-c", 'ulimit -f 64; exec "$0" "$@"', process.execPath, childPath, dir, "until-refused"]);
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) said.push(line);
    expect(said.at(-1)).toBe("closed");
    expect(said.filter((line) => line.startsWith("refused"))).toHaveLength(8);
    expect(said.find((line) => line.startsWith("refused"))).toContain("EFBIG");
    expect(await verifyLog(dir)).toMatchObject({ ok: true, segments: 2, pairs: { gaps: 1 } });
    const stored = new Set((await allLines(dir)).map((line) => JSON.parse(line)).map((line) => `${line.kind} ${line.id}`));
    expect(said.filter((line) => /^(intent|outcome) /.test(line) && !stored.has(line))).toEqual([]);
  });
});

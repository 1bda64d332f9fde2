import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Durability, type LogHead, verifyLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { record } from "../../contracts/decision-log.contract.ts";
import { newFolder, opened, START, segmentFiles } from "./log-folder.ts";

interface Written {
  readonly dir: string;
  readonly files: readonly string[];
  readonly heads: readonly LogHead[];
}

/** Two logs of several segments each. */
async function written(): Promise<Written> {
  const dir = await newFolder();
  const heads: LogHead[] = [];
  for (const run of [0, 1]) {
    const { log } = await opened(dir, { segmentBytes: 1200, clock: manualClock(START + run) });
    for (let n = 0; n < 9; n++) await log.append(record("list", `dec_${run}_${n}`, { pad: "p".repeat(120) }), "grouped");
    await log.close();
    heads.push(log.head());
  }
  return { dir, files: await segmentFiles(dir), heads };
}

async function editLines(path: string, edit: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  await writeFile(
    path,
    edit(lines)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

describe("what verify finds", () => {
  it("an untouched folder is right, but without a head it says that a cut end cannot be seen", async () => {
    const { dir, files, heads } = await written();
    expect(await verifyLog(dir)).toMatchObject({
      ok: true,
      logs: 2,
      records: 20,
      segments: files.length,
      endProven: false,
      head: heads[1],
    });
    for (const head of heads) expect(await verifyLog(dir, { head })).toMatchObject({ ok: true, endProven: true });
  });

  it("a changed byte, with the file and the line that holds it", async () => {
    const { dir, files } = await written();
    const [file = ""] = files;
    await editLines(join(dir, file), ([a = "", b = "", c = "", ...rest]) => [a, b, c.replace("ppp", "pqp"), ...rest]);
    expect(await verifyLog(dir)).toMatchObject({ ok: false, fault: { code: "changed", file, line: 3 } });
  });

  it("a changed hash is blamed on the line that carries it, not on the one before", async () => {
    const { dir, files } = await written();
    const [file = ""] = files;
    await editLines(join(dir, file), ([a = "", b = "", c = "", ...rest]) => {
      return [a, b, c.replace(/"prev":"(.)/, (_, digit) => `"prev":"${digit === "0" ? "1" : "0"}`), ...rest];
    });
    expect(await verifyLog(dir)).toMatchObject({ fault: { code: "changed", file, line: 3 } });
  });

  it("a dropped line", async () => {
    const { dir, files } = await written();
    const [file = ""] = files;
    await editLines(join(dir, file), (lines) => lines.toSpliced(2, 1));
    expect(await verifyLog(dir)).toMatchObject({ fault: { code: "dropped", file, line: 3, found: "record 2", wanted: "record 1" } });
  });

  it("swapped lines", async () => {
    const { dir, files } = await written();
    const [file = ""] = files;
    await editLines(join(dir, file), ([a = "", b = "", c = "", d = "", ...rest]) => [a, b, d, c, ...rest]);
    expect(await verifyLog(dir)).toMatchObject({
      fault: { code: "moved", file, line: 3, found: "record 2", wanted: "record 1, which is line 4" },
    });
  });

  it.each([
    ["first", 0],
    ["middle", 1],
  ])("a missing %s segment", async (_, index) => {
    const { dir, files } = await written();
    await rm(join(dir, files[index] ?? ""));
    expect(await verifyLog(dir)).toMatchObject({ fault: { code: "missing_segment", file: files[index] } });
  });

  it("a missing segment whose successors were renamed to hide it", async () => {
    const { dir, files } = await written();
    const [, second = "", third = ""] = files;
    await rename(join(dir, third), join(dir, second));
    expect(await verifyLog(dir)).toMatchObject({ ok: false, fault: { file: second, line: 1 } });
  });

  it("the end of a log that has a successor, cut off between two lines or with a whole segment", async () => {
    const { dir, files, heads } = await written();
    const last = files.filter((file) => file.startsWith(heads[0]?.log ?? "")).at(-1) ?? "";
    const copy = `${dir}-copy`;
    await cp(dir, copy, { recursive: true });
    await editLines(join(dir, last), (lines) => lines.slice(0, -1));
    expect(await verifyLog(dir)).toMatchObject({ ok: false });
    await rm(join(copy, last));
    expect(await verifyLog(copy)).toMatchObject({ fault: { code: "truncated" } });
  });

  it("a whole log that is gone", async () => {
    const { dir, files } = await written();
    await rm(join(dir, dirname(files[0] ?? "")), { recursive: true });
    expect(await verifyLog(dir)).toMatchObject({ fault: { code: "missing_log" } });
  });

  it("the end of the last log cut off, by a remembered head alone", async () => {
    const { dir, files, heads } = await written();
    const head = heads[1];
    if (head === undefined) throw new Error("no head");
    await rm(join(dir, files.at(-1) ?? ""));
    expect(await verifyLog(dir)).toMatchObject({ ok: true, endProven: false });
    expect(await verifyLog(dir, { head })).toMatchObject({ ok: false, fault: { code: "truncated" } });
    await rm(join(dir, head.log), { recursive: true });
    expect(await verifyLog(dir, { head })).toMatchObject({ fault: { code: "missing_log" } });
    expect(await verifyLog(dir, { head: { ...head, log: heads[0]?.log ?? head.log } })).toMatchObject({ fault: { code: "rewritten" } });
  });

  it("intents without an outcome and outcomes without an intent", async () => {
    const dir = await newFolder();
    const { log } = await opened(dir);
    await log.append(record("intent", "dec_1"), "grouped");
    await log.append(record("outcome", "dec_2"), "grouped");
    await log.append(record("refusal", "dec_3"), "grouped");
    expect(await verifyLog(dir)).toMatchObject({
      ...{ ok: true, live: true },
      pairs: { withoutOutcome: { count: 1, ids: ["dec_1"] }, withoutIntent: { count: 1, ids: ["dec_2"] } },
    });
  });

  it("a line that a living process has half written is not a fault", async () => {
    const { dir, files } = await written();
    const { log } = await opened(dir, { clock: manualClock(START + 9) });
    await log.append(record("list", "dec_1"), "grouped");
    const last = (await segmentFiles(dir)).at(-1) ?? "";
    await writeFile(join(dir, last), '{"v":1,"seq":2', { flag: "a" });
    expect(await verifyLog(dir)).toMatchObject({ ok: true, live: true, segments: files.length + 1 });
  });
});

describe("any log", () => {
  const appends = fc.array(fc.tuple(fc.constantFrom<Durability>("always", "grouped"), fc.nat(400), fc.boolean()), { maxLength: 40 });

  it("verifies, whatever was appended with whatever durabilities and pauses", async () => {
    await fc.assert(
      fc.asyncProperty(appends, async (calls) => {
        const dir = await newFolder();
        const { log } = await opened(dir, { segmentBytes: 1500 });
        const answers: Promise<{ readonly ok: boolean }>[] = [];
        for (const [n, [durability, size, pause]] of calls.entries()) {
          const answer = log.append(record("list", `dec_${n}`, { pad: "ä".repeat(size) }), durability);
          answers.push(answer);
          if (pause) await answer;
        }
        expect((await Promise.all(answers)).every((answer) => answer.ok)).toBe(true);
        await log.close();
        expect(await verifyLog(dir, { head: log.head() })).toMatchObject({ ok: true, records: calls.length + 1 });
      }),
      { numRuns: 40 },
    );
  });

  it("shows any flipped bit, any dropped line and any two swapped lines", async () => {
    const { dir, files, heads } = await written();
    const originals = await Promise.all(files.map((file) => readFile(join(dir, file))));
    const head = heads[1];
    if (head === undefined) throw new Error("no head");
    const damage = fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), a: fc.nat(), b: fc.nat(7) }),
      fc.record({ kind: fc.constant("drop" as const), a: fc.nat(), b: fc.nat() }),
      fc.record({ kind: fc.constant("swap" as const), a: fc.nat(), b: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), damage, async (index, { kind, a, b }) => {
        const original = originals[index] ?? Buffer.alloc(0);
        const path = join(dir, files[index] ?? "");
        const damaged = kind === "flip" ? flip(original, a, b) : rearrange(original, kind, a, b);
        fc.pre(!damaged.equals(original));
        await writeFile(path, damaged);
        const result = await verifyLog(dir, { head });
        await writeFile(path, original);
        expect(result).toMatchObject({ ok: false, endProven: false });
      }),
      { numRuns: 300 },
    );
    expect(await verifyLog(dir, { head })).toMatchObject({ ok: true });
  });
});

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at % copy.length;
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

function rearrange(bytes: Buffer, kind: "drop" | "swap", a: number, b: number): Buffer {
  const lines = bytes.toString("utf8").split("\n").slice(0, -1);
  const [i, j] = [a % lines.length, b % lines.length];
  const [x = "", y = ""] = [lines[i], lines[j]];
  const changed = kind === "drop" ? lines.toSpliced(i, 1) : lines.with(i, y).with(j, x);
  return Buffer.from(changed.map((line) => `${line}\n`).join(""));
}

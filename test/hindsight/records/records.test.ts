import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomIds } from "../../../src/core/ids.ts";
import { bundleOf, memberText, placeOf, readRecords, recordsOf } from "../../../src/hindsight/records/index.ts";
import { openLog } from "../../../src/parts/decisions/index.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-records-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A data directory whose log has these bodies. */
async function dataDir(name: string, bodies: readonly string[], segmentBytes = 1 << 20): Promise<string> {
  const dir = join(folder, name);
  const opened = await openLog({
    ...{ dir: join(dir, "log"), clock: systemClock, ids: randomIds(), logger: silentLogger },
    ...{ segmentBytes, stallMs: 10_000, instance: "test" },
  });
  if (!opened.ok) throw new Error(opened.error.detail);
  for (const body of bodies) await opened.value.log.append(body, "grouped");
  await opened.value.log.close();
  return dir;
}

const record = (id: string, more = "") => `{"kind":"refusal","id":"${id}","time":"2026-06-01T12:00:00.000Z"${more}}`;

async function firstSegment(dir: string): Promise<string> {
  const names = await readdir(join(dir, "log"), { recursive: true });
  return join(dir, "log", names.filter((name) => name.endsWith(".jsonl")).sort()[0] ?? "");
}

describe("the records of a decision", () => {
  it("are found over several places, with the questions and later legs that name it", async () => {
    const one = await dataDir("one", [record("dec_1"), record("dec_2", ',"of":"dec_1"')]);
    const two = await dataDir("two", [record("dec_3", ',"resumes":"dec_1"'), record("dec_1")]);
    const found = await recordsOf("dec_1", [placeOf(one), placeOf(two)]);
    if (!found.ok) throw new Error(found.error.detail);
    expect(found.value.records.map(({ place }) => place.name)).toEqual([one, two]);
    expect(found.value.related.map(({ value }) => value.id)).toEqual(["dec_2", "dec_3"]);
    expect(found.value.faults).toEqual([]);
  });

  it("are missed with what was looked at", async () => {
    const dir = await dataDir("one", [record("dec_1")]);
    expect(await recordsOf("dec_9", [placeOf(dir)])).toMatchObject({
      error: { kind: "no_record", detail: expect.stringContaining(`"dec_9" is in none of the 2 records of "${dir}"`), faults: [] },
    });
    const gone = join(folder, "gone");
    expect(await recordsOf("dec_9", [placeOf(gone)])).toMatchObject({
      error: { kind: "no_folder", detail: expect.stringContaining(gone) },
    });
  });

  it("are found before a line that was changed, and not behind it; nor is the changed line itself", async () => {
    const dir = await dataDir("one", [record("dec_1"), record("dec_2"), record("dec_3"), record("dec_4")]);
    const file = await firstSegment(dir);
    await writeFile(file, (await readFile(file, "utf8")).replace('"dec_3","time":"2026', '"dec_3","time":"2027'));
    const before = await recordsOf("dec_2", [placeOf(dir)]);
    expect(before).toMatchObject({ ok: true, value: { faults: [{ fault: { code: "changed" } }] } });
    for (const id of ["dec_3", "dec_4"])
      expect(await recordsOf(id, [placeOf(dir)])).toMatchObject({ error: { kind: "no_record", faults: [{ fault: { code: "changed" } }] } });
  });
});

describe("reading a log", () => {
  it("gives every record once and in order, over segments and logs, the last one too", async () => {
    const ids = Array.from({ length: 30 }, (_, at) => `dec_${at}`);
    const dir = await dataDir(
      "one",
      ids.slice(0, 20).map((id) => record(id)),
      600,
    );
    await dataDir(
      "one",
      ids.slice(20).map((id) => record(id)),
      600,
    );
    const seen: unknown[] = [];
    const told: number[] = [];
    const read = await readRecords(
      [placeOf(dir)],
      {},
      ({ value }) => void seen.push(value.id),
      (done, all) => told.push(done / all),
    );
    expect(seen.filter((id) => String(id).startsWith("dec_"))).toEqual(ids);
    expect(read).toMatchObject({ ok: true, value: { records: 32, logs: 2, faults: [], live: [] } });
    expect(told.at(-1)).toBe(1);
  });

  it("gives those of a span, whose end is not in it", async () => {
    const at = (id: string, time: string) => `{"kind":"refusal","id":"${id}","time":"${time}"}`;
    const dir = await dataDir("one", [
      at("dec_1", "2026-06-01T11:59:59.999Z"),
      at("dec_2", "2026-06-01T12:00:00.000Z"),
      at("dec_3", "2026-06-01T13:00:00.000Z"),
      '{"kind":"refusal","id":"dec_4"}',
    ]);
    const seen: unknown[] = [];
    const span = { since: Date.parse("2026-06-01T12:00:00Z"), until: Date.parse("2026-06-01T13:00:00Z") };
    await readRecords([placeOf(dir)], span, ({ value }) => void seen.push(value.id));
    expect(seen).toEqual(["dec_2"]);
  });

  it("does not give the last record of a segment whose successor is missing", async () => {
    const dir = await dataDir(
      "one",
      Array.from({ length: 30 }, (_, at) => record(`dec_${at}`)),
      600,
    );
    const names = (await readdir(join(dir, "log"), { recursive: true })).filter((name) => name.endsWith("000002.jsonl"));
    await rm(join(dir, "log", names[0] ?? ""));
    let seen = 0;
    const read = await readRecords([placeOf(dir)], {}, () => {
      seen += 1;
    });
    expect(read).toMatchObject({ value: { faults: [{ fault: { code: "missing_segment" } }] } });
    expect(seen).toBeGreaterThan(0);
    expect(read.ok && read.value.records - seen).toBe(1);
  });
});

describe("a member of a record", () => {
  it("is given to the last digit, whatever stands in other members", () => {
    const input = '{"time":{"ns":1780315200123456789},"args":{"decision":{"input":{}},"text":"\\",\\"input\\":{"}}';
    const line = `{"v":1,"door":"\\"input\\":{","input":${input},"decision":{"effect":"allow"}}`;
    expect(memberText(line, "input")).toBe(input);
    expect(memberText(line, "absent")).toBeUndefined();
  });
});

describe("the bundle that a record names", () => {
  const digest = `sha256:${"0".repeat(64)}`;

  it("is missed where no place keeps it, and where what is kept is something else", async () => {
    const place = placeOf(join(folder, "one"));
    expect(await bundleOf(digest, [place])).toMatchObject({ error: { kind: "not_kept", digest } });
    expect(await bundleOf("../../etc/passwd", [place])).toMatchObject({ error: { kind: "not_kept" } });
    await mkdir(place.bundleFolder, { recursive: true });
    const file = join(place.bundleFolder, `${"0".repeat(64)}.tar.gz`);
    await appendFile(file, "no archive");
    expect(await bundleOf(digest, [place])).toMatchObject({
      error: { kind: "changed", detail: expect.stringContaining("cannot be read") },
    });
    await writeFile(file, await readFile(join(import.meta.dirname, "../../../bundles/demo.tar.gz")));
    const other = await bundleOf(digest, [place]);
    expect(other).toMatchObject({
      error: { kind: "changed", detail: expect.stringMatching(/holds the content sha256:[0-9a-f]{64}; wanted/) },
    });
    const kept = /sha256:[0-9a-f]{64}/.exec(other.ok ? "" : other.error.detail)?.[0] ?? "";
    await writeFile(join(place.bundleFolder, `${kept.slice(7)}.tar.gz`), await readFile(file));
    expect(await bundleOf(kept, [placeOf(join(folder, "two")), place])).toMatchObject({ ok: true, value: { digest: kept } });
  });
});

import { appendFile, chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { randomIds } from "../../../src/core/ids.ts";
import { decisionLines } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { newFolder, opened, START, segmentFiles } from "./log-folder.ts";

const HOUR = 3_600_000;

/** A log in which each hour has a decision and fills a segment of its own. */
async function hours(count: number, bodies: (id: string, hour: number) => readonly string[]) {
  const dir = await newFolder();
  const clock = manualClock(START);
  const ids = randomIds();
  const minted = [];
  const { log } = await opened(dir, { segmentBytes: 600, clock });
  for (let hour = 0; hour < count; hour++) {
    const id = ids.decision(clock.now());
    minted.push(id);
    for (const body of bodies(id, hour)) await log.append(body, "grouped");
    clock.advance(HOUR);
  }
  await log.close();
  return { dir, minted };
}

const pad = "x".repeat(500);
const record = (kind: string, id: string, more = "") => `{"kind":"${kind}","id":"${id}"${more},"pad":"${pad}"}`;
const kinds = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).kind);

describe("the lines of a decision", () => {
  it("are found in every segment, exactly as they stand there", async () => {
    const { dir, minted } = await hours(40, (id) => [record("intent", id), record("outcome", id)]);
    const files = await segmentFiles(dir);
    expect(files.length).toBeGreaterThan(40);
    const text = (await Promise.all(files.map((file) => readFile(join(dir, file), "utf8")))).join("");
    for (const id of minted) {
      const lines = await decisionLines(dir, id);
      expect(kinds(lines)).toEqual(["intent", "outcome"]);
      for (const line of lines) expect(text).toContain(`${line}\n`);
    }
  });

  it("are looked for around their time only: what lies long before and after is not read", async () => {
    const { dir, minted } = await hours(80, (id) => [record("intent", id), record("outcome", id)]);
    const id = minted[40];
    if (id === undefined) throw new Error("no such hour");
    // A whole line of the same id where it cannot be: whoever read it would give it.
    const files = await segmentFiles(dir);
    for (const file of [files[10], files.at(-1)]) await appendFile(join(dir, file ?? ""), `${record("intent", id)}\n`);
    expect(kinds(await decisionLines(dir, id))).toEqual(["intent", "outcome"]);
  });

  it("of an intent without an outcome are followed to the end, however late it is closed", async () => {
    const { dir, minted } = await hours(60, (id, hour) => [record("intent", id), ...(hour === 3 ? [] : [record("outcome", id)])]);
    const id = minted[3];
    if (id === undefined) throw new Error("no such hour");
    const last = (await segmentFiles(dir)).at(-1) ?? "";
    await appendFile(join(dir, last), `${record("outcome", id, ',"aborted":true')}\n`);
    expect(kinds(await decisionLines(dir, id))).toEqual(["intent", "outcome"]);
  });

  it("hold what was asked in it, but not what only mentions it", async () => {
    const { dir, minted } = await hours(1, (id) => [
      record("intent", id),
      record("question", "dec_q", `,"of":"${id}"`),
      record("intent", "dec_next", `,"resumes":"${id}"`),
      record("outcome", id),
    ]);
    const [id] = minted;
    expect(id && kinds(await decisionLines(dir, id))).toEqual(["intent", "question", "outcome"]);
  });

  it("leave out a line that is torn or no record", async () => {
    const { dir, minted } = await hours(1, (id) => [record("outcome", id)]);
    const [id] = minted;
    const [file = ""] = await segmentFiles(dir);
    const path = join(dir, file);
    await chmod(path, 0o600);
    await writeFile(path, `${await readFile(path, "utf8")}{"id":"${id}"\n{"id":"${id}"`);
    expect(id && kinds(await decisionLines(dir, id))).toEqual(["outcome"]);
  });
});

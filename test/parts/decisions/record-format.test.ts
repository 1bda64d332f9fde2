import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { formatHead } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { record } from "../../contracts/decision-log.contract.ts";
import { newFolder, opened, START, segmentFiles } from "./log-folder.ts";

const run = promisify(execFile);
const doc = new URL("../../../docs/record-format.md", import.meta.url);

describe("docs/record-format.md", () => {
  it("its snippet verifies a folder, prints the head, and finds a changed byte", async () => {
    const dir = await newFolder();
    let head = "";
    for (const restart of [0, 1]) {
      const { log } = await opened(dir, { segmentBytes: 500, clock: manualClock(START + restart) });
      for (let n = 0; n < 6; n++) await log.append(record("list", `dec_${n}`, { text: "grüße" }), "grouped");
      await log.close();
      head = formatHead(log.head());
    }
    const script = join(dirname(dir), "verify.mjs");
    const [, snippet = ""] = /```js\n([\s\S]*?)```/.exec(await readFile(doc, "utf8")) ?? [];
    await writeFile(script, snippet);
    const files = (await segmentFiles(dir)).map((file) => join(dir, file));
    expect((await run(process.execPath, [script, ...files])).stdout.trim()).toBe(head);
    const [first = ""] = files;
    await writeFile(first, (await readFile(first, "utf8")).replace("grüße", "grüsse"));
    await expect(run(process.execPath, [script, ...files])).rejects.toThrow(/follows/);
  });

  it("it names every member that a real log writes around its records", async () => {
    const dir = await newFolder();
    const { log } = await opened(dir);
    await log.append(record("intent", "dec_1"), "always");
    const text = await readFile(doc, "utf8");
    const lines = (await readFile(join(dir, (await segmentFiles(dir))[0] ?? ""), "utf8")).trim().split("\n");
    for (const line of lines) for (const member of Object.keys(JSON.parse(line))) expect(text).toContain(`\`${member}\``);
  });
});

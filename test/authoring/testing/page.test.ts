import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testFormats, testPolicies } from "../../../src/authoring/index.ts";
import { needOpa, writeFiles } from "../bundle/tools.ts";
import { demo } from "../cases/written-cases.ts";

const page = await readFile(join(demo, "../docs/how-to/test-a-policy.md"), "utf8");

test("the cases of the page hold for the demo company", async () => {
  const blocks = [...page.matchAll(/^<!-- cases -->\n```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  expect(blocks.length).toBeGreaterThan(1);
  const folder = await mkdtemp(join(tmpdir(), "toolgate-page-"));
  try {
    await cp(demo, folder, { recursive: true });
    await writeFiles(folder, Object.fromEntries(blocks.map((text, at) => [`cases/page-${at}.yaml`, text])));
    const run = await testPolicies(folder, { opa: await needOpa(), coverage: false, timeoutMs: 5_000 });
    if (!run.ok) throw new Error(JSON.stringify(run.error));
    const ours = run.value.results.filter(({ file }) => file.startsWith("cases/page-"));
    expect(ours.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(ours.length).toBe(8);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the page names every format", () => {
  for (const format of testFormats) expect(page).toMatch(new RegExp(`--format .*${format}`));
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { nameOf, parseModules } from "../../../src/authoring/rego/index.ts";
import { needOpa } from "../bundle/tools.ts";

const folder = mkdtempSync(join(tmpdir(), "toolgate-parse-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function parse(text: string) {
  writeFileSync(join(folder, "a.rego"), text);
  const mistakes = gatherMistakes();
  const modules = await parseModules(await needOpa(), folder, ["a.rego"], mistakes);
  return { rules: modules.flatMap((module) => module.rules.map(nameOf)), refused: mistakes.all.length > 0 };
}

test("a file that changed is parsed anew, and one that is as it was before is what it was", async () => {
  expect(await parse("package policy.a\n\none := 1\n")).toEqual({ rules: ["one"], refused: false });
  expect(await parse("package policy.a\n\ntwo := 2\n")).toEqual({ rules: ["two"], refused: false });
  expect(await parse("package policy.a\n\none := 1\n")).toEqual({ rules: ["one"], refused: false });
  // What OPA refuses is refused each time.
  expect(await parse("package policy.a\n\none := \n")).toEqual({ rules: [], refused: true });
  expect(await parse("package policy.a\n\none := \n")).toEqual({ rules: [], refused: true });
});

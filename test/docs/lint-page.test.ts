import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lintRules } from "../../src/authoring/lint/index.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/how-to/lint-a-server.md"), "utf8");

test("the page on linting names each rule in its order, with its level and its danger", () => {
  const rows = lintRules.map(({ id, level, danger }) => `| \`${id}\` | ${level} | ${danger} |`);
  const told = /<!-- rules -->\n\| rule.*\n\| ---.*\n([\s\S]*?)<!-- end -->/.exec(page)?.[1];
  expect(told?.trimEnd().split("\n")).toEqual(rows);
});

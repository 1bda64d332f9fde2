import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packs } from "./repositories.ts";

const folder = join(import.meta.dirname, "../../../docs/policy");
const page = readFileSync(join(folder, "packs.md"), "utf8");

test("the page of the packs lists every pack in its own words, and no other", () => {
  const wanted = packs.map(({ id, does, switch: { by } }) => `| [${id}](../../policies/packs/${id}/README.md) | ${does} | ${by} |`);
  expect(page.split("\n").filter((line) => line.startsWith("| ["))).toEqual(wanted);
});

test("its links lead somewhere", () => {
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
});

test("no pack permits anything", () => {
  for (const { modules } of packs)
    for (const [file, text] of modules) if (!file.endsWith("_test.rego")) expect(text).not.toMatch(/\bpermit\b/);
});

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { registerBundle } from "../../src/cli/bundle/index.ts";
import { registerCatalog } from "../../src/cli/catalog.ts";
import { registerDev } from "../../src/cli/dev/index.ts";
import { registerPolicy } from "../../src/cli/policy/index.ts";
import { exitCodes, systemTerminal } from "../../src/cli/terminal.ts";
import { root } from "../e2e/command.ts";

const index = readFileSync(join(root, "docs/policy/README.md"), "utf8");
const cellsOf = (line: string) => line.slice(2, -2).split(" | ");
const [head = "", , ...rows] = /<!-- exit codes -->\n(.*?)\n<!-- end -->/s.exec(index)?.[1]?.split("\n") ?? [];
const codesOf = new Map(rows.map(cellsOf).map(([name = "", ...cells]) => [name.replace(/`| --once/g, ""), cells]));

const program = new Command();
for (const register of [registerPolicy, registerDev, registerCatalog, registerBundle]) register(program, systemTerminal());
const commands = program.commands.flatMap((one) =>
  one.commands.length === 0 ? [one.name()] : one.commands.map((below) => `${one.name()} ${below.name()}`),
);

test("the table of exit codes has the codes that there are, and a row for each command of an author", () => {
  expect(cellsOf(head).slice(1).map(Number)).toEqual(Object.values(exitCodes));
  expect([...codesOf.keys()].filter((name) => !commands.includes(name))).toEqual([]);
  const told = commands.filter((name) => /^(policy|dev|catalog)\b/.test(name) || /^bundle (build|keygen|sign|verify)$/.test(name));
  expect(told.filter((name) => !codesOf.has(name))).toEqual([]);
  for (const cells of codesOf.values()) expect(cells).toHaveLength(Object.values(exitCodes).length);
});

/** A command's own file and what it has of its folder. */
function sourceOf(file: string, seen = new Set<string>()): string {
  if (seen.has(file) || file.endsWith("terminal.ts")) return "";
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const near = [...text.matchAll(/from "(\.\/[^"]+)"/g)].map(([, path = ""]) => sourceOf(join(dirname(file), path), seen));
  return [text, ...near].join("\n");
}

test.each([...commands.filter((name) => name.startsWith("policy ")), "dev"])("%s ends as its row says", (name) => {
  const source = sourceOf(join(root, "src/cli", name === "dev" ? "dev/dev.ts" : `${name.replace(" ", "/")}.ts`));
  const [, finding, , mistake] = codesOf.get(name) ?? [];
  expect(finding !== "-").toBe(source.includes("exitCodes.finding"));
  expect(mistake !== "-").toBe(source.includes("exitCodes.mistake"));
});

test("the index leads to every page about policy", () => {
  const linked = new Set([...index.matchAll(/\]\(([^)#]+)/g)].map(([, target = ""]) => join("docs/policy", target)));
  const pages = readdirSync(join(root, "docs/policy")).filter((name) => name !== "README.md");
  expect(pages.filter((name) => !linked.has(join("docs/policy", name)))).toEqual([]);
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain("](docs/policy/README.md)");
});

test("every command that the index names is there", () => {
  const named = [...index.matchAll(/`toolgate ([a-z ]+)`/g)].map(([, name = ""]) => name).filter((name) => !name.startsWith("log"));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !commands.includes(name))).toEqual([]);
});

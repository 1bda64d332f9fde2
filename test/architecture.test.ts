import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { offencesOf, rules } from "./architecture/rules.ts";
import { importsOf, readTree, type Tree } from "./architecture/tree.ts";

const root = join(import.meta.dirname, "..");
const fixtures = join(import.meta.dirname, "fixtures/architecture");
const tree = readTree(root, ["src", "test", "bench", "examples"]);

/** One rule's fixture: files that break it, and near misses that do not. A long text is given as what to repeat. */
interface Fixture {
  readonly refused: Files;
  readonly allowed: Files;
}
type Files = Readonly<Record<string, string | { readonly repeat: string; readonly times: number }>>;

function treeOf(files: Files): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, typeof text === "string" ? text : text.repeat.repeat(text.times)]));
}

describe("the house", () => {
  test.each(Object.keys(rules))("keeps the rule %s", (rule) => {
    expect(offencesOf(tree).filter((offence) => offence.rule === rule)).toEqual([]);
  });

  test("is read whole: the scanner finds the files and their imports", () => {
    expect(tree.size).toBeGreaterThan(200);
    const main = importsOf(tree.get("src/cli/program.ts") ?? "");
    expect(main).toContain("commander");
    expect(main).toContain("./serve.ts");
  });
});

describe("each rule", () => {
  test("has a fixture, and each fixture a rule", () => {
    const names = readdirSync(fixtures).map((name) => name.replace(/\.yaml$/, ""));
    expect(names.sort()).toEqual(Object.keys(rules).sort());
  });

  test.each(Object.keys(rules))("%s is broken by every file of its fixture that should, and by nothing else", (rule) => {
    const fixture = parse(readFileSync(join(fixtures, `${rule}.yaml`), "utf8")) as Fixture;
    const refused = treeOf(fixture.refused);
    const broken = offencesOf(refused).filter((offence) => offence.rule === rule);
    expect([...new Set(broken.map(({ file }) => file))].sort()).toEqual([...refused.keys()].sort());
    expect(offencesOf(treeOf(fixture.allowed))).toEqual([]);
    expect(Object.keys(fixture.allowed).length).toBeGreaterThan(0);
  });
});

describe("the scanner", () => {
  test("finds every form of import and export", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      'import c, {\n  type D,\n  e,\n} from "./c.ts";',
      'import * as f from "f";',
      'import "./g.ts";',
      'export { h } from "./h.ts";',
      'export type { I } from "./i.ts";',
      'const j = await import("./j.ts");',
      'type K = import("./k.ts").K;',
      'const l = require.resolve("l/package.json");',
    ].join("\n");
    expect([...importsOf(text)].sort()).toEqual([
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./g.ts",
      "./h.ts",
      "./i.ts",
      "./j.ts",
      "./k.ts",
      "f",
      "l/package.json",
    ]);
  });

  test("does not take comments or plain strings for imports", () => {
    const text = ['// import { a } from "./a.ts";', '/** like import "./b.ts"; */', 'const wanted = "import of words";'].join("\n");
    expect(importsOf(text)).toEqual([]);
  });
});

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatherMistakes, type Opa } from "../../../src/authoring/index.ts";
import { needsWorker, parseModules } from "../../../src/authoring/rego/index.ts";
import { needOpa, packageText, temporaryFolder } from "../bundle/tools.ts";

let opa: Opa;
let folder: string;
beforeAll(async () => {
  opa = await needOpa();
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

const light = [
  ["no iteration", "input.args.amount > 1000"],
  ["one some … in", 'some tag in input.args.tags\n\ttag == "x"'],
  ["a membership test", '"support" in input.user.groups'],
  ["two membership tests side by side", '"a" in input.user.groups\n\t"b" in input.user.groups'],
  ["one wildcard", 'input.args.tags[_] == "x"'],
  ["an index used twice", "some i\n\tinput.args.a[i] == input.args.b[i]"],
  ["a wildcard over the bundle's own data beside one over the input", "some tag in input.args.tags\n\tdata.custom.closed[_] == tag"],
  ["a list that is written out", 'some effect in input.tool.effects\n\teffect in {"write", "pay"}'],
  ["a look-up by a variable that has a value", "some role in input.user.roles\n\tinput.limits[role] > 1"],
  ["one every", 'every tag in input.args.tags { tag != "x" }'],
  ["one comprehension", 'count([tag | some tag in input.args.tags; tag != "x"]) > 3'],
  ["two helpers side by side that iterate once", "helper\n\tother"],
  ["a function that iterates, called once", 'has(input.args.tags, "x")'],
  ["a membership test before an iteration", '"a" in input.user.groups\n\tsome tag in input.args.tags\n\ttag == "x"'],
  ["a helper that iterates, asked before an iteration", "not helper\n\tsome tag in input.args.tags\n\ttag == 1"],
  ["walk alone", "walk(input.args, [_, value])\n\tvalue == 1"],
] as const;

const heavy = [
  ["two some … in", "some a in input.args.x\n\tsome b in input.args.y\n\ta == b"],
  ["some … in over what another one gave", "some a in input.args.x\n\tsome b in a.list\n\tb == 1"],
  ["two wildcards in one reference", "input.args.x[_][_] == 1"],
  ["two wildcards in two references", "input.args.x[_] == input.args.y[_]"],
  ["a membership test inside an iteration", "some a in input.args.x\n\ta in input.args.y"],
  ["a membership test of a constant after an iteration began", 'some a in input.args.x\n\ta > 1\n\t"b" in input.args.y'],
  ["a membership test of a variable that is found later", "a in input.args.y\n\ta = input.args.x[_]"],
  ["every inside an iteration", "some a in input.args.x\n\tevery b in input.args.y { a != b }"],
  ["every inside every", "every a in input.args.x { every b in a { b > 1 } }"],
  ["a comprehension inside an iteration", "some a in input.args.x\n\tcount([b | some b in input.args.y; b == a]) > 1"],
  ["a comprehension that iterates twice", "count({a | some a in input.args.x; some b in input.args.y; a == b}) > 1"],
  ["iteration under not inside an iteration", "some a in input.args.x\n\tnot input.args.y[_] == a"],
  ["a function that iterates, called for each", "some a in input.args.x\n\thas(input.args.tags, a)"],
  ["a helper that iterates, asked for each", "some a in input.args.x\n\ta > 1\n\thelper"],
  ["walk inside an iteration", "some a in input.args.x\n\twalk(input.args.y, [_, a])"],
  ["an alias of the input", "some a in things\n\tsome b in things\n\ta != b"],
  ["a built-in without a bound", "count(numbers.range(1, input.args.n)) > 5"],
  ["another package", "data.policy.other.x"],
] as const;

const helpers = `
helper if input.args.a[_] == 1
other if input.args.b[_] == 1
has(list, x) if { some y in list; y == x }
`;

async function worker(body: string): Promise<boolean> {
  const text = packageText("a", `import input.args.things\n\ndeny contains {"code": "a.b"} if {\n\t${body}\n}\n${helpers}`);
  await writeFile(join(folder, "a.rego"), text);
  const mistakes = gatherMistakes();
  const modules = await parseModules(opa, folder, ["a.rego"], mistakes);
  expect(mistakes.all).toEqual([]);
  return needsWorker("a", modules);
}

describe("a package stays on the main thread with", () => {
  it.each(light)("%s", async (_, body) => {
    expect(await worker(body)).toBe(false);
  });
});

describe("a package is evaluated in a worker with", () => {
  it.each(heavy)("%s", async (_, body) => {
    expect(await worker(body)).toBe(true);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { findOpa, type Opa } from "../../../src/authoring/opa.ts";
import { parseModules, readsOf } from "../../../src/authoring/rego/index.ts";

let opa: Opa;
let folder: string;

beforeAll(async () => {
  const found = await findOpa({ env: process.env });
  if (!found.ok) throw new Error(found.error);
  opa = found.value;
  folder = await mkdtemp(join(tmpdir(), "toolgate-reads-"));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

async function reads(body: string, imports = ""): Promise<readonly string[] | undefined> {
  await writeFile(join(folder, "p.rego"), `package policy.p\n\n${imports}\n${body}\n`);
  const mistakes = gatherMistakes();
  const modules = await parseModules(opa, folder, ["p.rego"], mistakes);
  expect(mistakes.all).toEqual([]);
  return readsOf(modules)?.map((path) => path.join("."));
}

describe("the input paths that a package can read", () => {
  it("are found in bodies, helpers, functions, comprehensions and else branches", async () => {
    const body = `
deny contains {"code": "a.b"} if {
	input.tool.id == "crm.refund"
	input.args.amount > limit
	some tag in input.args.tags
	helper(tag)
}
limit := 10 if input.user.id == "ann" else := input.args.floor if input.time.hour > 8
helper(x) if x in {y | y := input.agent.roles[_]}`;
    expect(await reads(body)).toEqual(["agent.roles", "args.amount", "args.floor", "args.tags", "time.hour", "tool.id", "user.id"]);
  });

  it("are those before the first variable", async () => {
    expect(await reads('deny contains {"code": "a.b"} if { some k; input.args.fields[k].secret }')).toEqual(["args.fields"]);
  });

  it("are found in brackets inside other references", async () => {
    expect(await reads('deny contains {"code": "a.b"} if data.custom.limits[input.args.region] < 3')).toEqual(["args.region"]);
  });

  it("are those of single arguments that are read with a default, and of what the default reads", async () => {
    const body = 'deny contains {"code": "a.b"} if object.get(input.args, "limit", input.time.hour) > 100';
    expect(await reads(body)).toEqual(["args.limit", "time.hour"]);
    const whole = (call: string) => reads(`deny contains {"code": "a.b"} if ${call}`);
    expect(await whole("object.get(input.args, input.tool.id, 0) > 1")).toEqual(["args", "tool.id"]);
    expect(await whole('object.get(input.args, ["a", "b"], 0) > 1')).toEqual(["args"]);
    expect(await whole('object.get(input.args.filter, "limit", 0) > 1')).toEqual(["args.filter"]);
    expect(await whole('"limit" in object.keys(input.args)')).toEqual(["args"]);
    expect(await whole('object.get(input, "args", {}) == {}')).toBeUndefined();
  });

  it("include the templates that the host fills into messages and costs", async () => {
    const body = 'oblige contains {"type": "budget", "name": "tokens", "cost": "{input.args.tokens}"}';
    expect(await reads(body)).toEqual(["args.tokens"]);
  });

  it.each([
    ["the whole input", 'deny contains {"code": "a.b"} if count(input) > 3'],
    ["a path from a variable at its root", 'deny contains {"code": "a.b"} if { some k; input[k] == 1 }'],
    ["an input that is walked", 'deny contains {"code": "a.b"} if { walk(input, [_, v]); v == 1 }'],
    ["an input under another name", 'deny contains {"code": "a.b"} if { x := input; x.args.a }'],
    ["another input by with", 'deny contains {"code": "a.b"} if ok with input as {"a": 1}\nok if true'],
    ["the time of the host", 'deny contains {"code": "a.b"} if time.now_ns() > 3'],
    ["a template that the host might read otherwise", 'deny contains {"code": "a.b", "message": "{input[0]}"}'],
  ])("cannot be told for %s", async (_, body) => {
    expect(await reads(body)).toBeUndefined();
  });

  it("cannot be told where the input is imported under a name", async () => {
    expect(await reads('deny contains {"code": "a.b"} if args.a', "import input.args")).toBeUndefined();
  });
});

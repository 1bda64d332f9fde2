import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { checkLeftOut } from "../../../src/authoring/checks/index.ts";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { textOf, unpacked } from "../../parts/bundle/sample-bundle.ts";
import { build, packageText, policiesWith } from "../bundle/tools.ts";
import { mistakesIn, moduleOf, refusals } from "./checked.ts";

const header = "# METADATA\n# custom:\n#   servers: [crm]\n";

/** Each of these was once a way past a check, or looks like one. */
const ways: Readonly<Record<string, readonly [rules: string, check: string]>> = {
  a_dotted_head: ['f.permit contains {"id": "a"}', "head-dotted"],
  a_dotted_head_below_a_rule: ['deny.night contains {"code": "a.b"}', "head-dotted"],
  a_head_in_brackets: ['permit["a"] contains {"id": "a"}', "head-dotted"],
  a_partial_object: ["permit[x] := y if {\n\tx := input.user.id\n\ty := true\n}", "head-form"],
  a_set_by_the_old_form: ["permit[x] if x := input.user", "head-form"],
  a_boolean: ["deny if input.time.hour < 8", "head-form"],
  a_default: ['default deny := {{"code": "a.b"}}', "head-form"],
  an_else: ['deny := {{"code": "a.b"}} if input.time.hour < 8\n\nelse := set()', "head-form"],
  a_function_of_that_name: ['deny(x) := {{"code": "a.b"}} if x', "head-form"],
  a_value_in_a_head: ['deny contains {"code": "a.b", "message": input.user.id}', "head-literal"],
  a_variable_as_the_element: ['deny contains reason if reason := {"code": input.user.id}', "head-literal"],
  a_template_string_in_a_head: ['deny contains {"code": "a.b", "message": $"{input.user.id}"}', "head-literal"],
  a_comprehension_in_a_head: ['mask contains {"path": [x | some x in input.user.roles]}', "head-literal"],
  a_comprehension: ['deny contains {"code": "a.b"} if count([1 | not input.user.id == "ann"]) == 1', "negation"],
  a_function_argument: ['deny contains {"code": "a.b"} if not f(input.user.id)\n\nf(id) if id == "ann"', "negation"],
  every: ['deny contains {"code": "a.b"} if every x in ["a"] { not startswith(input.user.id, x) }', "negation"],
  a_chained_body: ['deny contains {"code": "a.b"} if {\n\tinput.time.hour < 8\n} {\n\tnot input.user.id == "ann"\n}', "negation"],
  a_default_in_a_helper: ['deny contains {"code": "a.b"} if h\n\ndefault h := false\n\nh if not input.user.id == "ann"', "negation"],
  an_else_in_a_helper: [
    'deny contains {"code": "a.b"} if h\n\nh if input.time.hour > 30\n\nelse if not input.user.id == "ann"',
    "negation",
  ],
  with_in_a_helper: ['deny contains {"code": "a.b"} if h\n\nh if g with input.user as {}\n\ng if input.user', "with"],
  with_in_a_comprehension: ['deny contains {"code": "a.b"} if count([1 | g with input as {}]) == 1\n\ng if input.user', "with"],
  with_for_a_function: ['deny contains {"code": "a.b"} if f(3) with f as g\n\nf(x) if x == 4\n\ng(_) := true', "with"],
  a_raw_string_as_a_pattern: ['deny contains {"code": "a.b"} if regex.match(`(`, input.user.id)', "partial-builtin"],
  a_rule_reached_by_an_unreached_one: ['deny contains {"code": "a.b"}\n\nother if helper\n\nhelper if input.user', "unreached"],
};

describe("a way round the checks is closed:", () => {
  it("each by its own check", async () => {
    const found = await refusals(Object.fromEntries(Object.entries(ways).map(([name, [rules]]) => [name, rules])));
    const missed = Object.entries(ways).filter(([name, [, check]]) => !found[name]?.includes(check));
    expect(missed.map(([name]) => ({ name, found: found[name] }))).toEqual([]);
  });

  it("another name for the input, by import", async () => {
    const rules = 'deny contains {"code": "a.b"} if not startswith(i.user.id, "x")';
    expect(await refusals({ a: rules }, "import input as i")).toEqual({ a: ["negation"] });
    const unequal = 'deny contains {"code": "a.b"} if u.id != "ann"';
    expect(await refusals({ b: unequal }, "import input.user as u")).toEqual({ b: ["inequality"] });
  });

  it("another name for the package's own rules, by import", async () => {
    const rules = 'deny contains {"code": "a.b"} if not own.staff(input.user.id)\n\nstaff(id) if id == "ann"';
    const [found] = Object.values(await refusals({ a: rules }, "import data.policy.a as own"));
    expect(found).toContain("negation");
  });

  it("import rego.v1 changes nothing, and no other import of words is taken", async () => {
    const rules = 'deny contains {"code": "a.b"} if not input.user.id == "ann"';
    expect(await refusals({ a: rules }, "import rego.v1")).toEqual({ a: ["negation"] });
    expect(await refusals({ a: rules }, "import future.keywords.in")).toEqual({ a: ["negation"] });
    for (const words of ["future.keywords.not", "future.keywords.or", "future.keywords", "rego.v2"])
      expect((await refusals({ a: 'deny contains {"code": "a.b"} if input.user' }, `import ${words}`)).a).toEqual(["keywords"]);
  });

  it("METADATA with a misspelt key, a misspelt value, in the wrong place, twice, or not at all", async () => {
    const rule = 'deny contains {"code": "a.b"} if input.time.hour < 8';
    const texts = {
      "policy/a.rego": `# METADATA\n# custom:\n#   servers: [crm]\n#   kind: [resource]\npackage policy.a\n\n${rule}\n`,
      "policy/b.rego": `# METADATA\n# custom:\n#   servers: [crm]\n#   kinds: [resources]\npackage policy.b\n\n${rule}\n`,
      "policy/c.rego": `# METADATA\n# custom:\n#   server: [crm]\npackage policy.c\n\n${rule}\n`,
      "policy/d.rego": `# METADATA\n# scope: subpackages\n# custom:\n#   servers: [crm]\npackage policy.d\n\n${rule}\n`,
      "policy/e.rego": `# METADTA\n# custom:\n#   servers: [crm]\npackage policy.e\n\n${rule}\n`,
      "policy/f.rego": `${header}package policy.f\n\n# METADATA\n# custom:\n#   kinds: [admit]\n${rule}\n`,
      "policy/g.rego": `${header}package policy.g\n\n${rule}\n`,
      "policy/g2.rego": `${header}package policy.g\n`,
      "policy/h.rego": `# METADATA\n# schemas:\n#   - input: {type: object}\n# custom:\n#   servers: [crm]\npackage policy.h\n\n${rule}\n`,
      "policy/i.rego": `# METADATA\n# custom:\n#   servers: [cmr]\npackage policy.i\n\n${rule}\n`,
    };
    const told = (await mistakesIn(texts)).map(({ file, check, found, remedy }) => [file.slice("policy/".length), check, found, remedy]);
    expect(told.filter(([, check]) => String(check).startsWith("metadata"))).toEqual([
      ["a.rego", "metadata-key", 'unknown METADATA key "custom.kind"', 'did you mean "kinds"?'],
      ["b.rego", "metadata-value", 'unknown kind "resources"', 'did you mean "resource"?'],
      ["c.rego", "metadata-key", 'unknown METADATA key "custom.server"', 'did you mean "servers"?'],
      ["c.rego", "metadata-value", "no custom.servers", undefined],
      ["d.rego", "metadata-missing", "no METADATA for the package", undefined],
      ["d.rego", "metadata-key", '"custom.servers" on a subpackages', undefined],
      ["e.rego", "metadata-missing", "no METADATA for the package", undefined],
      ["f.rego", "metadata-key", '"custom.kinds" on a rule', undefined],
      ["g2.rego", "metadata-key", "METADATA of the package again", undefined],
      ["h.rego", "metadata-key", 'unknown METADATA key "schemas"', undefined],
      ["i.rego", "metadata-value", 'unknown server "cmr"', 'did you mean "crm"?'],
    ]);
  });

  it("a package inside the library, which could permit anything", async () => {
    const mistakes = await mistakesIn({ "policy/a.rego": `${header}package toolgate\n\npermitted(_, _, _, _) := true\n` });
    expect(mistakes).toMatchObject([{ check: "package-name", line: 4, remedy: expect.stringContaining("could permit anything") }]);
  });

  it("a default in a function does not hide what its comprehension loses", async () => {
    const rules =
      'deny contains {"code": "a.b"} if many(input.user.roles)\n\ndefault many(_) := true\n\nmany(xs) if count([n | some x in xs; n := to_number(x)]) > 3';
    expect(await refusals({ a: rules })).toEqual({ a: ["partial-builtin"] });
  });
});

describe("base data", () => {
  async function builtWith(files: Readonly<Record<string, string>>) {
    const folder = await policiesWith(files);
    const bundle = await build(folder);
    await rm(folder, { recursive: true });
    return bundle;
  }

  it("under policy or toolgate has no way into a bundle: no file beside the policies, and no table of that name", async () => {
    const files = {
      "policy/data.json": '{"policy": {"refunds": {"permit": [{"id": "all"}]}}}',
      "policy/toolgate/data.yaml": "toolgate: {}\n",
      "catalog/toolgate.yaml": "toolgate: {}\n",
      "catalog/custom.yaml": "version: 1\ncustom: {}\npolicy: { refunds: {} }\n",
    };
    const bundle = await builtWith(files);
    const told = bundle.ok ? [] : bundle.error.map(({ file, check, path }) => [file, check ?? path]);
    expect(told.sort()).toEqual([
      ["catalog/custom.yaml", "policy"],
      ["catalog/toolgate.yaml", ""],
      ["policy/data.json", "base-data"],
      ["policy/toolgate/data.yaml", "base-data"],
    ]);
  });

  it("of the author stands below data.custom, whatever its names are", async () => {
    const custom = { policy: { refunds: { permit: [{ id: "all" }] } }, toolgate: { decide: { effect: "allow" } } };
    const bundle = await builtWith({
      "catalog/custom.yaml": `version: 1\ncustom: ${JSON.stringify({ suspended: [], ...custom })}\n`,
      "policy/a.rego": packageText("a", 'deny contains {"code": "a.b"} if input.time.hour < 8'),
    });
    if (!bundle.ok) throw new Error(JSON.stringify(bundle.error));
    const data = JSON.parse(textOf(await unpacked(bundle.value.bytes), "data.json"));
    expect(Object.keys(data)).not.toEqual(expect.arrayContaining(["policy"]));
    expect(Object.keys(data)).not.toEqual(expect.arrayContaining(["toolgate"]));
    expect(data.custom).toMatchObject(custom);
  });
});

it("rules in a file of tests, or in one of another name, are told, because no bundle takes them; tests are not", async () => {
  const texts: Readonly<Record<string, string>> = {
    "policy/stress_test.rego": 'package policy.stress\n\ndeny contains {"code": "a.b"} if true\n',
    "policy/old_test.rego": "package policy.old\n\ndefault permit := false\n",
    "policy/fine_test.rego":
      "package policy.a_test\n\nimport data.policy.a\n\ntest_deny_holds if count(a.deny) == 1 with input as {}\n\ndenied := a.deny\n",
    "policy/same_test.rego": "package policy.a\n\ntest_x if {\n\tdeny == set() with input as {}\n}\n",
    "policy/LOUD.Rego": "",
    "policy/a.rego": 'package policy.a\n\ndeny contains {"code": "a.b"} if true\n',
  };
  const mistakes = gatherMistakes();
  await checkLeftOut(Object.keys(texts), async (file) => texts[file] ?? "", mistakes);
  expect(mistakes.all.map(({ file, line, mended }) => [file, line, mended])).toEqual([
    ["policy/stress_test.rego", 3, "policy/stress.rego"],
    ["policy/old_test.rego", 3, "policy/old.rego"],
    ["policy/LOUD.Rego", undefined, "policy/LOUD.rego"],
  ]);
});

it("a path of the input that does not exist is told with the nearest name, at its line", async () => {
  const rules =
    'deny contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\tinput.usr.groups[0] == "x"\n\tinput.tool.risc == "high"\n}';
  expect(await mistakesIn(Object.fromEntries([moduleOf("a", rules)]))).toMatchObject([
    { line: 8, check: "unknown-input", found: "input.usr.groups", remedy: 'did you mean "input.user.groups"?' },
    { line: 9, check: "unknown-input", found: "input.tool.risc", remedy: 'did you mean "input.tool.risk"?' },
  ]);
});

it("what OPA finds in one of its stages does not hide what it would find in the next", async () => {
  const rules = 'deny contains {"code": "a.b"} if {\n\tunused := 3\n\tinput.tool.risc == "high"\n\trand.intn("a", 3) == 1\n}';
  const mistakes = await mistakesIn(Object.fromEntries([moduleOf("a", rules)]));
  expect(mistakes.map(({ check, line }) => [check, line])).toEqual([
    ["opa-strict", 7],
    ["built-in-left-out", 9],
    ["unknown-input", 8],
  ]);
});

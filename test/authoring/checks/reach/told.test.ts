import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { obligationMembers } from "../../../../src/authoring/checks/reach/obligation-members.ts";
import { ownPrefixes } from "../../../../src/core/reasons.ts";
import { lightLoad, type Policy } from "../../../../src/parts/policy/index.ts";
import { policyOf, productData, productLibrary, refundCall } from "../../../parts/policy/policies.ts";
import { demo, demoTables, mistakesOf, moduleOf, type Package } from "./checked.ts";

/** What the author reads about one package: line, what was found, what to do, and the mended lines. */
async function told(one: Package) {
  const mistakes = await mistakesOf({ own: moduleOf("own", one) }, await demoTables());
  return mistakes.map(({ line, found, remedy, mended }) => ({ line, found, remedy, mended }));
}

describe("an author is told", () => {
  it("which tool may be called without the argument, and the line with a value in its place", async () => {
    const rules = 'constrain contains {"code": "own.x"} if {\n\tinput.tool.id == "crm.search_customers"\n\tinput.args.limit > 100\n}';
    expect(await told({ rules })).toEqual([
      {
        line: 9,
        found: '"input.args.limit" in constrain: crm.search_customers may be called without "limit"',
        remedy:
          'say what counts without it: object.get(input.args, "limit", …); if only its presence matters: "limit" in object.keys(input.args)',
        mended: 'object.get(input.args, "limit", 101) > 100',
      },
    ]);
  });

  it("which tools a rule should name that means only some", async () => {
    const [mistake] = await told({ rules: 'constrain contains {"code": "own.x"} if input.args.amount > 1000' });
    expect(mistake?.found).toBe(
      '"input.args.amount" in constrain: crm.get_customer has no "amount" in its schema; 3 other tools do not promise it either',
    );
    expect(mistake?.remedy).toBe('say which tool it is about: input.tool.id == "crm.refund"');
  });

  it("through which helper permit gets to an argument, in the helper's line", async () => {
    const [mistake] = await told({ rules: 'permit contains {"id": "x"} if small\n\nsmall if input.args.amount < 10' });
    expect(mistake).toMatchObject({ line: 9, found: '"input.args.amount" in "small", which permit uses' });
  });

  it("the same rule under the name that it should have", async () => {
    const [mistake] = await told({ rules: 'deny contains {"code": "own.x"} if input.args.amount < 10' });
    expect(mistake?.mended).toBe('constrain contains {"code": "own.x"} if {\n\tinput.args.amount < 10\n}');
    const [other] = await told({ rules: 'constrain contains {"code": "own.x"}' });
    expect(other?.mended).toBe('deny contains {"code": "own.x"}');
  });

  it.each([
    [
      'input.tool.id == "crm.refnd"',
      '"crm.refnd" in input.tool.id: no such tool',
      'did you mean "crm.refund"?',
      'input.tool.id == "crm.refund"',
    ],
    [
      'input.tool.id != "crm.refnd"',
      '"crm.refnd" in input.tool.id: no such tool',
      'did you mean "crm.refund"?',
      'input.tool.id != "crm.refund"',
    ],
    [
      '"suport" in input.user.groups',
      '"suport" in input.user.groups: no such group',
      'did you mean "support"?',
      '"support" in input.user.groups',
    ],
    [
      'input.user.groups[_] == "suport"',
      '"suport" in input.user.groups: no such group',
      'did you mean "support"?',
      'input.user.groups[_] == "support"',
    ],
    [
      'input.agent.id in {"suport-bot"}',
      '"suport-bot" in input.agent.id: no such agent',
      'did you mean "support-bot"?',
      'input.agent.id in {"support-bot"}',
    ],
    [
      '"finanse" in input.agent.roles',
      '"finanse" in input.agent.roles: no such role',
      'did you mean "finance"?',
      '"finance" in input.agent.roles',
    ],
    [
      '"wrte" in input.tool.effects',
      '"wrte" in input.tool.effects: no such word',
      'did you mean "write"?',
      '"write" in input.tool.effects',
    ],
    [
      'input.tool.effects == ["raed"]',
      '"raed" in input.tool.effects: no such word',
      'did you mean "read"?',
      'input.tool.effects == ["read"]',
    ],
    ['input.tool.risk == "hihg"', '"hihg" in input.tool.risk: no such word', 'did you mean "high"?', 'input.tool.risk == "high"'],
    [
      '"personel" in input.tool.data_classes',
      '"personel" in input.tool.data_classes: no such data class',
      'did you mean "personal"?',
      '"personal" in input.tool.data_classes',
    ],
    [
      'input.server.environment == "dmeo"',
      '"dmeo" in input.server.environment: no such environment',
      'did you mean "demo"?',
      'input.server.environment == "demo"',
    ],
    ['input.server.id == "crn"', '"crn" in input.server.id: no such server', 'did you mean "crm"?', 'input.server.id == "crm"'],
    [
      'input.time.weekday in {"Sunday"}',
      '"Sunday" in input.time.weekday: no such word',
      'did you mean "sunday"?',
      'input.time.weekday in {"sunday"}',
    ],
  ])("that there is no such name in %s", async (line, found, remedy, mended) => {
    expect(await told({ rules: `deny contains {"code": "own.x"} if ${line}` })).toEqual([{ line: 7, found, remedy, mended }]);
  });

  it("that a tool is not one of the package's servers, and where a group of tokens is listed", async () => {
    const [tool] = await told({ rules: 'deny contains {"code": "own.x"} if input.tool.id == "files.write_file"' });
    expect(tool?.found).toBe('"files.write_file" in input.tool.id: a tool that the package does not judge');
    const [group] = await told({ rules: 'deny contains {"code": "own.x"} if "auditors" in input.user.groups' });
    expect(group?.remedy).toBe("correct it, or list a group that only tokens name in catalog/groups.yaml with roles: []");
  });

  it("of names in helpers, functions and iterations", async () => {
    const rules = `deny contains {"code": "own.x"} if {
	some effect in ["wrte"]
	effect in input.tool.effects
	some group in input.user.groups
	group == "suport"
	named("crm.refnd")
}

named(id) if input.tool.id == id`;
    expect((await told({ rules })).map(({ line, found }) => `${line}: ${found}`)).toEqual([
      '9: "wrte" in input.tool.effects: no such word',
      '11: "suport" in input.user.groups: no such group',
      '15: "crm.refnd" in input.tool.id: no such tool',
    ]);
  });

  it("of prompts, resources and completions, each in their own table", async () => {
    const rules = `deny contains {"code": "own.x"} if input.prompt.id == "everything.simple-promt"

deny contains {"code": "own.y"} if input.resource.entry == "document"

deny contains {"code": "own.z"} if input.completion.name == "dynamic-txt"`;
    const found = await told({ rules, servers: "everything", kinds: "prompt, resource, completion" });
    expect(found.map(({ remedy }) => remedy)).toEqual([
      'did you mean "everything.simple-prompt"?',
      'did you mean "documents"?',
      'did you mean "dynamic-text"?',
    ]);
  });

  it("of paths of custom.yaml and settings.yaml, with the nearest", async () => {
    const rules =
      'deny contains {"code": "own.x"} if {\n\tinput.client.name in data.custom.suspended_client\n\tinput.time.hour > data.settings.office_hours.form\n}';
    expect((await told({ rules })).map(({ found, remedy }) => [found, remedy])).toEqual([
      ['"data.custom.suspended_client", which catalog/custom.yaml does not have', 'did you mean "suspended_clients"?'],
      ['"data.settings.office_hours.form", which catalog/settings.yaml does not have', 'did you mean "from"?'],
    ]);
  });

  it("of templates that nothing fills, or that are none", async () => {
    const rules =
      'deny contains {"code": "own.x", "message": "{input.usr.id} {user.id} {input.args.amount} {braces}", "remedy": "{input[0]}"} if input.tool.risk == "high"';
    expect((await told({ rules })).map(({ found }) => found)).toEqual([
      '"{input.usr.id}", which no input has',
      '"{input.args.amount}" in deny, which is asked without it',
      '"{user.id}", which the host does not take for a template',
      '"{input[0]}", which the host does not take for a template',
    ]);
  });

  it("of members, types and words of elements", async () => {
    const rules = [
      'oblige contains {"type": "budgt"}',
      'oblige contains {"name": "calls-per-minute"}',
      'oblige contains {"type": "budget", "nam": "calls-per-minute", "cost": -1}',
      'oblige contains {"type": "limit_result"}',
      'redact contains {"path": "iban", "mode": "masc"}',
      'mask contains {"path": "/usr/email"}',
      'permit contains {"id": "x", "for": "users"}',
      'deny contains {"message": 7}',
    ].join("\n\n");
    const found = (await told({ rules })).map((one) => one.found);
    expect(found.sort()).toEqual(
      [
        'the obligation "budgt"',
        "an obligation with the type missing",
        'the member "nam" of the obligation "budget"',
        '"cost" of the obligation "budget" is -1',
        'the obligation "budget" without "name"',
        'the obligation "limit_result" without bytes or items',
        '"path" of redact is "iban"',
        '"mode" of redact is "masc"',
        '"for" of permit is "users"',
        '"message" of deny is 7',
        'deny without "code"',
        'the path "/usr/email", which no input has',
      ].sort(),
    );
  });

  it("that a code is the product's, for each beginning that the guide keeps for it", async () => {
    const guide = readFileSync(join(demo, "../docs/policy/guide.md"), "utf8");
    const kept = /These beginnings are the product's: `([^`]+)`/.exec(guide)?.[1]?.split(" ") ?? [];
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.filter((beginning) => !ownPrefixes.has(beginning.replace(/\.$/, "")))).toEqual([]);
    const [mistake] = await told({ rules: 'deny contains {"code": "budget.mine"} if input.tool.risk == "high"' });
    expect(mistake).toMatchObject({ found: 'the code "budget.mine", of which "budget." is the product\'s', remedy: 'write "own.mine"' });
  });
});

/** Elements that differ from a right one in one place. */
const obligations: readonly (readonly [text: string, code: string | undefined])[] = [
  ['{"type": "budget", "name": "b", "cost": 2}', undefined],
  ['{"type": "budget", "name": "", "cost": 2}', "policy.invalid_obligation"],
  ['{"type": "budget", "name": "b", "cost": 1.5}', "policy.invalid_obligation"],
  ['{"type": "budget", "cost": 1}', "policy.invalid_obligation"],
  ['{"type": "timeout", "ms": 1}', undefined],
  ['{"type": "timeout", "ms": 0}', "policy.invalid_obligation"],
  ['{"type": "timeout"}', "policy.invalid_obligation"],
  ['{"type": "limit_result", "items": 0}', undefined],
  ['{"type": "limit_result", "bytes": "1"}', "policy.invalid_obligation"],
  ['{"type": "limit_result"}', "policy.invalid_obligation"],
  ['{"type": "log", "level": "warn"}', undefined],
  ['{"type": "log", "level": 3}', "policy.invalid_obligation"],
  ['{"type": "redact", "path": "/a", "mode": "hash", "optional": true}', undefined],
  ['{"type": "redact", "path": "a"}', "policy.invalid_obligation"],
  ['{"type": "redact", "path": "/a", "mode": "blur"}', "policy.invalid_obligation"],
  ['{"type": "redact", "path": "/a", "optional": "yes"}', "policy.invalid_obligation"],
  ['{"type": "sing"}', "policy.unknown_obligation"],
  ['{"type": "approve", "ttl_s": 900}', "policy.invalid_obligation"],
  ['{"type": "step_up"}', "policy.invalid_obligation"],
  ['{"type": "set_args", "path": "a", "value": 1}', "policy.invalid_obligation"],
  ['{"type": "notify"}', "policy.invalid_obligation"],
  ['{"type": "label", "add": [1]}', "policy.invalid_obligation"],
];

describe("what is said of an obligation is what a gateway does with it:", () => {
  let policy: Policy;
  const names = obligations.map((_, at) => `o${at}`);
  beforeAll(async () => {
    const rules = Object.fromEntries(obligations.map(([text], at) => [`o${at}`, `oblige contains ${text}`]));
    const data = JSON.parse(productData(names));
    data.index = Object.fromEntries(names.map((name) => [name, [name]]));
    data.roles.support.grants = Object.fromEntries(names.map((name) => [name, { refund: true }]));
    policy = await policyOf(productLibrary(rules), { data: JSON.stringify(data) });
  });
  afterAll(() => policy.close());

  it.each(obligations.map(([text, code], at) => [text, code, at] as const))("%s", async (text, code, at) => {
    const input = { ...refundCall, server: { ...refundCall.server, id: `o${at}` } };
    const { reasons } = await policy.decide(JSON.stringify(input), lightLoad);
    const shape = reasons.map((reason) => reason.code).filter((one) => one !== "policy.obligation_unsupported");
    expect(shape).toEqual(code === undefined ? [] : [code]);
    const mistakes = await mistakesOf({ own: moduleOf("own", { rules: `oblige contains ${text}` }) });
    expect(mistakes.some(({ check }) => check === "element-shape")).toBe(code !== undefined);
  });

  it("no type is known to one of the two alone", () => {
    const tried = obligations.filter(([, code]) => code !== "policy.unknown_obligation").map(([text]) => JSON.parse(text).type);
    expect(Object.keys(obligationMembers).filter((type) => !tried.includes(type))).toEqual([]);
  });
});

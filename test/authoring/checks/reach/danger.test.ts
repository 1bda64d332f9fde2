import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Check } from "../../../../src/authoring/checks/index.ts";
import { reachChecks } from "../../../../src/authoring/checks/reach/index.ts";
import { lightLoad, type Policy } from "../../../../src/parts/policy/index.ts";
import { policyOf, productLibrary, refundCall } from "../../../parts/policy/policies.ts";
import { demoTables, mistakesOf, moduleOf, type Package } from "./checked.ts";

/** Rules that show a danger; each is asked about a server of its own, on the evaluator of the gateway. */
interface Shown extends Package {
  readonly name: string;
}

const shown: Shown[] = [];

/** A package by rules; without kinds it judges tools. */
function asked(name: string, rules: string, kinds = "tool"): string {
  shown.push({ name, rules, kinds });
  return name;
}

/** Both examples of a check, as packages of their own. */
function examplesOf(id: string): readonly [wrong: string, right: string] {
  const check = checkOf(id);
  const one = (side: "wrong" | "right") => {
    const text = check.example[side];
    const [, kinds = "tool"] = /kinds: \[(.*)\]/.exec(text) ?? [];
    return asked(
      `${id.replaceAll("-", "_")}_${side}`,
      text.slice(text.indexOf("package policy.example") + "package policy.example".length),
      kinds,
    );
  };
  return [one("wrong"), one("right")];
}

function checkOf(id: string): Check {
  const check = reachChecks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check "${id}"`);
  return check;
}

let policy: Policy;
beforeAll(async () => {
  const modules = Object.fromEntries(shown.map((one) => [`policy/${one.name}.rego`, moduleOf(one.name, one)]));
  const grants = Object.fromEntries(shown.map(({ name }) => [name, { refund: true, search_customers: true }]));
  const prompts = Object.fromEntries(shown.map(({ name }) => [name, { summary: true }]));
  const data = {
    roles: { support: { grants, prompts } },
    index: Object.fromEntries(shown.map(({ name }) => [name, [name]])),
    index_kinds: Object.fromEntries(shown.map(({ name, kinds = "tool" }) => [name, kinds.split(", ")])),
    settings: {},
    custom: { suspended_clients: ["leaky-ide"] },
  };
  policy = await policyOf({ ...productLibrary({}), ...modules }, { data: JSON.stringify(data) });
});
afterAll(() => policy.close());

type Input = Readonly<Record<string, unknown>>;

const inputOf = (name: string, changes: Input) => ({ ...refundCall, ...changes, server: { ...refundCall.server, id: name } });

const decide = (name: string, changes: Input = {}) => policy.decide(JSON.stringify(inputOf(name, changes)), lightLoad);

async function effect(name: string, changes: Input = {}): Promise<string> {
  return (await decide(name, changes)).effect;
}

/** Whether a list shows the refund. */
async function isListed(name: string, changes: Input = {}): Promise<boolean> {
  const { tool, server, args: _, ...caller } = inputOf(name, changes);
  const [visible] = await policy.discover(
    JSON.stringify({ ...caller, phase: "discover", method: "tools/list", items: [{ server, tool }] }),
    lightLoad,
  );
  return visible === true;
}

const inspect = (name: string, changes: Input) =>
  policy.inspect(
    JSON.stringify({
      ...inputOf(name, changes),
      phase: "result",
      findings: {},
      result: { is_error: false, bytes: 1_000_000, content_types: [], structured: {} },
    }),
    lightLoad,
  );

const search = { tool: { ...refundCall.tool, id: "crm.search_customers", name: "search_customers" } };
const by = (name: string) => ({ client: { name } });

describe("the danger is real:", () => {
  const unseen = examplesOf("unseen-in-permit-and-deny");
  it("a deny on an argument never holds, and as constrain it does", async () => {
    const large = { args: { amount: 1500 } };
    expect(await Promise.all(unseen.map((name) => effect(name, large)))).toEqual(["allow", "deny"]);
    expect(await Promise.all(unseen.map((name) => isListed(name)))).toEqual([true, true]);
  });

  const waysRound = Object.entries({
    "a helper that takes the input whole": 'deny contains {"code": "a.b"} if large(input)\n\nlarge(all) if all.args.amount > 1000',
    "object.get": 'deny contains {"code": "a.b"} if object.get(input, ["args", "amount"], 0) > 1000',
    "a comprehension": 'deny contains {"code": "a.b"} if count([1 | input.args.amount > 1000]) > 0',
    "a function argument": 'deny contains {"code": "a.b"} if large(input.args.amount)\n\nlarge(amount) if amount > 1000',
    with: 'deny contains {"code": "a.b"} if large with input as {"amount": input.args.amount}\n\nlarge if input.amount > 1000',
    "a dynamic reference": 'deny contains {"code": "a.b"} if {\n\tsome key\n\tinput[key].amount > 1000\n}',
    "an import": 'import input.args as a\n\ndeny contains {"code": "a.b"} if a.amount > 1000',
  }).map(([way, rules], at) => [way, asked(`way_${at}`, rules)] as const);
  it.each(waysRound)("a deny on an argument never holds by way of %s either", async (_, name) => {
    expect(await effect(name, { args: { amount: 1500 } })).toBe("allow");
  });

  const grounds = asked("grounds", 'permit contains {"id": "x", "for": "both"} if object.get(input, "args", {"amount": 1}).amount < 10');
  it("a permit with a default for its arguments permits whatever they are", async () => {
    const strange = { agent: { ...refundCall.agent, roles: [] }, user: { ...refundCall.user, roles: [] }, args: { amount: 1_000_000 } };
    expect(await effect(grounds, strange)).toBe("allow");
  });

  const listed = examplesOf("constrain-without-arguments");
  it("a constrain without arguments lists what every call is refused, and as deny it does not", async () => {
    const outsider = { user: { ...refundCall.user, groups: ["contractors"] }, tool: { ...refundCall.tool, risk: "critical" } };
    expect(await Promise.all(listed.map((name) => effect(name, outsider)))).toEqual(["deny", "deny"]);
    expect(await Promise.all(listed.map((name) => isListed(name, outsider)))).toEqual([true, false]);
  });

  const missing = examplesOf("argument-that-may-be-missing");
  it("who leaves the argument out passes, and with a value in its place does not", async () => {
    expect(await Promise.all(missing.map((name) => effect(name, { ...search, args: { limit: 500 } })))).toEqual(["deny", "deny"]);
    expect(await Promise.all(missing.map((name) => effect(name, { ...search, args: {} })))).toEqual(["allow", "deny"]);
    expect(await effect(missing[1], { ...search, args: { limit: 100 } })).toBe("allow");
  });

  const unlike = examplesOf("unlike-types");
  it("a number is more than no text, so the limit never holds, and as a number it does", async () => {
    expect(await Promise.all(unlike.map((name) => effect(name, { args: { amount: 5000 } })))).toEqual(["allow", "deny"]);
  });

  const operand = asked(
    "operand",
    'constrain contains {"code": "a.b"} if number(input.args.limit) > 100\n\ndefault number(_) := 1000\n\nnumber(x) := x if is_number(x)',
  );
  const falsely = asked("falsely", 'constrain contains {"code": "a.b"} if many\n\ndefault many := false\n\nmany if input.args.limit > 100');
  it("the default of a function does not stand for a missing operand, nor does one that is false", async () => {
    expect([await effect(operand, { args: {} }), await effect(falsely, { args: {} })]).toEqual(["allow", "allow"]);
    expect([await effect(operand, { args: { limit: 500 } }), await effect(falsely, { args: { limit: 500 } })]).toEqual(["deny", "deny"]);
  });

  const results = examplesOf("result-before-the-call");
  it("a constrain on a result never holds, and withhold does", async () => {
    expect(await effect(results[0])).toBe("allow");
    expect((await Promise.all(results.map((name) => inspect(name, {})))).map(({ withheld }) => withheld.length)).toEqual([0, 1]);
  });

  const kinds = examplesOf("member-of-another-kind");
  const admitted = asked("admitted", 'constrain contains {"code": "a.b"} if input.args.amount > 3', "admit");
  it("a rule about a kind that its package is not asked about never holds", async () => {
    const prompt = {
      tool: undefined,
      prompt: { id: "crm.summary", name: "summary", pinned: true, data_classes: [] },
      args: { city: "Atlantis" },
    };
    expect(await effect(kinds[0], prompt)).toBe("allow");
    expect(await effect(kinds[1], { args: { amount: 1500 } })).toBe("deny");
    expect(await effect(admitted, { args: { amount: 1500 } })).toBe("allow");
  });

  const claims = examplesOf("claims-of-the-caller");
  const claimed = asked("claimed", 'permit contains {"id": "x", "for": "both"} if input.client.name == "house-ide"');
  it("whoever claims the right name is let through, and a list of suspended names only closes", async () => {
    expect([await effect(claims[0], by("evil")), await effect(claims[0], by("house-ide"))]).toEqual(["deny", "allow"]);
    expect(await effect(claims[1], by("leaky-ide"))).toBe("deny");
    const strange = { agent: { ...refundCall.agent, roles: [] }, user: { ...refundCall.user, roles: [] } };
    expect([await effect(claimed, { ...strange, ...by("evil") }), await effect(claimed, { ...strange, ...by("house-ide") })]).toEqual([
      "deny",
      "allow",
    ]);
  });

  asked("fence", 'deny contains {"code": "fence.outsider"} if trusted\n\ntrusted if "contractors" in input.user.groups');
  const borrowed = asked(
    "borrowed",
    'permit contains {"id": "x", "for": "both"} if {\n\tsome other in ["fence"]\n\tdata.policy[other].trusted\n}',
  );
  const opened = Object.entries({
    "one of two values":
      'deny contains {"code": "a.b"} if who == "stranger"\n\nwho := "house" if input.client.name == "house-ide"\n\nelse := "stranger"',
    "a value other than the default":
      'deny contains {"code": "a.b"} if stranger\n\ndefault stranger := true\n\nstranger := false if input.client.name == "house-ide"',
    "a key with a value in its place":
      'deny contains {"code": "a.b"} if object.get({"house-ide": "house"}, input.client.name, "stranger") == "stranger"',
    "false by a name": 'deny contains {"code": "a.b"} if {\n\thouse := input.client.name == "house-ide"\n\thouse == false\n}',
    "false as an operand": 'deny contains {"code": "a.b"} if startswith(input.client.name, "house", false)',
  }).map(([way, rules], at) => [way, asked(`opened_${at}`, rules)] as const);
  it.each(opened)("whoever calls itself the right client is let through by %s", async (_, name) => {
    expect([await effect(name, by("house-ide")), await effect(name, by("other"))]).toEqual(["allow", "deny"]);
  });

  const misspelt = [
    'object.get(input.args, "amout", 0) > 1000',
    'object.filter(input.args, ["amout"]).amout > 1000',
    'object.union({"page": 1}, input.args).amout > 1000',
  ].map((line, at) => asked(`misspelt_${at}`, `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\t${line}\n}`));
  it("a misspelt argument is never more than anything, in a copy and with a value in its place too", async () => {
    const large = { args: { amount: 1500 } };
    expect(await Promise.all(misspelt.map((name) => effect(name, large)))).toEqual(["allow", "allow", "allow"]);
  });

  const foreign = examplesOf("foreign-data");
  it("what another package means by its rule opens here what neither of them says", async () => {
    const strange = { agent: { ...refundCall.agent, roles: [] }, user: { ...refundCall.user, roles: [], groups: ["contractors"] } };
    expect([await effect("fence", strange), await effect(borrowed, strange)]).toEqual(["deny", "allow"]);
    expect(await effect(foreign[1], by("leaky-ide"))).toBe("deny");
  });

  const typos = examplesOf("missing-data");
  it("a list under a misspelt name suspends nobody", async () => {
    expect(await Promise.all(typos.map((name) => effect(name, by("leaky-ide"))))).toEqual(["allow", "deny"]);
  });

  const names = examplesOf("unknown-name");
  it("a denial for a misspelt name never holds", async () => {
    const sunday = { time: { ...refundCall.time, weekday: "sunday" } };
    expect(await Promise.all(names.map((name) => effect(name, sunday)))).toEqual(["allow", "deny"]);
  });

  const budgets = examplesOf("unknown-budget");
  const spent = asked("spent", 'deny contains {"code": "a.b"} if input.budgets["refund-per-day"].remaining < 1');
  it("a budget by another name is asked of the ledger as it stands, and never seen to be spent", async () => {
    const asks = await Promise.all(budgets.map((name) => decide(name)));
    expect(asks.map(({ obligations }) => obligations)).toMatchObject([[{ name: "refund-per-day" }], [{ name: "refunds-per-day" }]]);
    expect(await effect(spent, { budgets: { "refunds-per-day": { limit: 3, used: 3, remaining: 0 } } })).toBe("allow");
  });

  const templates = examplesOf("template-that-is-not-filled");
  it("an obligation that an optional argument fills denies who leaves it out, and two rules do not", async () => {
    const [wrong, right] = await Promise.all(templates.map((name) => decide(name, { ...search, args: { query: "x" } })));
    expect(wrong).toMatchObject({ effect: "deny", reasons: [{ code: "policy.template_unfilled" }] });
    expect(right).toMatchObject({ effect: "allow", obligations: [{ type: "budget", cost: 20 }] });
    expect(await decide(templates[1], { ...search, args: { limit: 7 } })).toMatchObject({ obligations: [{ cost: 7 }] });
  });

  const elements = examplesOf("element-shape");
  const cheap = asked("cheap", 'oblige contains {"type": "budget", "name": "b", "costs": 100}');
  it("a misspelt member is passed over: what should be hidden is shown, and what is dear costs 1", async () => {
    const critical = { tool: { ...refundCall.tool, risk: "critical" } };
    expect((await Promise.all(elements.map((name) => decide(name, critical)))).map(({ known }) => known)).toEqual([true, false]);
    expect(await decide(cheap)).toMatchObject({ obligations: [{ cost: 1 }] });
  });

  const masks = examplesOf("mask-that-never-fits");
  it("a mask of a path that no input has leaves the record as it is", async () => {
    const input = inputOf(masks[0], { user: { ...refundCall.user, email: "ann@example.com" } });
    const covered = async (name: string) => {
      const paths = await policy.mask(JSON.stringify({ ...input, server: { ...refundCall.server, id: name } }), lightLoad);
      return paths.filter(
        (path) => Reflect.get(Reflect.get(input, path.split("/")[1] ?? "") ?? {}, path.split("/")[2] ?? "") !== undefined,
      );
    };
    expect(await Promise.all(masks.map(covered))).toEqual([[], ["/user/email"]]);
  });

  const codes = examplesOf("code-of-the-product");
  it("a code of the product's is not told: nobody learns why", async () => {
    const critical = { tool: { ...refundCall.tool, risk: "critical" } };
    const told = await Promise.all(codes.map((name) => decide(name, critical)));
    expect(told.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([["policy.invalid_rule"], ["example.closed"]]);
  });
});

describe("each check of what a rule reads and names", () => {
  it.each(reachChecks.map((check) => [check.id, check] as const))(
    "%s refuses its wrong example, and nothing refuses the right one",
    async (id, { example }) => {
      const tables = await demoTables();
      const [wrong, right] = await Promise.all([
        mistakesOf({ example: example.wrong }, tables),
        mistakesOf({ example: example.right }, tables),
      ]);
      expect([...new Set(wrong.map(({ check }) => check))]).toEqual([id]);
      expect(right).toEqual([]);
    },
  );

  it("has its danger shown here", () => {
    const proven = new Set(shown.map(({ name }) => name));
    expect(reachChecks.map(({ id }) => id).filter((id) => !proven.has(`${id.replaceAll("-", "_")}_wrong`))).toEqual([]);
  });
});

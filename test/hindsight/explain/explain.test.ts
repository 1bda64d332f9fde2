import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findOpa, type Opa } from "../../../src/authoring/index.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";
import { dataDirectories, type Explanation, explain, explanationText, type RuleTold } from "../../../src/hindsight/explain/index.ts";
import { placeOf } from "../../../src/hindsight/records/index.ts";
import { opaIsMissing } from "../../parts/policy/opa.ts";
import { type Gate, type LogRecord, startGate } from "../../support/gate.ts";
import { offeredTools } from "../../support/gate-company.ts";
import { shop } from "./company.ts";

const same = (text: string): string => text;
const paint = { bold: same, dim: same, red: same, green: same, yellow: same };

let gate: Gate;
let opa: Result<Opa, string>;

beforeAll(async () => {
  if (opaIsMissing) return;
  opa = await findOpa({ env: process.env });
  gate = await startGate({ company: shop });
}, 60_000);
afterAll(() => gate?.stop());

interface Caller {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly agent?: string;
}

/** Calls a tool, and gives the id of the decision about it. */
async function decided(tool: string, args: unknown, caller: Caller = {}): Promise<string> {
  const before = new Set((await gate.records()).map(({ id }) => id));
  await gate.call(`crm__${tool}`, args, { token: await gate.token({ user: "ann", groups: ["desk"], ...caller }) });
  const made = (await gate.records()).filter(({ id, kind }) => !before.has(id) && ["intent", "refusal"].includes(kind));
  expect(made).toHaveLength(1);
  return made[0]?.id ?? "";
}

async function explained(id: string, options: Partial<Parameters<typeof explain>[1]> = {}): Promise<Explanation> {
  const told = await explain(id, { source: dataDirectories([placeOf(gate.dataDir)]), opa, ...options });
  if (!told.ok) throw new Error(told.error.detail);
  return told.value;
}

async function why(tool: string, args: unknown, caller: Caller = {}): Promise<Explanation> {
  return explained(await decided(tool, args, caller));
}

function ruleOf({ rules }: Explanation, name: string): RuleTold {
  const found = rules.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

const textOf = (told: Explanation, all = false) => explanationText(told, { paint, all });

describe.skipIf(opaIsMissing)("why a call was allowed", () => {
  test("the roles of both sides are told, what was charged, and on which condition each denial was left", async () => {
    const told = await why("refund", { amount: 20 }, { user: "amy" });
    expect(told).toMatchObject({
      verdict: "allowed",
      answer: "Allowed: crm.refund for amy via desk-bot - the user by role desk, the agent by role all",
      conditions: { by: "opa", equal: true },
      faults: [],
      bundle: { name: "gate", sequence: 1, kept: true },
    });
    expect(told.sides.map(({ side, has, by }) => ({ side, has, by }))).toEqual([
      { side: "user", has: true, by: ["role desk"] },
      { side: "agent", has: true, by: ["role all"] },
    ]);
    expect(told.after.map(({ what }) => what)).toEqual(["reserved", "sent", "outcome", "charged"]);
    expect(ruleOf(told, "refunds.too_much")).toMatchObject({
      state: "not_held",
      file: "policy/refunds.rego",
      failed: {
        text: "input.args.amount > data.settings.limits.refund",
        why: "input.args.amount = 20 is not above data.settings.limits.refund = 1000",
      },
    });
    expect(ruleOf(told, "budget")).toMatchObject({ rule: "oblige", state: "held" });
  });

  test("an argument that is not there is told as the reason why a rule is silent", async () => {
    const told = await why("get_customer", {}, { groups: ["staff"] });
    expect(ruleOf(told, "refunds.foreign").failed).toMatchObject({
      missing: "input.args.iban",
      why: "input.args.iban is not there, so it is undefined",
      values: [{ path: "input.args.iban", state: "missing" }],
    });
    expect(textOf(told)).toContain('32  input.args.iban != "DE1"   input.args.iban is not there, so it is undefined');
  });

  test("a permit rule is named as what the user has", async () => {
    const told = await why("refund", { amount: 20 }, { user: "lea", groups: ["leads"] });
    expect(told.sides[0]).toMatchObject({ has: true, by: ["permit leads of policy.refunds"] });
  });

  test("a rule that goes through a list tells the furthest condition, one element, and how often it failed", async () => {
    const items = [
      { sku: "ok1", price: 50 },
      { sku: "ok2", price: 60 },
      { sku: "no", price: 6 },
    ];
    const told = await why("refund", { amount: 50, items }, { user: "ivy" });
    const rule = ruleOf(told, "refunds.bad_item");
    expect(rule).toMatchObject({ state: "not_held", times: 2, failed: { text: "not known(item.sku)", why: "known(item.sku) holds" } });
    expect(rule.failed?.values).toEqual([{ path: "item.sku", state: "there", value: "ok1" }]);
    expect(rule.failed?.inside).toMatchObject([
      { rule: "known", state: "held", conditions: [{ values: [{ path: "sku", value: "ok1" }] }] },
    ]);
    expect(rule.conditions.map(({ text }) => text)).toEqual(["some item in input.args.items", "item.price > 10"]);
  });
});

describe.skipIf(opaIsMissing)("why a call was refused as if the target did not exist", () => {
  test("a user without a permit: every role and permit rule that would do, the closest first, and that the agent has one", async () => {
    const told = await why("refund", { amount: 20 }, { user: "eve", groups: ["staff"] });
    expect(told.verdict).toBe("hidden");
    expect(textOf(told).replace(/^ {2}(decision|when|bundle|asked).*\n/gm, "")).toBe(
      `
Refused as if it did not exist: user eve has no permit for crm.refund; agent desk-bot has one

  who        eve (staff) via desk-bot, token of https://login.example.com
  policy     deny, the target is unknown to the caller
  then       refused: Unknown tool
             nothing was sent to the server
  remedy     Call tools/list for the tools you may use.

Who may use it
  no   user eve         has none: 3 roles and 2 permit rules would do
       role desk          not in desk, gone, which have it
       roles all, night   no group has it
       permit two-steps of policy.refunds   policy/refunds.rego:11
             14  input.client.name == "never"   input.client.name = "test" is not "never"
       permit leads of policy.refunds   policy/refunds.rego:6
              7  "leads" in input.user.groups   input.user.groups = ["staff"] does not have "leads"
  yes  agent desk-bot   role all

2 other rules did not hold (--all)

checked: OPA ${opa.ok ? opa.value.version : ""} and the gateway's evaluator say the same again`.trimStart(),
    );
  });

  test("an agent without a role is told apart from its user, who has one", async () => {
    const told = await why("refund", { amount: 20 }, { agent: "read-bot" });
    expect(told.answer).toBe("Refused as if it did not exist: agent read-bot has no permit for crm.refund; user ann has one");
    expect(told.sides.map(({ has }) => has)).toEqual([true, false]);
  });

  test("roles that ended are told with the instant, for the user's group and for the agent", async () => {
    const told = await why("refund", { amount: 20 }, { user: "gus", groups: ["gone"], agent: "old-bot" });
    expect(told.answer).toBe("Refused as if it did not exist: user gus and agent old-bot have no permit for crm.refund");
    for (const side of told.sides) {
      expect(side.candidates[0]).toMatchObject({ role: "desk", held: false, ended: "2020-01-01T00:00:00.000Z" });
    }
  });

  test("a denial that hides is named although the caller was told of nothing", async () => {
    const told = await why("export", {}, { user: "eve", groups: ["staff"] });
    expect(told.verdict).toBe("hidden");
    expect(told.answer).toBe(
      'Refused as if it did not exist: refunds.secret_tool by policy.refunds - input.tool.risk is "critical"; the denial hides crm.export',
    );
    expect(told.sides.every(({ has }) => has)).toBe(true);
    expect(ruleOf(told, "refunds.secret_tool").conditions.map(({ why: said }) => said)).toEqual([
      'input.user.groups = ["staff"] has "staff"',
      'input.tool.risk is "critical"',
    ]);
    // What is asked of a call was not asked, so nothing is said about it.
    expect(told.rules.filter(({ rule }) => rule === "constrain" || rule === "oblige")).toEqual([]);
  });

  test("a name that means nothing has no policy to explain, and says so", async () => {
    const told = await why("nothing", {});
    expect(told).toMatchObject({ verdict: "refused", answer: "Refused: tool.unknown - Unknown tool", rules: [], sides: [] });
  });
});

describe.skipIf(opaIsMissing)("why policy refused a call", () => {
  test("the first line names code, package and the value that made it", async () => {
    const told = await why("refund", { amount: 1500 });
    expect(told).toMatchObject({
      verdict: "refused",
      answer: "Refused: refunds.too_much by policy.refunds - input.args.amount = 1500 is above data.settings.limits.refund = 1000",
    });
    expect(ruleOf(told, "refunds.too_much")).toMatchObject({ state: "held", line: 26 });
    expect(textOf(told)).toContain("What denies it\n  refunds.too_much, constrain of policy.refunds   policy/refunds.rego:26");
    expect(gate.servers.crm?.calls.some(({ args }) => JSON.stringify(args).includes("1500"))).toBe(false);
  });

  test("a helper with a default that failed is looked into", async () => {
    const told = await why("refund", { amount: 20, iban: "FR" });
    expect(told.answer).toBe('Refused: refunds.foreign by policy.refunds - trusted does not hold: input.user.id = "ann" is not "zoe"');
    const [, negated] = ruleOf(told, "refunds.foreign").conditions;
    expect(negated).toMatchObject({
      text: "not trusted",
      inside: [{ rule: "trusted", line: 54, failed: { why: 'input.user.id = "ann" is not "zoe"' } }],
    });
  });

  test("an approval that is asked for names the value of the function that asks", async () => {
    const told = await why("refund", { amount: 700 });
    expect(told).toMatchObject({
      verdict: "ask",
      answer: 'Refused: policy wants an approval, by policy.refunds - tier(input.args.amount) is "large" (input.args.amount = 700)',
    });
  });

  test("a condition on a masked value is never guessed at, and the value appears nowhere", async () => {
    const told = await why("refund", { amount: 1500, note: "very private" });
    const rule = ruleOf(told, "refunds.noted");
    expect(rule).toMatchObject({
      state: "unjudgeable",
      failed: {
        why: "input.args.note is masked: cannot be judged; the record says that the rule did not hold",
        values: [{ path: "input.args.note", state: "masked" }],
      },
    });
    expect(told.masked).toEqual(["/args/note"]);
    expect(told.conditions.equal).toBeUndefined();
    expect(JSON.stringify(told)).not.toMatch(/very private|hmac-sha256/);
    // A masked value that did deny is known from the record, and from nothing else.
    const denied = await why("refund", { amount: 20, note: "no" });
    expect(ruleOf(denied, "refunds.noted")).toMatchObject({
      state: "held",
      failed: { why: expect.stringContaining("the record says that the rule held") },
    });
  });

  test("arguments beyond what a record holds are told as gone", async () => {
    const told = await why("refund", { amount: 20, iban: "x".repeat(40_000) });
    expect(told.masked).toContain("/args");
    expect(ruleOf(told, "refunds.too_much").state).toBe("unjudgeable");
    expect(told.notes).toContain("the arguments were too large for the record");
  });
});

describe.skipIf(opaIsMissing)("what the gateway refused although policy allows it", () => {
  test("a budget that is used up is told with what policy said", async () => {
    await decided("refund", { amount: 20 }, { user: "bud" });
    const told = await why("refund", { amount: 20 }, { user: "bud" });
    expect(told).toMatchObject({ verdict: "refused", policy: { effect: "allow" } });
    expect(told.answer).toMatch(/^Refused: budget\.exhausted - The budget refunds is used up until .*, although policy allows it$/);
    expect(told.after.map(({ what }) => what)).toEqual(["budget.exhausted", "not_sent"]);
  });

  test("arguments that do not fit the approved definition", async () => {
    const told = await why("refund", { amount: "x" });
    expect(told.answer).toMatch(/^Refused: args\.invalid - .*\/amount: type number, although policy allows it$/);
    expect(ruleOf(told, "refunds.too_much").failed).toMatchObject({
      missing: "input.args",
      why: "input.args is not there, so it is undefined",
    });
  });
});

describe.skipIf(opaIsMissing)("a list", () => {
  async function listId(caller: Caller = { user: "eve", groups: ["staff"] }): Promise<string> {
    const before = new Set((await gate.records()).map(({ id }) => id));
    await gate.list({ token: await gate.token(caller) });
    return (await gate.records()).find(({ id, kind }) => kind === "list" && !before.has(id))?.id ?? "";
  }

  test("is told in words", async () => {
    expect(await explained(await listId())).toMatchObject({
      verdict: "list",
      answer: expect.stringMatching(/^Listed: \d of 4 for eve via desk-bot$/),
    });
  });

  test("has a target because both sides have a permit and nothing denies it", async () => {
    const told = await explained(await listId(), { target: "crm.get_customer" });
    expect(told).toMatchObject({
      verdict: "listed",
      answer: "Listed: crm.get_customer for eve via desk-bot - the user by role reader, the agent by role all",
      conditions: { by: "opa", equal: true },
      faults: [],
    });
    expect(ruleOf(told, "refunds.secret_tool").failed?.why).toBe('input.tool.risk = "low" is not "critical"');
    expect(told.rules.filter(({ rule }) => rule === "constrain" || rule === "oblige")).toEqual([]);
  });

  test("lacks a target for which the user has no role, and names who does", async () => {
    const told = await explained(await listId(), { target: "crm.refund" });
    expect(told).toMatchObject({
      verdict: "not_listed",
      answer: "Not listed: user eve has no permit for crm.refund; agent desk-bot has one",
      conditions: { by: "opa", equal: true },
    });
    expect(textOf(told)).toContain("no   user eve         has none: 3 roles and 2 permit rules would do");
  });

  test("lacks a target that a denial closes, and names the condition", async () => {
    const told = await explained(await listId(), { target: "crm.export" });
    expect(told).toMatchObject({
      verdict: "not_listed",
      answer: 'Not listed: refunds.secret_tool by policy.refunds - input.tool.risk is "critical"',
      conditions: { equal: true },
    });
    expect(textOf(told)).toContain("What denies it\n  refunds.secret_tool, deny of policy.refunds");
  });

  test("lacks what the bundle does not have", async () => {
    expect(await explained(await listId(), { target: "crm.nothing" })).toMatchObject({
      verdict: "not_listed",
      answer: 'Not listed: the bundle has no "crm.nothing" that tools/list could show, as in crm.refund',
      faults: [],
    });
  });

  test("lacks what the server did not offer, whatever policy says of it", async () => {
    const { crm } = gate.servers;
    const [first, ...rest] = offeredTools(shop.servers.crm ?? { tools: {} });
    expect(first?.name).toBe("get_customer");
    crm?.setTools(rest);
    try {
      const id = await vi.waitFor(async () => {
        const listed = await listId();
        const record = (await gate.records()).find((one: LogRecord) => one.id === listed);
        expect(record?.absent).toEqual(["crm.get_customer"]);
        return listed;
      });
      expect(await explained(id, { target: "crm.get_customer" })).toMatchObject({
        verdict: "not_listed",
        answer:
          "Not listed: the server did not offer crm.get_customer as it was approved: it was away, had another definition, or was quarantined",
        faults: [],
        sides: [{ has: true }, { has: true }],
      });
      expect((await explained(id, { target: "crm.ask" })).verdict).toBe("listed");
    } finally {
      crm?.setTools(offeredTools(shop.servers.crm ?? { tools: {} }));
    }
  });

  test("is explained from the record and the roles where there is no OPA", async () => {
    const id = await listId();
    const none = { opa: err("found no opa") };
    expect(await explained(id, { target: "crm.get_customer", ...none })).toMatchObject({ verdict: "listed", rules: [] });
    expect((await explained(id, { target: "crm.refund", ...none })).answer).toBe(
      "Not listed: user eve has no permit for crm.refund; agent desk-bot has one; rules were not looked at",
    );
  });

  test("that says otherwise than its bundle is a fault", async () => {
    const id = await listId();
    const source = dataDirectories([placeOf(gate.dataDir)]);
    const forged: typeof source = {
      ...source,
      async find(wanted) {
        const found = await source.find(wanted);
        if (!found.ok) return found;
        const records = found.value.records.map(({ line }) => {
          const changed = line.replace('"visible":["crm.get_customer",', '"visible":["crm.get_customer","crm.refund",');
          return { line: changed, value: JSON.parse(changed) as LogRecord };
        });
        return ok({ ...found.value, records });
      },
    };
    const told = await explained(id, { source: forged, target: "crm.refund" });
    expect(told).toMatchObject({ verdict: "listed", conditions: { equal: false } });
    expect(told.faults).toEqual(["OPA says otherwise than the record: the target is not listed"]);
  });
});

describe.skipIf(opaIsMissing)("without something", () => {
  test("without OPA roles, story and the record's own words are there, and how to get OPA", async () => {
    const id = await decided("refund", { amount: 1500 });
    const told = await explained(id, { opa: err("found no opa; install it") });
    expect(told).toMatchObject({ verdict: "refused", rules: [], conditions: { by: "none", equal: true }, faults: [] });
    expect(told.sides.map(({ by }) => by)).toEqual([["role desk"], ["role all"]]);
    expect(told.notes).toContain("conditions of rules need OPA: found no opa; install it");
  });

  test("a decision of an older bundle is explained on that one, and without it as far as that goes", async () => {
    const id = await decided("refund", { amount: 1500 });
    const old = (await explained(id)).bundle;
    const swapped = await gate.swap({ data: (data) => void Object.assign(data.settings as object, { limits: { refund: 9000 } }) });
    expect(swapped).toEqual({ activated: true });
    expect(await explained(id)).toMatchObject({
      bundle: { sequence: 1, kept: true },
      answer: expect.stringContaining("is above data.settings.limits.refund = 1000"),
      faults: [],
    });
    const file = join(gate.dataDir, "bundles", `${old?.digest.slice("sha256:".length)}.tar.gz`);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, 100));
    expect((await explained(id)).faults[0]).toMatch(/cannot be read/);
    await rm(file);
    const told = await explained(id);
    expect(told).toMatchObject({ bundle: { kept: false }, sides: [], rules: [], faults: [], verdict: "refused" });
    expect(told.notes.join()).toMatch(/is kept in none of/);
    await writeFile(file, bytes);
  });

  test("an id that nobody has is answered with where was looked", async () => {
    const id = "dec_01991e5a-7c3e-7abc-8def-0123456789ab";
    const told = await explain(id, { source: dataDirectories([placeOf(gate.dataDir)]), opa });
    expect(told).toMatchObject({
      ok: false,
      error: { kind: "unknown", faults: [], detail: expect.stringMatching(/is in none of the \d+ records of .*, from .* to /) },
    });
  });
});

describe.skipIf(opaIsMissing)("an answer that differs from the record", () => {
  test("is a fault, and the first thing that is told", async () => {
    const id = await decided("refund", { amount: 15_000 });
    const source = dataDirectories([placeOf(gate.dataDir)]);
    const forged: typeof source = {
      ...source,
      async find(wanted) {
        const found = await source.find(wanted);
        if (!found.ok) return found;
        const records = found.value.records.map(({ line }) => {
          const changed = line.replaceAll("refunds.too_much", "refunds.too_little");
          return { line: changed, value: JSON.parse(changed) as LogRecord };
        });
        return ok({ ...found.value, records });
      },
    };
    const told = await explained(id, { source: forged });
    expect(told.conditions.equal).toBe(false);
    expect(told.faults[0]).toMatch(/^the gateway's evaluator says otherwise than the record: reasons: /);
    expect(textOf(told).split("\n\n")[1]).toMatch(/^ {2}does not hold: the gateway's evaluator says otherwise/);
  });
});

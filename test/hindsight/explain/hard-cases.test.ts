import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findOpa, type Opa } from "../../../src/authoring/index.ts";
import type { Result } from "../../../src/core/result.ts";
import { dataDirectories, type Explanation, explain, explanationText, type RuleTold } from "../../../src/hindsight/explain/index.ts";
import { placeOf } from "../../../src/hindsight/records/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { quarantine } from "../../gateway/quarantine/quarantining.ts";
import { opaIsMissing } from "../../parts/policy/opa.ts";
import { type Company, type Gate, startGate } from "../../support/gate.ts";
import { agents, narrowBundle, wide } from "../../support/rollout-company.ts";

const same = (text: string): string => text;
const paint = { bold: same, dim: same, red: same, green: same, yellow: same };

let opa: Result<Opa, string>;
beforeAll(async () => {
  opa = await findOpa({ env: process.env });
});

type Options = Partial<Parameters<typeof explain>[1]>;

async function explained(gate: Gate, id: string | undefined, options: Options = {}): Promise<Explanation> {
  const told = await explain(id ?? "", { source: dataDirectories([placeOf(gate.dataDir)]), opa, ...options });
  if (!told.ok) throw new Error(told.error.detail);
  return told.value;
}

/** Asks, and explains the decision about it. */
async function why(gate: Gate, ask: () => Promise<unknown>, options: Options = {}): Promise<Explanation> {
  const before = new Set((await gate.records()).map(({ id }) => id));
  await ask();
  const kinds = ["intent", "refusal", "list", "admit"];
  const made = (await gate.records()).findLast(({ id, kind }) => !before.has(id) && kinds.includes(kind));
  return explained(gate, made?.id, options);
}

const textOf = (told: Explanation, all = false) => explanationText(told, { paint, all });

function ruleOf({ rules }: Explanation, name: string): RuleTold {
  const found = rules.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

describe.skipIf(opaIsMissing)("what operators and time refuse", () => {
  let gate: Gate;
  afterEach(() => gate?.stop());

  test("a quarantined agent, tool and server are told as what refused, with what policy says where it was asked", async () => {
    gate = await startGate();
    const { operations } = gate.started.built.parts;
    const token = await gate.token();
    await gate.call("desk__echo", {}, { token });
    for (const [kind, subject] of [
      ["tool", "desk.echo"],
      ["server", "desk"],
      ["agent", "desk-bot"],
    ] as const) {
      await quarantine(operations, kind, subject);
      const told = await why(gate, () => gate.call("desk__echo", {}, { token }));
      expect(told).toMatchObject({
        verdict: "refused",
        faults: [],
        after: expect.arrayContaining([{ what: `${kind}.quarantined`, text: expect.any(String) }]),
      });
      expect(told.answer).toMatch(new RegExp(`^Refused: ${kind}\\.quarantined - `));
      expect(told.remedies.length).toBeGreaterThan(0);
      if (told.policy !== undefined) {
        expect(told.answer).toMatch(/, although policy allows it$/);
        expect(told.conditions.equal).toBe(true);
      }
    }
    const list = await why(gate, () => gate.client.ask("tools/list", {}, { token }));
    expect(list).toMatchObject({ verdict: "refused", answer: expect.stringMatching(/^Refused: agent\.quarantined - /) });
    const connection = await why(gate, () => gate.client.initialize({ token }));
    expect(connection).toMatchObject({ verdict: "not_admitted", answer: expect.stringMatching(/^Not admitted: agent\.quarantined - /) });
  });

  test("an expired bundle, on which policy would allow it", async () => {
    const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
    gate = await startGate({ clock, bundle: { about: { expires: "2026-06-01T10:00:00Z" } } });
    clock.advance(3_600_000);
    const told = await why(gate, () => gate.call("desk__note", {}));
    expect(told).toMatchObject({ verdict: "refused", bundle: { sequence: 1, kept: true }, faults: [] });
    expect(told.answer).toMatch(/^Refused: bundle\.expired - /);
    expect(told.remedies.length).toBeGreaterThan(0);
  });

  test("a decision of a canary's candidate is explained on the candidate, also after it was rolled back", async () => {
    gate = await startGate({ company: wide });
    const { rollouts } = gate.started.built;
    const staged = await rollouts.stage(await narrowBundle(gate));
    if (!staged.ok) throw new Error(staged.error.detail);
    const [chosen = "", other = ""] = agents;
    await rollouts.start({ steps: [{ mode: "canary", agents: [chosen] }], rollbackIf: [], minCalls: 0, atEnd: "wait" }, "olga");
    const as = async (agent: string) => ({ token: await gate.token({ agent, user: "ann", groups: ["staff"] }) });
    const refused = await why(gate, async () => gate.call("desk__note", {}, await as(chosen)));
    const narrow = { name: "gate", sequence: 2, digest: staged.value.digest, kept: true };
    expect(refused).toMatchObject({ verdict: "hidden", bundle: narrow, conditions: { equal: true }, faults: [] });
    expect(refused.answer).toBe(`Refused as if it did not exist: user ann and agent ${chosen} have no permit for desk.note`);
    const allowed = await why(gate, async () => gate.call("desk__note", {}, await as(other)));
    expect(allowed).toMatchObject({ verdict: "allowed", bundle: { sequence: 1, kept: true }, conditions: { equal: true } });
    await rollouts.rollBack("too narrow", "olga");
    await gate.restart();
    expect(await explained(gate, refused.id)).toEqual(refused);
  });
});

const items = (...prices: readonly number[]) => prices.map((price, at) => ({ sku: `s${at}`, price }));

const hard: Company = {
  servers: {
    crm: {
      tools: {
        order: {
          definition: {
            inputSchema: {
              type: "object",
              properties: {
                amount: { type: "number" },
                items: { type: "array", items: { type: "object", properties: { sku: { type: "string" }, price: { type: "number" } } } },
                numbers: { type: "array", items: { type: "number" } },
              },
            },
          },
        },
        rare: {},
      },
    },
  },
  roles: {
    all: { grants: ["crm/order"] },
    bots: { grants: ["*/*"] },
    ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`team-${String(at).padStart(2, "0")}`, { grants: ["crm/rare"] }])),
  },
  agents: { "desk-bot": { roles: ["all", "bots"] } },
  groups: {
    staff: { roles: ["all"] },
    ...Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`group-${at}`, { roles: [`team-${String(at).padStart(2, "0")}`] }])),
  },
  unchecked: {
    orders: {
      servers: ["crm"],
      worker: true,
      rules: `constrain contains {"code": "orders.cheap"} if {
	every item in input.args.items {
		item.price > 0
		item.price < 10
	}
}

constrain contains {"code": "orders.dear"} if not affordable

default affordable := true

affordable := false if {
	total := sum([item.price | some item in input.args.items])
	fee := fee_of(total)
	total + fee > 1000
}

fee_of(total) := rounded(total * 0.1)

rounded(number) := ceil(number)

constrain contains {"code": "orders.graded"} if graded(input.args.amount) == "high"

graded(amount) := level(doubled(amount))

doubled(amount) := amount * 2

level(amount) := "high" if amount > 100

else := "low"

constrain contains {"code": "orders.limit"} if input.args.amount > 5000
`,
    },
    pairs: {
      servers: ["crm"],
      worker: true,
      rules: `constrain contains {"code": "pairs.sum"} if {
	some a in input.args.numbers
	some b in input.args.numbers
	a + b == 1000000
}
`,
    },
  },
};

describe.skipIf(opaIsMissing)("rules that are not plain comparisons", () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate({ company: hard });
  }, 60_000);
  afterAll(() => gate?.stop());

  const ordered = (args: unknown, options: Options = {}) => why(gate, () => gate.call("crm__order", args), options);

  test("an every names the first element that failed it, with the condition in its body", async () => {
    const told = await ordered({ items: items(5, 50, 500) });
    const rule = ruleOf(told, "orders.cheap");
    expect(rule).toMatchObject({ state: "not_held", failed: { why: "does not hold for every one" } });
    expect(rule.failed?.inside).toMatchObject([
      { rule: "every", name: expect.stringContaining('"sku":"s1"'), failed: { why: "item.price = 50 is not below 10" } },
    ]);
    expect(textOf(told, true)).toContain("item.price = 50 is not below 10");
  });

  test("an every that held denies, and says over what", async () => {
    const told = await ordered({ items: items(5, 6) });
    expect(told).toMatchObject({ verdict: "refused", conditions: { equal: true } });
    expect(told.answer).toContain("orders.cheap by policy.orders - holds for every one");
    expect(ruleOf(told, "orders.cheap").conditions[0]?.values).toMatchObject([{ path: "input.args.items", state: "there" }]);
  });

  test("local variables are told with what they held, down into the rule that was negated", async () => {
    const told = await ordered({ items: items(900, 400) });
    const rule = ruleOf(told, "orders.dear");
    expect(rule.state).toBe("held");
    const inside = rule.conditions[0]?.inside[0];
    expect(inside).toMatchObject({ rule: "affordable", state: "held" });
    expect(inside?.conditions.map((one) => one.why)).toEqual([
      expect.stringContaining("total = 1300"),
      expect.stringContaining("fee = 130"),
      expect.stringMatching(/total \+ fee.* is above 1000|1430/),
    ]);
    expect(inside?.conditions[2]?.values).toMatchObject([
      { path: "total", value: 1300 },
      { path: "fee", value: 130 },
    ]);
  });

  test("functions in functions are told with what they were asked and what they answered", async () => {
    const told = await ordered({ amount: 60, items: items(11) });
    expect(told.answer).toBe('Refused: orders.graded by policy.orders - graded(input.args.amount) is "high" (input.args.amount = 60)');
    const low = await ordered({ amount: 20, items: items(11) });
    expect(ruleOf(low, "orders.graded").failed).toMatchObject({ why: expect.stringContaining('= "low" is not "high"') });
  });

  test("a rule whose evaluation is beyond what can be shown is told by what the record says; the others are told in full", async () => {
    const numbers = Array.from({ length: 20 }, (_, at) => at);
    const options = { mostTraceBytes: 1_000_000 };
    const told = await ordered({ amount: 9000, numbers, items: items(11) }, options);
    expect(told).toMatchObject({ verdict: "refused", conditions: { by: "opa", equal: true }, faults: [] });
    expect(ruleOf(told, "orders.limit")).toMatchObject({ state: "held", conditions: [{ why: "input.args.amount = 9000 is above 5000" }] });
    expect(ruleOf(told, "pairs.sum")).toMatchObject({
      state: "failed",
      failed: { why: "the rule goes through more than can be shown; the record says that the rule did not hold" },
    });
    expect(textOf(told)).toContain("What cannot be judged\n  pairs.sum, constrain of policy.pairs");
    const held = await ordered({ amount: 20, numbers: [...numbers, 999_999], items: items(11) }, options);
    expect(ruleOf(held, "pairs.sum").state).toBe("held");
    expect(held.answer).toContain("pairs.sum by policy.pairs");
  });

  test("sixty roles that would do are folded: the answer stays on one screen, and --all has every one", async () => {
    const told = await why(gate, async () => gate.call("crm__rare", {}, { token: await gate.token({ user: "eve", groups: ["staff"] }) }));
    expect(told.answer).toBe("Refused as if it did not exist: user eve has no permit for crm.rare; agent desk-bot has one");
    expect(told.sides[0]?.candidates).toHaveLength(61);
    const lines = textOf(told).split("\n");
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.join("\n")).toMatch(/has none: 61 roles would do/);
    expect(lines.join("\n")).toMatch(/and \d+ more roles \(--all\)/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    const all = textOf(told, true);
    for (const one of told.sides[0]?.candidates ?? []) expect(all).toMatch(new RegExp(`\\b${one.kind === "role" ? one.role : one.id}\\b`));
    for (const line of all.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});

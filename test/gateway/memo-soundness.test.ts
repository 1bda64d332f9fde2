import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRemembering, type Remembering } from "./memo-company.ts";

// A remembered decision must be the one that the evaluator would give now. Rules of every kind of reading, each at a
// server of its own; requests from small domains, so that keys return; and the evaluator is asked about each of them.

let company: Remembering;

beforeAll(async () => {
  company = await openRemembering(
    Object.fromEntries([...Object.entries(kept), ...Object.entries(judgedAnew)].map(([name, { rules }]) => [name, rules])),
  );
}, 120_000);
afterAll(() => company?.close());

interface Reading {
  /** Body of a package; `T` stands for the id of the tool. */
  readonly rules: string;
}

const refuse = (name: string, condition: string, kind = "constrain", message = "No.") =>
  `${kind} contains {"code": "${name}.no", "message": "${message}"} if {\n\tinput.tool.name == "order"\n\t${condition}\n}`;

/** What is read can stand in a key: such decisions are remembered. */
const kept: Readonly<Record<string, Reading>> = {
  nothing: { rules: 'deny contains {"code": "nothing.no"} if input.tool.name == "look"' },
  amount: { rules: refuse("amount", "input.args.amount > 2") },
  twoargs: { rules: `${refuse("twoargs", "input.args.amount > 2")}\n${refuse("twoargs", 'input.args.who == "ann"')}` },
  nested: { rules: refuse("nested", "input.args.more.deep.amount > 1") },
  optional: { rules: refuse("optional", 'object.get(input.args, ["who"], "nobody") == "nobody"').replace('"order"', '"look"') },
  listed: { rules: refuse("listed", 'some tag in input.args.tags\n\ttag == "b"') },
  wholeargs: { rules: refuse("wholeargs", "count(input.args) > 2") },
  digest: { rules: refuse("digest", 'startswith(input.args_digest, "sha256:0")') },
  dynamic: { rules: refuse("dynamic", 'some key in ["who", "amount"]\n\tinput.args[key] == 3') },
  message: { rules: refuse("message", "input.args.amount > 1", "constrain", "Not {input.args.who} with {input.args.amount}.") },
  cost: { rules: 'oblige contains {"type": "budget", "name": "spend", "cost": "{input.args.amount}"} if input.tool.name == "order"' },
  hour: { rules: refuse("hour", "input.time.hour >= 12", "deny") },
  minute: { rules: refuse("minute", "input.time.minute >= 30", "deny") },
  weekday: { rules: refuse("weekday", 'input.time.weekday == "sunday"', "deny") },
  client: { rules: refuse("client", 'input.client.name == "other"', "deny") },
  claimed: { rules: refuse("claimed", 'input.request.intent == "delete"') },
  network: { rules: refuse("network", 'input.network.ip in ["10.1.1.1", "10.1.1.2"]', "deny") },
  groups: { rules: refuse("groups", '"guests" in input.user.groups', "deny") },
  helper: { rules: `${refuse("helper", "late(input.args)")}\ndefault late(_) := false\nlate(given) if given.amount > 2` },
  labels: { rules: refuse("labels", "count(input.session.labels) == 0", "deny") },
};

/** Nothing that a key can hold says what such a decision depends on. */
const judgedAnew: Readonly<Record<string, Reading>> = {
  clock: { rules: refuse("clock", "time.now_ns() > 1772532000000000000", "deny") },
  instant: { rules: refuse("instant", "input.time.ns > 1772532000000000000", "deny") },
  written: { rules: refuse("written", 'endswith(input.time.rfc3339, "1Z")', "deny") },
  age: { rules: refuse("age", "input.session.age_s > 60", "deny") },
  member: { rules: refuse("member", 'some part in ["session", "time"]\n\tinput[part].hour == 11', "deny") },
};

const START = Date.UTC(2026, 2, 1, 11, 59, 58);

const someArgs = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 8,
    arbitrary: fc.record(
      {
        amount: fc.constantFrom<unknown>(0, 1, 2, 3, -0, 1.5, "3", null, true),
        who: fc.constantFrom<unknown>("ann", "bob", "", "nobody", 3),
        tags: fc.subarray(["a", "b", "1"]),
        more: fc.constantFrom<unknown>({}, { deep: { amount: 2 } }, { deep: { amount: 1 } }, { deep: {} }, [], "deep"),
        note: fc.constantFrom("x", "y", "\u0001", "x\n"),
      },
      { requiredKeys: [] },
    ),
  },
);

const asked = fc.record({
  args: someArgs,
  now: fc.constantFrom(0, 1, 1999, 2000, 60_000, 1_830_000, 43_200_000, 86_400_000, 86_400_001).map((ms) => START + ms),
  groups: fc.constantFrom(["staff"], ["guests"], ["staff", "guests"], ["guests", "staff"]),
  user: fc.constantFrom("ann", "bob", undefined),
  client: fc.constantFrom("mine", "other"),
  intent: fc.constantFrom(undefined, "read", "delete"),
  ip: fc.constantFrom("10.1.1.1", "192.0.2.1"),
  opened: fc.constantFrom(undefined, START, START - 60_500),
  tool: fc.constantFrom("order", "look"),
});

describe("a remembered decision", () => {
  test.each(Object.keys(kept))("is the one that the evaluator gives, where a rule reads: %s", async (server) => {
    const decisions = new Map<string, string>();
    let returned = 0;
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const { key, decided } = await company.ask(server, request);
        if (key === undefined) throw new Error(`nothing is remembered for "${server}"`);
        const known = decisions.get(key);
        if (known !== undefined) {
          returned += 1;
          expect(decided, key).toBe(known);
        }
        decisions.set(key, decided);
      }),
      { numRuns: 1500 },
    );
    expect(returned, "keys that came back").toBeGreaterThan(50);
    expect(new Set(decisions.values()).size, "different decisions").toBeGreaterThan(1);
  });

  test.each(Object.keys(judgedAnew))("is none where a rule reads what no key can hold: %s", async (server) => {
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        expect((await company.ask(server, request)).key).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Obligation } from "../../../src/core/decision.ts";
import { ownPrefixes } from "../../../src/core/reasons.ts";
import { denied, readAdmission, readDecision, readInspection, readMask, readVisible } from "../../../src/parts/policy/decision.ts";
import { mergeObligations } from "../../../src/parts/policy/obligations.ts";
import { OddAnswer } from "../../../src/parts/policy/shape.ts";
import { LazyInput } from "../../../src/parts/policy/template.ts";

const input = new LazyInput(
  JSON.stringify({ user: { id: "ann" }, args: { tokens: 12, list: [1], name: "a/b~c", negative: -1, half: 0.5 } }),
);

const valid = {
  effect: "allow",
  known: true,
  permits: [{ rule: "role", id: "support" }],
  reasons: [] as unknown[],
  obligations: [] as unknown[],
};
const oblige = (...values: unknown[]) => ({ ...valid, obligations: values.map((value) => ({ rule: "refunds", value })) });
const deny = (...reasons: unknown[]) => ({ ...valid, effect: "deny", reasons });

describe("a decision", () => {
  it("is an allow only with a permit, without a reason and with obligations that can be met", () => {
    const decision = readDecision(oblige({ type: "budget", name: "refunds-per-day", cost: 2 }, { type: "log", level: "full" }), input);
    expect(decision).toEqual({
      effect: "allow",
      known: true,
      permits: [{ rule: "role", id: "support" }],
      reasons: [],
      obligations: [
        { type: "budget", rule: "refunds", name: "refunds-per-day", cost: 2 },
        { type: "log", rule: "refunds", level: "full" },
      ],
      redactions: [],
    });
  });

  it("has its reasons in the order of rule, code and message, each once", () => {
    const reasons = [
      { rule: "b", value: { code: "b.one" } },
      { rule: "a", value: { code: "a.two", message: "z" } },
      { rule: "a", value: { code: "a.two", message: "y", remedy: "ask" } },
      { rule: "a", value: { code: "a.one" } },
      { rule: "b", value: { code: "b.one", severity: "high" } },
    ];
    const wanted = [
      { rule: "a", code: "a.one" },
      { rule: "a", code: "a.two", message: "y", remedy: "ask" },
      { rule: "a", code: "a.two", message: "z" },
      { rule: "b", code: "b.one" },
    ];
    expect(readDecision(deny(...reasons), input).reasons).toEqual(wanted);
    expect(readDecision(deny(...reasons.toReversed()), input).reasons).toEqual(wanted);
  });

  it.each([
    ["has no value", undefined],
    ["is a string", "refunds.no"],
    ["has no code", { message: "no" }],
    ["has a code that is not dotted", { code: "no" }],
    ["has a code in capitals", { code: "Refunds.no" }],
    ["has a code with a newline", { code: "refunds.no\n" }],
    ["speaks in our name", { code: "budget.exhausted" }],
    ["has a code without end", { code: `a.${"b".repeat(200)}` }],
  ])("keeps a denial that %s, as policy.invalid_rule", (_what, value) => {
    expect(readDecision(deny({ rule: "refunds", value }), input)).toMatchObject({
      effect: "deny",
      reasons: [{ rule: "refunds", code: "policy.invalid_rule" }],
    });
  });

  it.each([...ownPrefixes])("keeps a denial whose code begins with %s., which is ours, as policy.invalid_rule", (prefix) => {
    expect(readDecision(deny({ rule: "refunds", value: { code: `${prefix}.closed` } }), input)).toMatchObject({
      effect: "deny",
      reasons: [{ rule: "refunds", code: "policy.invalid_rule" }],
    });
  });

  it("knows as ours at least what the product says and what it keeps", () => {
    expect([...ownPrefixes]).toEqual(expect.arrayContaining(["prompt", "question", "task", "extension", "user", "approval", "policy"]));
    expect(readDecision(deny({ rule: "refunds", value: { code: "prompts.closed" } }), input).reasons[0]?.code).toBe("prompts.closed");
  });

  it.each([
    ["asks without anybody to ask", { ...valid, effect: "ask" }],
    ["allows although somebody must be asked", { ...oblige({ type: "approve", group: "finance" }), effect: "allow" }],
  ])("is refused where it %s", (_what, answer) => {
    expect(readOr(() => readDecision(answer, input))).toMatchObject({ effect: "deny", reasons: [{ code: "policy.invalid_decision" }] });
  });

  it("asks each group once, for the most approvers and the shortest time", () => {
    const approvals = [
      { rule: "a", value: { type: "approve", group: "finance", ttl_s: 900, min: 1 } },
      { rule: "b", value: { type: "approve", group: "finance", min: 2 } },
      { rule: "c", value: { type: "approve", group: "legal", ttl_s: 60 } },
    ];
    expect(readDecision({ ...valid, effect: "ask", obligations: approvals }, input)).toMatchObject({
      effect: "ask",
      reasons: [],
      obligations: [
        { type: "approve", rule: "b", group: "finance", ttl_s: 900, min: 2 },
        { type: "approve", rule: "c", group: "legal", ttl_s: 60, min: 1 },
      ],
    });
  });

  it("lets the library say our codes", () => {
    const { reasons } = readDecision(deny({ rule: "toolgate", value: { code: "server.retired" } }), input);
    expect(reasons).toEqual([{ rule: "toolgate", code: "server.retired" }]);
  });

  it("keeps nothing to do for a call that is denied", () => {
    const decision = readDecision({ ...oblige({ type: "timeout", ms: 5 }), effect: "deny", known: false }, input);
    expect(decision).toMatchObject({ effect: "deny", known: false, reasons: [], obligations: [] });
  });

  it("is never an allow when the answer is anything else, and nothing but OddAnswer is thrown", () => {
    const members = fc.record(
      {
        effect: fc.oneof(fc.constantFrom("allow", "ask", "deny", "Allow"), fc.jsonValue()),
        known: fc.oneof(fc.boolean(), fc.jsonValue()),
        permits: fc.oneof(fc.constant(valid.permits), fc.constant([]), fc.jsonValue()),
        reasons: fc.oneof(fc.constant([]), fc.array(fc.record({ rule: fc.jsonValue(), value: fc.jsonValue() })), fc.jsonValue()),
        obligations: fc.oneof(fc.constant([]), fc.array(fc.record({ rule: fc.constant("a"), value: fc.jsonValue() })), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(members, fc.jsonValue()), (answer) => {
        const decision = readOr(() => readDecision(answer, input));
        const said = answer as Partial<typeof valid> | null;
        const mayAllow = said?.effect === "allow" && said.known === true && said.permits?.length === 1 && said.reasons?.length === 0;
        // Values here are never an approval, so nothing can ask.
        expect(decision.effect === "deny" || (decision.effect === "allow" && mayAllow && said.obligations?.length === 0)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

function readOr<T>(read: () => T) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OddAnswer)) throw error;
    return denied({ code: "policy.invalid_decision", rule: "toolgate" });
  }
}

describe("an obligation", () => {
  it.each([
    ["step_up", { type: "step_up", acr: "high" }],
    ["set_args", { type: "set_args", path: "/amount", value: 1 }],
    ["notify", { type: "notify", channel: "security" }],
    ["label", { type: "label", add: "pii" }],
    ["redact by detector", { type: "redact", detector: "iban", mode: "mask" }],
  ])("of the type %s is read and refused by name", (type, value) => {
    expect(readDecision(oblige(value), input)).toMatchObject({
      effect: "deny",
      known: true,
      reasons: [{ code: "policy.obligation_unsupported", rule: "refunds", message: expect.stringContaining(`${type},`) }],
    });
  });

  it.each([
    ["policy.unknown_obligation", { type: "pray" }],
    ["policy.unknown_obligation", { type: "constructor" }],
    ["policy.invalid_obligation", { name: "calls" }],
    ["policy.invalid_obligation", "budget"],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: -1 }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: 0.5 }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: 2 ** 53 }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: "3" }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: "{input.args.negative}" }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: "{input.args.half}" }],
    ["policy.invalid_obligation", { type: "budget", name: "calls", cost: "{input.user.id}" }],
    ["policy.invalid_obligation", { type: "budget", cost: 1 }],
    ["policy.invalid_obligation", { type: "timeout", ms: 0 }],
    ["policy.invalid_obligation", { type: "limit_result" }],
    ["policy.invalid_obligation", { type: "limit_result", bytes: 1, items: -1 }],
    ["policy.invalid_obligation", { type: "log" }],
    ["policy.invalid_obligation", { type: "approve" }],
    ["policy.invalid_obligation", { type: "redact", path: "customer/iban" }],
    ["policy.invalid_obligation", { type: "redact", path: "/iban", mode: "blur" }],
    ["policy.template_unfilled", { type: "budget", name: "calls", cost: "{input.args.missing}" }],
    ["policy.template_unfilled", { type: "budget", name: "{input.args.missing}-calls", cost: 1 }],
    ["policy.template_unfilled", { type: "budget", name: "calls", cost: "{input.args.tokens" }],
    ["policy.template_unfilled", { type: "redact", path: "/{input.args.missing}" }],
  ])("denies with %s: %j", (code, value) => {
    expect(readDecision(oblige(value), input)).toMatchObject({ effect: "deny", reasons: [{ code, rule: "refunds" }], obligations: [] });
  });

  it("takes its cost from the input, exactly", () => {
    const { obligations } = readDecision(oblige({ type: "budget", name: "of-{input.user.id}", cost: "{input.args.tokens}" }), input);
    expect(obligations).toEqual([{ type: "budget", rule: "refunds", name: "of-ann", cost: 12 }]);
  });

  it("redacts by path, masks where no mode is named, and keeps a filled value in one segment", () => {
    const { redactions } = readDecision(
      oblige({ type: "redact", path: "/by/{input.args.name}" }, { type: "redact", path: "/iban", mode: "remove", optional: true }),
      input,
    );
    expect(redactions).toEqual([
      { rule: "refunds", path: "/by/a~1b~0c", mode: "mask", optional: false },
      { rule: "refunds", path: "/iban", mode: "remove", optional: true },
    ]);
  });

  const obligation: fc.Arbitrary<Obligation> = fc.oneof(
    fc.record({ type: fc.constant("budget" as const), rule: fc.constantFrom("a", "b"), name: fc.constantFrom("x", "y"), cost: fc.nat() }),
    fc.record({ type: fc.constant("timeout" as const), rule: fc.constantFrom("a", "b"), ms: fc.nat() }),
    fc.record({ type: fc.constant("limit_result" as const), rule: fc.constantFrom("a", "b"), bytes: fc.nat() }),
    fc.record({ type: fc.constant("limit_result" as const), rule: fc.constantFrom("a", "b"), items: fc.nat() }),
    fc.record({ type: fc.constant("log" as const), rule: fc.constantFrom("a", "b"), level: fc.constantFrom("full", "digest") }),
  );

  it("is merged with its like to the strictest, in any order and once is enough", () => {
    fc.assert(
      fc.property(fc.array(obligation, { maxLength: 8 }), (found) => {
        const merged = mergeObligations(found);
        const bare = (list: readonly Obligation[]) => list.map(({ rule: _rule, ...rest }) => rest);
        expect(bare(mergeObligations(found.toReversed()))).toEqual(bare(merged));
        expect(mergeObligations(merged)).toEqual(merged);
        for (const one of found) {
          if (one.type === "budget")
            expect(merged.some((other) => other.type === "budget" && other.name === one.name && other.cost >= one.cost)).toBe(true);
          if (one.type === "timeout") expect(merged.some((other) => other.type === "timeout" && other.ms <= one.ms)).toBe(true);
          if (one.type === "limit_result" && one.bytes !== undefined) {
            expect(merged.some((other) => other.type === "limit_result" && (other.bytes ?? Infinity) <= Number(one.bytes))).toBe(true);
          }
        }
      }),
    );
  });
});

describe("the other answers", () => {
  it("show an item only where its index is named", () => {
    expect(readVisible({ visible: [2, 0] }, 4)).toEqual([true, false, true, false]);
    for (const visible of [[4], [-1], [0.5], ["0"], "0", undefined]) expect(() => readVisible({ visible }, 4)).toThrow(OddAnswer);
  });

  it("give each redaction of a result once, the strongest, and optional only if all say so", () => {
    const redactions = [
      { rule: "a", value: { path: "/iban", mode: "hash", optional: true } },
      { rule: "b", value: { path: "/iban", mode: "remove", optional: false } },
      { rule: "c", value: { path: "/iban", mode: "mask", optional: true } },
    ];
    expect(readInspection({ withheld: [], redactions }, input)).toEqual({
      withheld: [],
      redactions: [{ rule: "b", path: "/iban", mode: "remove", optional: false }],
    });
  });

  it("withhold a result whose redaction cannot be done", () => {
    const redactions = [{ rule: "a", value: { detector: "iban" } }];
    expect(readInspection({ withheld: [], redactions }, input).withheld).toMatchObject([
      { code: "policy.obligation_unsupported", rule: "a" },
    ]);
    const odd = [{ rule: "a", value: "/iban" }];
    expect(readInspection({ withheld: [], redactions: odd }, input).withheld).toEqual([{ code: "policy.invalid_rule", rule: "a" }]);
    const whole = [{ rule: "a", value: { path: "" } }];
    expect(readInspection({ withheld: [], redactions: whole }, input).withheld).toMatchObject([{ code: "policy.invalid_obligation" }]);
  });

  it("throw nothing but OddAnswer for whatever they are given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ withheld: fc.jsonValue(), redactions: fc.jsonValue(), reasons: fc.jsonValue(), paths: fc.jsonValue() }),
        ),
        (answer) => {
          for (const read of [readAdmission, readInspection, readMask]) {
            try {
              read(answer, input);
            } catch (error) {
              expect(error).toBeInstanceOf(OddAnswer);
            }
          }
        },
      ),
    );
  });
});

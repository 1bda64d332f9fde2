import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/core/decision.ts";
import type { AimedCall } from "../../src/gateway/call.ts";
import { timeTeller } from "../../src/gateway/input.ts";
import { createMemo, type DecisionMemo, type MemoPlan, memoPlan } from "../../src/gateway/memo.ts";

const allow: Decision = { effect: "allow", known: true, permits: [], reasons: [], obligations: [], redactions: [] };

interface Facts {
  readonly reads: readonly (readonly string[])[] | undefined;
  readonly args?: Record<string, unknown>;
  readonly caller?: string;
  readonly target?: string;
  readonly pinned?: boolean;
  readonly mistakes?: readonly string[];
  readonly now?: number;
  readonly client?: string;
  readonly ip?: string;
  readonly intent?: string;
  readonly method?: string;
}

const { wallClock } = timeTeller("UTC");

/** As much of a call as a key is made of. */
function call({
  reads,
  args = {},
  caller = "ann",
  target = "crm.get",
  pinned = true,
  mistakes = [],
  now = 0,
  client = "c",
  ip = "::1",
  intent = "",
  method = "tools/call",
}: Facts) {
  const plan: MemoPlan | undefined = memoPlan(reads);
  return {
    caller: { digest: caller, token: {} },
    target: { id: target, memoPlan: plan },
    facts: { pinned, mistakes },
    request: { asked: { method, args } },
    argsText: JSON.stringify(args),
    exchange: { client: { name: client, version: "1" }, network: { ip, mtls: false }, request: { intent } },
    now,
    generation: { wallClock },
  } as unknown as AimedCall;
}

const key = (facts: Facts) => createMemo().keyOf(call(facts));

describe("remembering decisions", () => {
  it("tells a call without any valid arguments from one without the argument that is read", () => {
    const reads = [["args", "limit"]];
    expect(key({ reads, args: {} })).not.toBe(key({ reads, args: {}, mistakes: ["limit is missing"] }));
    expect(key({ reads, args: { other: 1 } })).toBe(key({ reads, args: { other: 2 } }));
  });

  it("does not where the build could not tell what is read", () => {
    expect(key({ reads: undefined })).toBeUndefined();
  });

  it.each([
    ["time", "ns"],
    ["time", "rfc3339"],
    ["time"],
    ["budgets", "x"],
    ["approvals"],
    ["session", "age_s"],
    ["session"],
    ["something_new"],
  ])("does not where a rule reads input.%s %s", (...path) => {
    expect(key({ reads: [path.filter((step) => step !== undefined)] })).toBeUndefined();
  });

  it("does not for a task, which is judged as its tool under another method", () => {
    expect(key({ reads: [["user"]] })).toBeDefined();
    expect(key({ reads: [["user"]], method: "tasks/get" })).toBeUndefined();
  });

  it("tells callers, targets and pins apart whatever is read", () => {
    const reads = [["user", "groups"]];
    const keys = [key({ reads }), key({ reads, caller: "bob" }), key({ reads, target: "crm.put" }), key({ reads, pinned: false })];
    expect(new Set(keys).size).toBe(4);
  });

  it("tells the arguments apart that are read, and only those", () => {
    const reads = [["args", "amount"]];
    expect(key({ reads, args: { amount: 1, note: "a" } })).toBe(key({ reads, args: { amount: 1, note: "b" } }));
    expect(key({ reads, args: { amount: 1 } })).not.toBe(key({ reads, args: { amount: 2 } }));
    expect(key({ reads, args: { amount: 1 } })).not.toBe(key({ reads, args: { amount: "1" } }));
    expect(key({ reads, args: {} })).not.toBe(key({ reads, args: { amount: null } }));
  });

  it("takes no inherited member for an argument", () => {
    expect(key({ reads: [["args", "toString"]], args: {} })).toBe(key({ reads: [["args", "toString"]], args: { a: 1 } }));
  });

  it("keeps values of one argument from reaching into the place of the next", () => {
    const reads = [
      ["args", "a"],
      ["args", "b"],
    ];
    expect(key({ reads, args: { a: 'x\u0001"y', b: "z" } })).not.toBe(key({ reads, args: { a: "x", b: 'y\u0001"z' } }));
  });

  it("treats arguments that do not fit the schema as absent, as the input does", () => {
    const reads = [["args", "amount"]];
    expect(key({ reads, args: { amount: 1 }, mistakes: ["/amount: type string"] })).toBe(key({ reads, args: {}, mistakes: ["x"] }));
  });

  it("holds a decision on the hour for an hour, and one on the minute for a minute", () => {
    const hour = [["time", "hour"]];
    expect(key({ reads: hour, now: 0 })).toBe(key({ reads: hour, now: 3_599_999 }));
    expect(key({ reads: hour, now: 0 })).not.toBe(key({ reads: hour, now: 3_600_000 }));
    const minute = [["time", "minute"]];
    expect(key({ reads: minute, now: 0 })).toBe(key({ reads: minute, now: 59_999 }));
    expect(key({ reads: minute, now: 0 })).not.toBe(key({ reads: minute, now: 60_000 }));
  });

  it("tells client, network and claims of the request apart where they are read", () => {
    expect(key({ reads: [["client", "name"]], client: "a" })).not.toBe(key({ reads: [["client", "name"]], client: "b" }));
    expect(key({ reads: [["network", "ip"]], ip: "a" })).not.toBe(key({ reads: [["network", "ip"]], ip: "b" }));
    expect(key({ reads: [["request", "intent"]], intent: "a" })).not.toBe(key({ reads: [["request", "intent"]], intent: "b" }));
    expect(key({ reads: [], client: "a", ip: "a", intent: "a" })).toBe(key({ reads: [], client: "b", ip: "b", intent: "b" }));
  });

  it("never remembers a failure of the moment", () => {
    const memo = createMemo();
    memo.keep("k", { ...allow, effect: "deny", reasons: [{ code: "policy.timeout", rule: "toolgate" }] });
    expect(memo.find("k")).toBeUndefined();
  });

  /** Look-ups of which every `each`th finds something. */
  function lookUp(memo: DecisionMemo, count: number, each = Number.POSITIVE_INFINITY): void {
    memo.keep("k", allow);
    for (let i = 1; i <= count; i++) memo.find(i % each === 0 ? "k" : `k${i}`);
  }

  /** How many calls it takes until a key is made again. */
  function restOf(memo: DecisionMemo): number {
    for (let calls = 0; ; calls++) if (memo.keyOf(call({ reads: [] })) !== undefined) return calls;
  }

  it("rests when keys do not return, longer each time in a row but not for ever, and tries again", () => {
    const memo = createMemo();
    const rests: number[] = [];
    for (let trial = 0; trial < 6; trial++) {
      lookUp(memo, 4095);
      expect(restOf(memo)).toBe(0);
      lookUp(memo, 1);
      rests.push(restOf(memo));
    }
    expect(rests.map((rest) => rest / 16_384)).toEqual([8, 16, 32, 64, 64, 64]);
  });

  it("gives keys of which few return a longer trial, and the first rest anew after one that was worth it", () => {
    const memo = createMemo();
    lookUp(memo, 16_383, 50);
    expect(restOf(memo)).toBe(0);
    lookUp(memo, 1);
    expect(restOf(memo)).toBe(8 * 16_384);
    lookUp(memo, 16_384, 10);
    expect(restOf(memo)).toBe(0);
    lookUp(memo, 4096);
    expect(restOf(memo)).toBe(8 * 16_384);
  });

  it("does not rest while keys return", () => {
    const memo = createMemo();
    memo.keep("k", allow);
    for (let i = 0; i < 100_000; i++) memo.find(i % 10 === 0 ? "k" : `k${i}`);
    expect(memo.keyOf(call({ reads: [] }))).toBeDefined();
  });

  it("stays bounded and forgets the oldest half", () => {
    const memo = createMemo();
    for (let i = 0; i < 100_000; i++) memo.keep(`k${i}`, allow);
    expect(memo.find("k99999")).toBe(allow);
    expect(memo.find("k0")).toBeUndefined();
  });
});

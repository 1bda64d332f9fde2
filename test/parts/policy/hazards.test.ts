import { afterEach, describe, expect, it, vi } from "vitest";
import { compilePolicy } from "../../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../../src/parts/policy/evaluator.ts";
import { createPolicy, entrypoints, lightLoad, type MeasurablePolicy } from "../../../src/parts/policy/index.ts";
import { Judge } from "../../../src/parts/policy/judge.ts";
import type { Logger } from "../../../src/platform/logger.ts";
import { buildModule, type Modules, opaIsMissing } from "./opa.ts";
import { allowed, library, limits, policyOf, productData, productLibrary, refundCall } from "./policies.ts";

const opened: MeasurablePolicy[] = [];

async function open(...args: Parameters<typeof policyOf>): Promise<MeasurablePolicy> {
  const policy = await policyOf(...args);
  opened.push(policy);
  return policy;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((policy) => policy.close()));
});

const codes = (answer: { readonly reasons: readonly { readonly code: string }[] }): string[] => answer.reasons.map(({ code }) => code);
const call = JSON.stringify(refundCall);
const hostDenial = (code: string) => ({
  effect: "deny",
  known: false,
  permits: [],
  reasons: [{ code, rule: "toolgate" }],
  obligations: [],
  redactions: [],
});

describe.skipIf(opaIsMissing)("a rule of a wrong shape, through the product library", () => {
  const shapes = {
    boolean: 'deny if input.tool.id == "crm.refund"',
    object: 'deny := {"code": "refunds.no"} if input.tool.id == "crm.refund"',
    map: 'deny["refunds.no"] := true if input.tool.id == "crm.refund"',
    string: 'deny contains "refunds.no" if input.tool.id == "crm.refund"',
    number: 'deny contains 1 if input.tool.id == "crm.refund"',
    "object without a code": 'deny contains {"message": "no"} if input.tool.id == "crm.refund"',
    "code of another type": 'deny contains {"code": true} if input.tool.id == "crm.refund"',
  };

  it("reaches the valid form first: the same call without such a rule is allowed", async () => {
    const policy = await open(productLibrary({ refunds: "office_hours if input.time.hour >= 8" }), { data: productData(["refunds"]) });
    expect(await policy.decide(call, lightLoad)).toMatchObject({ effect: "allow", known: true });
  });

  it.each(Object.entries(shapes))("denies when deny is a %s", async (_shape, rule) => {
    const policy = await open(productLibrary({ refunds: rule }), { data: productData(["refunds"]) });
    const decision = await policy.decide(call, lightLoad);
    expect(decision.effect).toBe("deny");
    expect(codes(decision)).toContain("policy.invalid_rule");
    const { tool, server, args: _args, ...rest } = refundCall;
    expect(await policy.discover(JSON.stringify({ ...rest, items: [{ tool, server }] }), lightLoad)).toEqual([false]);
  });

  it("denies with the author's own reason, filled in, when the shape is right", async () => {
    const rule = 'constrain contains {"code": "refunds.too_much", "message": "No, {input.user.id}."} if input.args.amount > 10';
    const policy = await open(productLibrary({ refunds: rule }), { data: productData(["refunds"]) });
    expect((await policy.decide(call, lightLoad)).reasons).toEqual([{ code: "refunds.too_much", rule: "refunds", message: "No, ann." }]);
  });

  it("denies with policy.invalid_rule when an author's code has one of our prefixes", async () => {
    const policy = await open(productLibrary({ refunds: 'deny contains {"code": "auth.expired"}' }), { data: productData(["refunds"]) });
    expect(codes(await policy.decide(call, lightLoad))).toEqual(["policy.invalid_rule"]);
  });

  it("says whom to ask, which is never an allow", async () => {
    const rule = 'oblige contains {"type": "approve", "group": "finance", "ttl_s": 900}';
    const policy = await open(productLibrary({ refunds: rule }), { data: productData(["refunds"]) });
    const decision = await policy.decide(call, lightLoad);
    expect(decision).toMatchObject({
      ...{ effect: "ask", known: true, reasons: [] },
      obligations: [{ type: "approve", rule: "refunds", group: "finance", ttl_s: 900, min: 1 }],
    });
  });
});

describe.skipIf(opaIsMissing)("an evaluation that goes wrong", () => {
  it("allows in its valid form", async () => {
    const policy = await open(library({}));
    expect(await policy.decide("{}", lightLoad)).toMatchObject({ effect: "allow" });
  });

  it("denies when the decision is undefined", async () => {
    const policy = await open(library({ decide: `decide := ${allowed} if input.never` }));
    expect(await policy.decide("{}", lightLoad)).toEqual(hostDenial("policy.invalid_decision"));
  });

  it("denies when two complete rules conflict, and judges the next call", async () => {
    const conflict = `decide := ${allowed} if input.a\n\ndecide := {"effect": "deny"} if input.b`;
    const policy = await open(library({ decide: conflict }));
    expect(await policy.decide('{"a": 1, "b": 1}', lightLoad)).toEqual(hostDenial("policy.evaluation_failed"));
    expect(await policy.decide('{"a": 1}', lightLoad)).toMatchObject({ effect: "allow" });
  });

  it.each([
    ["a string", '"allow"'],
    ["a boolean", "true"],
    ["an empty object", "{}"],
    ["an unknown effect", '{"effect": "permit", "known": true, "permits": [], "reasons": [], "obligations": []}'],
    ["an allow without a permit", '{"effect": "allow", "known": true, "permits": [], "reasons": [], "obligations": []}'],
    ["an allow of an unknown target", allowed.replace('"known": true', '"known": false')],
    ["an allow with a reason against it", allowed.replace('"reasons": []', '"reasons": [{"rule": "a", "value": {"code": "a.b"}}]')],
    ["an ask that nothing asks for", allowed.replace('"allow"', '"ask"')],
    ["obligations that are no list", allowed.replace('"obligations": []', '"obligations": {}')],
  ])("denies when the answer is %s", async (_what, answer) => {
    const policy = await open(library({ decide: `decide := ${answer}` }));
    expect(await policy.decide("{}", lightLoad)).toEqual(hostDenial("policy.invalid_decision"));
  });

  it("closes every other entrypoint too when its answer is nonsense", async () => {
    const nonsense = {
      admit: "admit := 1",
      discover: 'discover := {"visible": [7]}',
      inspect: "inspect := []",
      mask: 'mask := {"paths": ["no"]}',
    };
    const policy = await open(library(nonsense));
    const reason = { code: "policy.invalid_decision", rule: "toolgate" };
    expect(await policy.admit("{}", lightLoad)).toEqual([reason]);
    expect((await policy.discover('{"items": [1, 2]}', lightLoad)).some(Boolean)).toBe(false);
    expect(await policy.inspect("{}", lightLoad)).toEqual({ withheld: [reason], redactions: [] });
    expect(await policy.mask("{}", lightLoad)).toEqual([""]);
  });

  it("takes an empty input for an error, not for no input", async () => {
    const policy = await open(library({ decide: `decide := ${allowed} if not input.blocked` }));
    expect(await policy.decide("{}", lightLoad)).toMatchObject({ effect: "allow" });
    for (const odd of ["", "{", "undefined", "set()", "{1}"]) {
      expect(await policy.decide(odd, lightLoad), odd).toEqual(hostDenial("policy.evaluation_failed"));
    }
  });

  it("judges falsy inputs as the values that they are", async () => {
    const policy = await open(library({ decide: `decide := ${allowed} if input == false` }));
    expect(await policy.decide("false", lightLoad)).toMatchObject({ effect: "allow" });
    for (const other of ["0", "null", '""']) expect((await policy.decide(other, lightLoad)).effect).toBe("deny");
  });

  it("keeps every character of UTF-8, and reads a lone surrogate as the replacement character", async () => {
    const answer = allowed.replace('"id": "support"', '"id": input.text');
    const policy = await open(library({ decide: `decide := ${answer}` }));
    for (const text of ["é€😀\u0000\u2028\uffff", "a\ud800b", "\udc00"]) {
      const { permits } = await policy.decide(
        JSON.stringify({ text }).replaceAll("\\ud800", "\ud800").replaceAll("\\udc00", "\udc00"),
        lightLoad,
      );
      expect(permits[0]?.id).toBe(text.toWellFormed());
    }
  });

  it("writes nothing that a rule prints", async () => {
    const written = [vi.spyOn(console, "log"), vi.spyOn(console, "error"), vi.spyOn(process.stdout, "write")];
    const policy = await open(library({ decide: `decide := ${allowed} if print("secret", input.args)` }));
    const before = written.map((spy) => spy.mock.calls.length);
    expect(await policy.decide('{"args": 1}', lightLoad)).toMatchObject({ effect: "allow" });
    expect(written.map((spy) => spy.mock.calls.length)).toEqual(before);
    vi.restoreAllMocks();
  });
});

describe.skipIf(opaIsMissing)("built-ins that cannot answer", () => {
  const raising = "time.parse_rfc3339_ns(input.when) > 0";

  it("denies with policy.builtin_error although the rule itself only went silent", async () => {
    const policy = await open(library({}, `late if ${raising}`));
    const guarded = await open(library({ decide: `decide := ${allowed} if not late` }, `late if ${raising}`));
    expect(await policy.decide('{"when": "nonsense"}', lightLoad)).toMatchObject({ effect: "allow" });
    expect(await guarded.decide('{"when": "1960-01-01T00:00:00Z"}', lightLoad)).toMatchObject({ effect: "allow" });
    expect(await guarded.decide('{"when": "nonsense"}', lightLoad)).toEqual(hostDenial("policy.builtin_error"));
  });

  it("hides only the items of a list that raise", async () => {
    const discover = `discover := {"visible": [i | some i, item in input.items; time.parse_rfc3339_ns(item.when) > 0]}`;
    const policy = await open(library({ discover }));
    const items = [{ when: "2026-01-01T00:00:00Z" }, { when: "nonsense" }, { when: "2026-01-02T00:00:00Z" }];
    expect(await policy.discover(JSON.stringify({ items }), lightLoad)).toEqual([true, false, true]);
  });

  it("withholds a result, masks everything and refuses an admission", async () => {
    const policy = await open(
      library(
        {
          admit: `admit := {"reasons": []} if not late`,
          inspect: `inspect := {"withheld": [], "redactions": []} if not late`,
          mask: `mask := {"paths": []} if not late`,
        },
        `late if ${raising}`,
      ),
    );
    const reason = { code: "policy.builtin_error", rule: "toolgate" };
    const input = '{"when": "nonsense"}';
    expect(await policy.admit(input, lightLoad)).toEqual([reason]);
    expect(await policy.inspect(input, lightLoad)).toEqual({ withheld: [reason], redactions: [] });
    expect(await policy.mask(input, lightLoad)).toEqual([""]);
  });

  it("takes time.now_ns from the input, to the nanosecond, and raises where there is none", async () => {
    const policy = await open(library({ decide: `decide := ${allowed} if time.now_ns() == 1767776400123456789` }));
    expect(await policy.decide('{"args": {"time": {"ns": 1}}, "time": {"ns": 1767776400123456789}}', lightLoad)).toMatchObject({
      effect: "allow",
    });
    expect((await policy.decide('{"time": {"ns": 1767776400123456788}}', lightLoad)).effect).toBe("deny");
    expect(await policy.decide("{}", lightLoad)).toEqual(hostDenial("policy.builtin_error"));
  });

  it.each([
    ["a built-in that the gateway does not have", "x if yaml.is_valid(input.a)", "policy.missing_builtin", "yaml.is_valid"],
    ["the network", 'x if http.send({"method": "get", "url": input.u}).status_code == 200', "policy.missing_builtin", "http.send"],
  ])("refuses a module that needs %s", async (_what, rule, code, named) => {
    const wasm = await buildModule(library({ decide: `decide := ${allowed} if x` }, rule), entrypoints);
    const policy = await createPolicy({ wasm, data: "{}" }, limits, quiet);
    expect(policy).toMatchObject({ ok: false, error: { code, detail: expect.stringContaining(named) } });
  });
});

describe.skipIf(opaIsMissing)("a built-in that is missing all the same", () => {
  it("denies when a rule reaches it", async () => {
    const decide = `decide := ${allowed} if yaml.is_valid(input.a)`;
    const compiled = await compilePolicy({ wasm: await buildModule(library({ decide }), entrypoints), data: "{}" }, limits);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    const judged = new Judge(new Evaluator(compiled.value)).judge("toolgate/decide", '{"a": "b"}');
    expect(judged.answer).toEqual(hostDenial("policy.missing_builtin"));
  });
});

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(opaIsMissing)("a module that cannot be used", () => {
  it("is refused when an entrypoint is missing", async () => {
    const wasm = await buildModule(library({}), ["toolgate/decide", "toolgate/admit"]);
    const policy = await createPolicy({ wasm, data: "{}" }, limits, quiet);
    expect(policy).toMatchObject({
      ok: false,
      error: { code: "policy.missing_entrypoint", detail: expect.stringContaining("toolgate/mask") },
    });
  });

  it("is refused when it is no module, when its data is no JSON, and when it wants more memory than allowed", async () => {
    const wasm = await buildModule(library({}), entrypoints);
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), wasm.subarray(0, 1000)]) {
      expect(await createPolicy({ wasm: bytes, data: "{}" }, limits, quiet)).toMatchObject({
        ok: false,
        error: { code: "policy.invalid_module" },
      });
    }
    expect(await createPolicy({ wasm, data: "{" }, limits, quiet)).toMatchObject({ ok: false, error: { code: "policy.invalid_data" } });
    const small = { ...limits, maxMemoryBytes: 65_536 };
    expect(await createPolicy({ wasm, data: "{}" }, small, quiet)).toMatchObject({ ok: false, error: { code: "policy.invalid_module" } });
  });

  it("is refused when its data does not fit into its memory", async () => {
    const wasm = await buildModule(library({}), entrypoints);
    const data = JSON.stringify({ custom: "x".repeat(9 << 20) });
    const policy = await createPolicy({ wasm, data }, { ...limits, maxMemoryBytes: 8 << 20 }, quiet);
    expect(policy).toMatchObject({ ok: false, error: { code: "policy.invalid_module" } });
  });
});

describe.skipIf(opaIsMissing)("size", () => {
  it("takes a module of hundreds of packages, whose first memory is larger than the npm package gives", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `p${index}`);
    const rule = (name: string): string =>
      `deny contains {"code": "${name}.no", "message": "${name} ${"does not allow this ".repeat(20)}"} if input.args.amount == ${name.slice(1)}`;
    const modules: Modules = productLibrary(Object.fromEntries(names.map((name) => [name, rule(name)])));
    const policy = await open(modules, { data: productData(names) });
    expect(await policy.decide(call, lightLoad)).toMatchObject({ effect: "allow" });
  });

  it("holds megabytes of data and still answers", async () => {
    const custom = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`customer-${index}`, { tier: index % 3 }]));
    const policy = await open(library({ decide: `decide := ${allowed} if data.custom[input.id].tier == 2` }), {
      data: JSON.stringify({ custom }),
    });
    expect(await policy.decide('{"id": "customer-49997"}', lightLoad)).toMatchObject({ effect: "allow" });
    expect((await policy.decide('{"id": "customer-49998"}', lightLoad)).effect).toBe("deny");
  });

  it("takes an input larger than the memory it started with, in a worker, and small ones afterwards", async () => {
    const policy = await open(library({ decide: `decide := ${allowed} if count(input.text) == input.length` }), {
      maxMemoryBytes: 128 << 20,
    });
    const large = JSON.stringify({ text: "é".repeat(3 << 20), length: 3 << 20 });
    for (const input of [large, '{"text": "é", "length": 1}', large]) {
      expect(await policy.decide(input, { widest: 2, nested: true })).toMatchObject({ effect: "allow" });
    }
  });

  it("denies when memory runs out, on either thread, and judges the next call", async () => {
    const doubling = Array.from({ length: 26 }, (_, index) => `s${index + 1} := concat("", [s${index}, s${index}])`).join("\n");
    const policy = await open(library({ decide: `decide := ${allowed} if count(s26) > input.n` }, `s0 := input.seed\n${doubling}`), {
      maxMemoryBytes: 16 << 20,
    });
    for (const load of [lightLoad, { widest: 0, nested: true }]) {
      expect(await policy.decide('{"n": 0, "seed": "0123456789abcdef"}', load)).toEqual(hostDenial("policy.evaluation_failed"));
      expect(await policy.decide('{"n": -1, "seed": ""}', load)).toMatchObject({ effect: "allow" });
    }
  });

  it("denies an answer that is too large to be a decision", async () => {
    const policy = await open(library({ decide: `decide := object.union(${allowed}, {"more": concat("", [input.text, input.text])})` }));
    const input = JSON.stringify({ text: "x".repeat(600_000) });
    expect(await policy.decide(input, lightLoad)).toEqual(hostDenial("policy.evaluation_failed"));
  });
});

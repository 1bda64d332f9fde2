import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { QuestionMethod } from "../../../src/core/methods.ts";
import { questionFacts } from "../../../src/gateway/questions/question-facts.ts";

const facts = (method: QuestionMethod, params: Readonly<Record<string, unknown>>) => questionFacts({ method, params });
const form = (requestedSchema: unknown, more: object = {}) => facts("elicitation/create", { message: "m", requestedSchema, ...more });
const url = (address: unknown, more: object = {}) => facts("elicitation/create", { mode: "url", message: "m", url: address, ...more });

describe("a form", () => {
  it("is told to policy by the names of its fields, sorted", () => {
    const properties = {
      b: { type: "boolean" },
      a: { type: "string", enum: ["x"] },
      c: { type: "array", items: { anyOf: [{ const: "x", title: "X" }] } },
    };
    expect(form({ type: "object", properties, required: ["a"] })).toEqual({
      ok: true,
      value: { kind: "elicitation", mode: "form", fields: ["a", "b", "c"] },
    });
  });

  it.each([
    ["an object", { type: "object", properties: {} }],
    ["a list of objects", { type: "array", items: { type: "object" } }],
    ["a list of free texts", { type: "array", items: { type: "string" } }],
    ["a reference", { type: "string", $ref: "#/x" }],
    ["no type", { enum: ["x"] }],
    ["several types", { type: ["string", "object"] }],
    ["a choice of objects", { type: "string", oneOf: [{ type: "object" }] }],
    ["properties behind a primitive type", { type: "string", properties: { a: {} } }],
    ["null", null],
  ])("is not asked with a field of %s", (_, schema) => {
    expect(form({ type: "object", properties: { a: schema } })).toMatchObject({ ok: false });
  });

  it.each([
    ["allOf", [{ properties: { password: { type: "string" } } }]],
    ["$ref", "#/x"],
    ["if", {}],
    ["patternProperties", { pass: { type: "string" } }],
    ["oneOf", []],
  ])("is not asked with fields that %s would hide from policy", (word, value) => {
    expect(form({ type: "object", properties: {}, [word]: value })).toMatchObject({ ok: false });
    expect(form({ type: "object", properties: {}, additionalProperties: false, $schema: "x" })).toMatchObject({ ok: true });
  });

  it("is not asked together with an address, which some clients would open and policy did not look at", () => {
    const schema = { type: "object", properties: {} };
    expect(form(schema, { url: "https://evil.example/" })).toMatchObject({ ok: false });
    expect(form(schema, { mode: "form", url: "https://evil.example/" })).toMatchObject({ ok: false });
    expect(url("https://good.example/", { requestedSchema: schema })).toMatchObject({ ok: false });
  });

  it("is not asked without a message, a schema, or in a mode that nobody knows", () => {
    const schema = { type: "object", properties: {} };
    expect(facts("elicitation/create", { requestedSchema: schema }).ok).toBe(false);
    for (const bad of [undefined, [], { type: "object" }, { type: "array", properties: {} }]) expect(form(bad).ok).toBe(false);
    for (const mode of ["x", null, 1, "URL"]) expect(form(schema, { mode }).ok).toBe(false);
  });

  it("is not asked with more fields than a person fills in", () => {
    const properties = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`f${at}`, { type: "string" }]));
    expect(form({ type: "object", properties }).ok).toBe(false);
  });
});

describe("an address", () => {
  it.each([
    ["https://crm.example/connect?id=1#x", "crm.example"],
    ["https://CRM.example:8443/", "crm.example:8443"],
    ["http://127.0.0.1:3000/", "127.0.0.1:3000"],
    ["http://localhost/", "localhost"],
    ["http://[::1]:80/", "[::1]"],
  ])("%s is told to policy by its host", (address, host) => {
    expect(url(address)).toEqual({ ok: true, value: { kind: "elicitation", mode: "url", host } });
  });

  it.each([
    "http://crm.example/",
    "http://localhost.evil.example/",
    "https://bank.example@evil.example/",
    "https://user:pass@evil.example/",
    "https:\\\\evil.example/",
    "https://bank.example\\@evil.example/",
    "https://crm.example/\u202egpj",
    "https://b\u0430nk.example/",
    " https://crm.example/",
    "https://crm.example/a b",
    "https://crm.example/\n",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://",
    "//crm.example/",
    "",
    1,
    undefined,
  ])("%j is not asked", (address) => {
    expect(url(address).ok).toBe(false);
  });

  it("has the host that a browser opens, or is not asked", () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ validSchemes: ["https", "http"], withFragments: true }), fc.string()), (address) => {
        const read = url(address);
        if (read.ok) expect(read.value).toMatchObject({ host: new URL(address).host });
      }),
    );
  });

  it("may have a short id, and none that is anything else", () => {
    expect(url("https://a.example/", { elicitationId: "e1" }).ok).toBe(true);
    for (const elicitationId of ["", 1, {}, "x".repeat(201)]) expect(url("https://a.example/", { elicitationId }).ok).toBe(false);
  });
});

describe("a question for a model", () => {
  const messages = [{ role: "user", content: { type: "text", text: "hi" } }];

  it("is told to policy by its size, its tools and its context", () => {
    const asked = facts("sampling/createMessage", { messages, maxTokens: 10, tools: [], includeContext: "thisServer" });
    expect(asked).toEqual({ ok: true, value: { kind: "sampling", maxTokens: 10, tools: true, includeContext: "thisServer" } });
    expect(facts("sampling/createMessage", { messages, maxTokens: 10, toolChoice: { mode: "auto" } })).toMatchObject({
      value: { tools: true },
    });
  });

  it.each([
    { maxTokens: 10 },
    { messages: "hi", maxTokens: 10 },
    { messages: [{ role: "system", content: { type: "text" } }], maxTokens: 10 },
    { messages: [{ role: "user", content: "hi" }], maxTokens: 10 },
    { messages },
    { messages, maxTokens: 1.5 },
    { messages, maxTokens: -1 },
    { messages, maxTokens: "10" },
    { messages, maxTokens: 10, tools: {} },
    { messages, maxTokens: 10, includeContext: "everything" },
  ])("is not asked as %j", (params) => {
    expect(facts("sampling/createMessage", params).ok).toBe(false);
  });
});

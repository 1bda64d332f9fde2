import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAnswer } from "../../../src/gateway/questions/client-answer.ts";

const form = { method: "elicitation/create", fields: ["name", "tags"] } as const;
const address = { method: "elicitation/create" } as const;
const model = { method: "sampling/createMessage" } as const;
const roots = { method: "roots/list" } as const;

describe("an answer to a form", () => {
  it("is passed on with what was asked for, and nothing besides", () => {
    const content = { name: "Ann", tags: ["a"] };
    expect(checkAnswer(form, { action: "accept", content, _meta: { x: 1 } })).toEqual({ ok: true, value: { action: "accept", content } });
    expect(checkAnswer(form, { action: "cancel", content: null })).toEqual({ ok: true, value: { action: "cancel" } });
  });

  it.each([
    { action: "accepted" },
    { action: "decline", content: { name: "Ann" } },
    { action: "accept", content: { other: "x" } },
    { action: "accept", content: { name: { first: "Ann" } } },
    { action: "accept", content: { name: null } },
    { action: "accept", content: { tags: [1] } },
    { action: "accept", content: [] },
    null,
    [],
    "accept",
  ])("is refused as %j", (answer) => {
    expect(checkAnswer(form, answer).ok).toBe(false);
  });

  it("never holds a name that was not asked for", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (content) => {
        const checked = checkAnswer(form, { action: "accept", content });
        const names = Object.keys(content);
        expect(checked.ok).toBe(names.every((name) => name === "name" || name === "tags"));
      }),
    );
  });
});

it("an answer to an address has no content", () => {
  expect(checkAnswer(address, { action: "accept" }).ok).toBe(true);
  expect(checkAnswer(address, { action: "accept", content: {} }).ok).toBe(false);
});

it("an answer of a model has a role, content and the model's name", () => {
  const answer = { role: "assistant", content: { type: "text", text: "hi" }, model: "m" };
  expect(checkAnswer(model, { ...answer, stopReason: "endTurn", extra: 1 })).toEqual({
    ok: true,
    value: { ...answer, stopReason: "endTurn" },
  });
  for (const bad of [
    { ...answer, role: "system" },
    { ...answer, content: "hi" },
    { ...answer, model: 1 },
    { ...answer, stopReason: 1 },
  ]) {
    expect(checkAnswer(model, bad).ok).toBe(false);
  }
});

it("roots are file URIs with names", () => {
  expect(checkAnswer(roots, { roots: [{ uri: "file:///a", name: "A", _meta: {} }] })).toEqual({
    ok: true,
    value: { roots: [{ uri: "file:///a", name: "A" }] },
  });
  for (const bad of [
    {},
    { roots: "file:///a" },
    { roots: [{ uri: "https://a" }] },
    { roots: [{ uri: "file:///a", name: 1 }] },
    { roots: [null] },
  ]) {
    expect(checkAnswer(roots, bad).ok).toBe(false);
  }
});

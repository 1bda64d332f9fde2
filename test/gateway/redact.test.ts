import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Redaction } from "../../src/core/decision.ts";
import { redactResult, redactWhole } from "../../src/gateway/redact.ts";

const hash = (value: unknown) => `#${JSON.stringify(value)}`;

function redaction(path: string, mode: Redaction["mode"] = "mask", optional = false): Redaction {
  return { rule: "pii", path, mode, optional };
}

const customer = {
  content: [
    { type: "text", text: '{"customer":{"id":"c-1","iban":"DE02"}}' },
    { type: "image", data: "x", mimeType: "image/png" },
  ],
  structuredContent: { customer: { id: "c-1", iban: "DE02" } },
  _meta: { copy: "DE02" },
};

describe("redacting a result", () => {
  it("masks a member and rebuilds the text from the redacted structure", () => {
    const redacted = redactResult(customer, [redaction("/customer/iban")], undefined, hash);
    expect(redacted).toEqual({
      ok: true,
      value: {
        content: [{ type: "text", text: '{"customer":{"id":"c-1","iban":"[redacted]"}}' }],
        structuredContent: { customer: { id: "c-1", iban: "[redacted]" } },
      },
    });
  });

  it("leaves no copy of the value in text, in other blocks or in _meta", () => {
    const redacted = redactResult(customer, [redaction("/customer/iban", "remove")], undefined, hash);
    expect(JSON.stringify(redacted)).not.toContain("DE02");
  });

  it("does not change the result it was given", () => {
    redactResult(customer, [redaction("/customer/iban", "remove")], undefined, hash);
    expect(customer.structuredContent.customer.iban).toBe("DE02");
  });

  it("applies the strongest of several redactions of one path", () => {
    const redacted = redactResult(
      customer,
      [redaction("/customer/iban", "hash"), redaction("/customer/iban", "remove"), redaction("/customer/iban")],
      undefined,
      hash,
    );
    expect(redacted).toMatchObject({ ok: true, value: { structuredContent: { customer: { id: "c-1" } } } });
    expect(JSON.stringify(redacted)).not.toContain("iban");
  });

  it("withholds a result whose value is not where the redaction looks", () => {
    const moved = { structuredContent: { client: { iban: "DE02" } }, content: [] };
    expect(redactResult(moved, [redaction("/customer/iban")], undefined, hash)).toMatchObject({
      ok: false,
      error: { code: "result.unredactable" },
    });
  });

  it("withholds a result without structure, because its text may hold the value", () => {
    const text = { content: [{ type: "text", text: "iban DE02" }] };
    expect(redactResult(text, [redaction("/customer/iban")], undefined, hash)).toMatchObject({ ok: false });
  });

  it("lets a result without structure pass where every redaction is optional", () => {
    const text = { content: [{ type: "text", text: "no customer" }] };
    expect(redactResult(text, [redaction("/customer/iban", "mask", true)], undefined, hash)).toEqual({ ok: true, value: text });
  });

  it("lets a member be absent where the pinned output schema says it may be", () => {
    const schema = {
      type: "object",
      properties: { customer: { type: "object", properties: { iban: { type: "string" } }, required: ["id"] } },
    };
    const without = { structuredContent: { customer: { id: "c-1" } }, content: [] };
    expect(redactResult(without, [redaction("/customer/iban")], schema, hash)).toMatchObject({ ok: true });
    expect(redactResult(without, [redaction("/customer/id2")], schema, hash)).toMatchObject({ ok: false });
  });

  it("reaches every element of an array with *", () => {
    const list = { structuredContent: { customers: [{ iban: "A" }, { iban: "B" }] }, content: [] };
    expect(redactResult(list, [redaction("/customers/*/iban", "hash")], undefined, hash)).toMatchObject({
      ok: true,
      value: { structuredContent: { customers: [{ iban: '#"A"' }, { iban: '#"B"' }] } },
    });
  });

  it("accepts an empty array behind *", () => {
    const list = { structuredContent: { customers: [] }, content: [] };
    expect(redactResult(list, [redaction("/customers/*/iban")], undefined, hash)).toMatchObject({ ok: true });
  });

  it("withholds a list of which one element holds the value elsewhere", () => {
    const list = { structuredContent: { customers: [{ iban: "A" }, { account: "B" }] }, content: [] };
    expect(redactResult(list, [redaction("/customers/*/iban")], undefined, hash)).toMatchObject({ ok: false });
  });

  it("never leaves a secret behind, wherever it stands", () => {
    const keys = fc.constantFrom("a", "b", "c/d", "e~f", "*");
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constant("SECRET"),
        fc.integer(),
        fc.dictionary(keys, tie("node")),
        fc.array(tie("node"), { maxLength: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(keys, tree), (structuredContent) => {
        const paths = secretPaths(structuredContent, "");
        const redacted = redactResult(
          { structuredContent, content: [{ type: "text", text: "SECRET" }] },
          paths.map((path) => redaction(path, "mask")),
          undefined,
          hash,
        );
        if (paths.length > 0) expect(redacted.ok && JSON.stringify(redacted.value)).not.toContain("SECRET");
      }),
    );
  });
});

function secretPaths(value: unknown, at: string): string[] {
  if (value === "SECRET") return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretPaths(inner, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

describe("redacting what is no tool's result", () => {
  const read = {
    contents: [
      { uri: "x:1", text: "DE02" },
      { uri: "x:2", text: "DE03" },
    ],
    _meta: { copy: "DE02" },
  };

  it("edits it as it is and drops _meta", () => {
    expect(redactWhole(read, [redaction("/contents/*/text")], hash)).toEqual({
      ok: true,
      value: {
        contents: [
          { uri: "x:1", text: "[redacted]" },
          { uri: "x:2", text: "[redacted]" },
        ],
      },
    });
    expect(read.contents[0]?.text).toBe("DE02");
  });

  it("withholds it when a path leads nowhere, unless that is optional", () => {
    expect(redactWhole(read, [redaction("/contents/0/blob")], hash)).toMatchObject({ ok: false });
    expect(redactWhole(read, [redaction("/contents/0/blob", "mask", true)], hash)).toMatchObject({ ok: true });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/parts/upstream/answer.ts";
import { headerValue } from "../../../src/parts/upstream/param-headers.ts";

function read(text: string) {
  return readAnswer(text, JSON.parse(text), 7);
}

const results = fc.dictionary(
  fc.string().filter((key) => key !== "__proto__"),
  fc.jsonValue({ maxDepth: 6 }),
);

describe("an answer", () => {
  it("of which JSON.stringify would write the same is forwarded as it is, in both orders of its members", () => {
    fc.assert(
      fc.property(results, fc.boolean(), (value, resultFirst) => {
        const result = JSON.stringify(value);
        const text = resultFirst ? `{"result":${result},"jsonrpc":"2.0","id":7}` : `{"jsonrpc":"2.0","id":7,"result":${result}}`;
        const outcome = read(text);
        // What survives writing and is refused all the same.
        if (outcome.ok) expect(outcome.value).toMatchObject({ kind: "result", text: result });
        else expect(text).toMatch(/\\ud|__proto__/);
      }),
    );
  });

  it("written with spaces is forwarded as its own slice", () => {
    fc.assert(
      fc.property(results, (value) => {
        const text = JSON.stringify({ id: 7, extra: [1], result: value, jsonrpc: "2.0" }, null, 2);
        const outcome = read(text);
        if (!outcome.ok || outcome.value.kind !== "result") {
          expect(text).toMatch(/\\ud|__proto__/);
          return;
        }
        expect(text).toContain(`"result": ${outcome.value.text}`);
        expect(JSON.parse(outcome.value.text)).toEqual(JSON.parse(text).result);
      }),
    );
  });

  it.each([
    ['{"jsonrpc":"2.0","id":7,"result":{"a":1,"a":1}}', "upstream.ambiguous"],
    ['{"jsonrpc":"2.0","id":7,"result":{"a":{"b":1,"\\u0062":2}}}', "upstream.ambiguous"],
    ['{"jsonrpc":"2.0","id":7,"result":{},"result":{"x":1}}', "upstream.ambiguous"],
    ['{"id":8,"jsonrpc":"2.0","id":7,"result":{}}', "upstream.ambiguous"],
    ['{"jsonrpc":"2.0","id":7,"error":{"code":1,"code":2,"message":"m"}}', "upstream.ambiguous"],
    ['{"jsonrpc":"2.0","id":7,"result":{"\\u005f_proto__":1}}', "upstream.invalid_answer"],
    ['{"jsonrpc":"2.0","id":"7","result":{}}', "upstream.invalid_answer"],
    ['{"jsonrpc":"1.0","id":7,"result":{}}', "upstream.invalid_answer"],
    ['{"jsonrpc":"2.0","id":7,"error":{"code":"1","message":"m"}}', "upstream.invalid_answer"],
    ['{"jsonrpc":"2.0","id":7,"result":null}', "upstream.invalid_answer"],
    ["null", "upstream.invalid_answer"],
  ])("%s is refused", (text, code) => {
    expect(read(text)).toMatchObject({ ok: false, error: { code, dispatched: true } });
  });

  it("that is an error loses data in which a number would change", () => {
    const outcome = read('{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","data":9007199254740993}}');
    expect(outcome).toEqual({ ok: true, value: { kind: "error", error: { code: 1, message: "m" } } });
  });
});

describe("a header value", () => {
  it("can be read back, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const value = headerValue(text);
        expect(value).toMatch(/^[\t\x20-\x7e]+$/);
        expect(value).toBe(value.trim());
        const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
        expect(encoded === undefined ? value : Buffer.from(encoded, "base64").toString("utf8")).toBe(text);
      }),
    );
  });
});

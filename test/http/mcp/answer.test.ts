import fc from "fast-check";
import { expect, test } from "vitest";
import { withoutResultType, withResultType } from "../../../src/http/mcp/answer.ts";

const result = fc.dictionary(fc.oneof(fc.string(), fc.constant("resultType"), fc.constant("content")), fc.jsonValue());
const spacing = fc.constantFrom(undefined, 1, "\t");

test("a result gets exactly one resultType, and every other member stays", () => {
  fc.assert(
    fc.property(result, spacing, (members, space) => {
      const text = withResultType(JSON.stringify(members, undefined, space));
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ resultType: "complete", ...members })));
      expect(withResultType(text)).toBe(text);
    }),
  );
});

test("a result loses its resultType and nothing else", () => {
  fc.assert(
    fc.property(result, spacing, (members, space) => {
      const { resultType: _, ...others } = members;
      const text = withoutResultType(JSON.stringify(members, undefined, space));
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(others)));
    }),
  );
});

test("an escaped resultType is seen, and other literals stay as they were written", () => {
  expect(withoutResultType('{"result\\u0054ype":"complete","n":9007199254740993}')).toBe('{"n":9007199254740993}');
  expect(JSON.parse(withResultType('{"result\\u0054ype":"input_required"}'))).toEqual({ resultType: "input_required" });
});

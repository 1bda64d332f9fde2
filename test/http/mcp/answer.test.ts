import fc from "fast-check";
import { expect, test } from "vitest";
import { resultFields, withoutStatelessFields } from "../../../src/http/mcp/result-fields.ts";

const INFO = { name: "toolgate", version: "1" };
const SERVER = "io.modelcontextprotocol/serverInfo";
const fields = resultFields(INFO, { most: 5_000 });
const key = fc.oneof(fc.string(), fc.constantFrom("resultType", "content", "_meta", "ttlMs", "cacheScope"));
const result = fc.dictionary(key, fc.jsonValue());
const spacing = fc.constantFrom(undefined, 1, "\t");

test("a result gets exactly one resultType and its server's name, and every other member stays", () => {
  fc.assert(
    fc.property(result, spacing, (members, space) => {
      const text = fields.complete(JSON.stringify(members, undefined, space));
      const { _meta, ...others } = JSON.parse(text);
      const { _meta: given, ...kept } = JSON.parse(JSON.stringify({ resultType: "complete", ...members }));
      expect(others).toEqual(kept);
      if (given === undefined) expect(_meta).toEqual({ [SERVER]: INFO });
      else if (typeof given === "object" && given !== null && !Array.isArray(given)) expect(_meta).toEqual({ [SERVER]: INFO, ...given });
      else expect(_meta).toEqual(given);
      expect(fields.complete(text)).toBe(text);
    }),
  );
});

test("a server that names itself is left its name", () => {
  const text = `{"_meta":{"${SERVER}":{"name":"crm","version":"2"}},"resultType":"complete"}`;
  expect(fields.complete(text)).toBe(text);
});

test("a result loses what only the stateless era knows, and nothing else", () => {
  fc.assert(
    fc.property(result, spacing, (members, space) => {
      const { resultType: _, ttlMs: __, cacheScope: ___, ...others } = members;
      const text = withoutStatelessFields(JSON.stringify(members, undefined, space));
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(others)));
    }),
  );
});

test("an escaped resultType is seen, and other literals stay as they were written", () => {
  expect(withoutStatelessFields('{"result\\u0054ype":"complete","n":9007199254740993}')).toBe('{"n":9007199254740993}');
  expect(JSON.parse(fields.complete('{"result\\u0054ype":"input_required"}'))).toMatchObject({ resultType: "input_required" });
});

test.each([
  ["nothing", "", 0],
  ["a short time", '"ttlMs":100,"cacheScope":"private",', 100],
  ["a time that is longer than policy may stay the same", '"ttlMs":3600000,', 5_000],
  ["a time before now", '"ttlMs":-1,', 0],
  ["half a millisecond", '"ttlMs":1.5,', 1],
  ["no time at all", '"ttlMs":"long",', 0],
  ["that everybody may keep it", '"cacheScope":"public","ttlMs":7,', 7],
])("what a server says of a resource's freshness is bounded and this caller's alone: %s", (_what, told, kept) => {
  const read = JSON.parse(fields.cacheable(`{${told}"contents":[]}`));
  expect(read).toEqual({ contents: [], ttlMs: kept, cacheScope: "private", resultType: "complete", _meta: { [SERVER]: INFO } });
});

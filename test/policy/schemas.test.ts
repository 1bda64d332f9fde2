import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { methods, serverMessages, targetKinds } from "../../src/core/methods.ts";
import { answersOf } from "./golden.ts";
import { oddSources } from "./odd-company.ts";
import { tryOpa } from "./opa.ts";
import { demoSources, library, policies, withFiles } from "./policy-sources.ts";

const folder = join(policies, "schemas");
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true });
formats.default(ajv);
for (const name of readdirSync(folder)) {
  const schema: AnySchemaObject = JSON.parse(readFileSync(join(folder, name), "utf8"));
  ajv.addSchema(schema);
}

function mistakes(schema: string, value: unknown): unknown {
  const validate = ajv.getSchema(`urn:toolgate:schema:${schema}`);
  if (!validate) throw new Error(`no schema "${schema}"`);
  return validate(value) ? [] : validate.errors;
}

const yaml = (path: string) => parse(readFileSync(join(policies, path), "utf8"));
const tables = readdirSync(join(policies, "catalog"), { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
  .map((entry) => entry.name.replace(".yaml", ""));

test.each(tables)("the demo company's %s fit their schema", (table) => {
  expect(mistakes(table, yaml(`catalog/${table}.yaml`))).toEqual([]);
});

test.each(tables)("an unknown key and an unknown version of %s are mistakes", (table) => {
  const value = yaml(`catalog/${table}.yaml`);
  expect(mistakes(table, { ...value, unknown: 1 })).not.toEqual([]);
  expect(mistakes(table, { ...value, version: 2 })).not.toEqual([]);
});

test.each(readdirSync(join(policies, "cases")))("the golden cases of %s fit their schema", (file) => {
  expect(mistakes("cases", yaml(`cases/${file}`))).toEqual([]);
});

test("the input names every method that is judged, admissions, and no other", () => {
  const judged = [...Object.entries(methods), ...Object.entries(serverMessages)].flatMap(([method, { judge }]) =>
    judge.by === "none" || judge.by === "belonging" ? [] : [method],
  );
  const schema: { properties: { method: { anyOf: { enum?: string[] }[] } } } = JSON.parse(
    readFileSync(join(folder, "input.schema.json"), "utf8"),
  );
  // Beside them only those of extensions, which have no names that we know.
  expect(schema.properties.method.anyOf.flatMap((one) => one.enum ?? []).sort()).toEqual([...new Set(["admit", ...judged])].sort());
});

test("the input has a member for each kind of target, and lists hold the kinds that are listed", () => {
  const schema: { properties: Record<string, { items: { properties: object } }> } = JSON.parse(
    readFileSync(join(folder, "input.schema.json"), "utf8"),
  );
  expect(targetKinds.filter((kind) => schema.properties[kind] === undefined)).toEqual([]);
  expect(Object.keys(schema.properties.items?.items.properties ?? {}).sort()).toEqual(["prompt", "resource", "server", "tool"]);
});

test("each golden case asks with an input that the host could have made", () => {
  const wrong = demoSources().cases.flatMap(({ name, input }) => {
    const found = mistakes("input", input);
    return Array.isArray(found) && found.length === 0 ? [] : [[name, found]];
  });
  expect(wrong).toEqual([]);
});

test("each answer of the library has the shape that the host parses", () => {
  for (const sources of [demoSources(), oddSources()]) {
    const wrong = answersOf(sources, (answer) => answer).flatMap((answer, i) => {
      const found = mistakes(`answers#/$defs/${sources.cases[i]?.entrypoint}`, answer);
      return Array.isArray(found) && found.length === 0 ? [] : [[sources.cases[i]?.name, found]];
    });
    expect(wrong).toEqual([]);
  }
});

test("a decision names what is enforced, and nothing else", () => {
  const allowed = {
    effect: "allow",
    known: true,
    permits: [{ rule: "role", id: "support" }],
    reasons: [],
    obligations: [{ type: "budget", rule: "rate", name: "calls-per-minute", cost: 1 }],
    redactions: [{ rule: "pii", path: "/customer/iban", mode: "mask", optional: false }],
  };
  expect(mistakes("decision", allowed)).toEqual([]);
  expect(mistakes("decision", { ...allowed, obligations: [{ type: "notify", rule: "rate", channel: "x" }] })).not.toEqual([]);
  expect(mistakes("decision", { ...allowed, effect: "maybe" })).not.toEqual([]);
});

test("OPA checks author packages against the schema of the input", () => {
  const schema = `--schema=${join(folder, "input.schema.json")}`;
  const check = (path: string) => tryOpa(["check", "--strict", schema, "--ignore=*_test.rego", "--ignore=*.md", path]);
  expect(check(join(policies, "policy"))).toEqual({ status: 0, output: "" });
  expect(check(library)).toEqual({ status: 0, output: "" });
  const typo = withFiles({ "typo.rego": 'package policy.typo\n\ndeny contains {"code": "x.y"} if input.tol.id == "a"\n' }, check);
  expect(typo.output).toContain("undefined ref: input.tol.id");
});

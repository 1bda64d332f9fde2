import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { opa, tryOpa } from "./opa.ts";
import { policies, withFiles } from "./policy-sources.ts";

const guide = readFileSync(join(import.meta.dirname, "../../docs/policy-guide.md"), "utf8");
const snippets = [...guide.matchAll(/^```rego.*\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
const modules = Object.fromEntries(
  snippets.map((text, at) => [`snippet_${at}${/^package .*_test$/m.test(text) ? "_test" : ""}.rego`, text]),
);

test("each Rego snippet of the policy guide is a module that OPA accepts, typed by the schema of the input", () => {
  const schema = `--schema=${join(policies, "schemas/input.schema.json")}`;
  expect(snippets.length).toBeGreaterThan(10);
  expect(snippets.filter((text) => !/^package policy\.\w+$/m.test(text))).toEqual([]);
  expect(withFiles(modules, (folder) => tryOpa(["check", "--strict", schema, folder]))).toEqual({ status: 0, output: "" });
  expect(withFiles(modules, (folder) => opa(["fmt", "--list", folder]))).toBe("");
});

test("the tests that the policy guide shows pass", () => {
  expect(withFiles(modules, (folder) => tryOpa(["test", folder])).output).toMatch(/^PASS: 3\/3$/m);
});

const answer = (query: string, input: unknown) =>
  withFiles({ ...modules, "input.json": JSON.stringify(input) }, (folder) => {
    const sources = Object.keys(modules).map((name) => `--data=${join(folder, name)}`);
    const data = { custom: { suspended_agents: ["bot"] } };
    return withFiles({ "data.json": JSON.stringify(data) }, (other) =>
      JSON.parse(
        opa([
          "eval",
          "--strict-builtin-errors",
          "--format=json",
          `--input=${join(folder, "input.json")}`,
          `--data=${other}`,
          ...sources,
          query,
        ]),
      ),
    ).result[0].expressions[0].value;
  });

test("what the guide calls wrong is silent for an agent alone, and what it calls right is not", () => {
  const alone = { agent: { id: "bot" }, args: { path: "/etc/shadow" } };
  expect(answer("[count(data.policy.home_wrong.constrain), count(data.policy.home_right.constrain)]", alone)).toEqual([0, 1]);
  expect(answer("[count(data.policy.head_wrong.deny), count(data.policy.head_right.deny)]", alone)).toEqual([0, 1]);
});

test("the guide's own defaults hold for arguments that are missing or of another type", () => {
  const amounts = (amount: unknown) => answer("count(data.policy.amounts.constrain)", { args: { amount } });
  expect([amounts(1000), amounts("1000.00"), amounts(1001), amounts("ten"), amounts(["1"])]).toEqual([0, 0, 1, 1, 1]);
  expect(answer("count(data.policy.bounds.constrain)", { args: {} })).toBe(1);
  expect(answer("count(data.policy.bounds.constrain)", { args: { limit: 100 } })).toBe(0);
});

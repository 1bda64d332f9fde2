import { join } from "node:path";
import { expect, test } from "vitest";
import { opa, tryOpa } from "./opa.ts";
import { library, policies } from "./policy-sources.ts";

const sources = [library, join(policies, "policy")];

test("the library and the demo packages pass opa check --strict", () => {
  expect(tryOpa(["check", "--strict", ...sources])).toEqual({ status: 0, output: "" });
});

test("the library and the demo packages are formatted as opa fmt does", () => {
  expect(opa(["fmt", "--list", ...sources])).toBe("");
});

test("the tests of the library and of the demo packages pass", () => {
  const { status, output } = tryOpa(["test", "--ignore=*.md", ...sources]);
  expect(output).toMatch(/^PASS: (\d+)\/\1$/m);
  expect(status).toBe(0);
});

test("the library alone passes its tests", () => {
  expect(tryOpa(["test", "--ignore=*.md", library]).status).toBe(0);
});

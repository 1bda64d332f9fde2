import { afterAll, describe, expect, test } from "vitest";
import { reasons } from "../../src/core/reasons.ts";
import { compilePolicy } from "../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../src/parts/policy/evaluator.ts";
import { compareCase, createPolicy, entrypoints } from "../../src/parts/policy/index.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { buildModule, opaIsMissing } from "../parts/policy/opa.ts";
import { limits, productLibrary } from "../parts/policy/policies.ts";
import { answersOf, differences, parsed } from "../policy/golden.ts";
import { oddSources } from "../policy/odd-company.ts";
import { demoSources, type Sources } from "../policy/policy-sources.ts";
import { codesIn, readCases } from "./read-cases.ts";

/** The module of a company with the product's library, as the build compiles it. */
function moduleOf({ modules }: Sources): Promise<Uint8Array> {
  const authors = Object.fromEntries(Object.entries(modules).map(([name, text]) => [`policy/${name}`, text]));
  return buildModule({ ...productLibrary({}), ...authors }, entrypoints);
}

const companies = { "the demo company": demoSources(), "a company of broken rules": oddSources() };
const counted = { wasm: 0, opa: 0 };

describe.skipIf(opaIsMissing)("the golden cases", () => {
  test.each(Object.entries(companies))("of %s hold on both evaluators, in the library's own words", async (_company, sources) => {
    const compiled = await compilePolicy({ wasm: await moduleOf(sources), data: JSON.stringify(sources.data) }, limits);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    const evaluator = new Evaluator(compiled.value);
    const onOpa = answersOf(sources);
    for (const [at, golden] of sources.cases.entries()) {
      const text = evaluator.evaluate(`toolgate/${golden.entrypoint}`, JSON.stringify(golden.input));
      if (!text.ok) throw new Error(`${golden.name}: ${text.error.detail}`);
      const [answer] = JSON.parse(text.value) as [{ result: Record<string, unknown> }];
      expect({ name: golden.name, differences: differences(golden, parsed(answer.result)) }).toEqual({
        name: golden.name,
        differences: [],
      });
      counted.wasm += 1;
      expect({ name: golden.name, differences: differences(golden, onOpa[at] ?? {}) }).toEqual({ name: golden.name, differences: [] });
      counted.opa += 1;
    }
  });

  test("of the demo company hold as the gateway reads the answers", async () => {
    const sources = companies["the demo company"];
    const policy = await createPolicy({ wasm: await moduleOf(sources), data: JSON.stringify(sources.data) }, limits, silentLogger);
    if (!policy.ok) throw new Error(policy.error.detail);
    try {
      const outcomes = [];
      for (const golden of sources.cases) outcomes.push(await compareCase(policy.value, golden));
      expect(outcomes.filter(({ differences }) => differences.length > 0)).toEqual([]);
    } finally {
      await policy.value.close();
    }
  });
});

afterAll(() => {
  const cases = [...readCases().values()].flat();
  const wanted = codesIn(cases);
  const reached = Object.keys(reasons).filter((code) => wanted.has(code)).length;
  console.info(
    `golden cases: ${counted.wasm} on WebAssembly, ${counted.opa} on opa eval; ${cases.length} decision cases through the gate, ` +
      `${reached} of ${Object.keys(reasons).length} reason codes (the others are listed in test/cases/cases.test.ts)`,
  );
});

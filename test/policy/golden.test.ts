import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareCase, createPolicy, entrypoints } from "../../src/parts/policy/index.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { buildModule } from "../parts/policy/opa.ts";
import { answersOf, differences } from "./golden.ts";
import { oddSources } from "./odd-company.ts";
import { demoSources, library } from "./policy-sources.ts";

for (const [company, sources] of [
  ["the demo company", demoSources()],
  ["a company of broken rules", oddSources()],
] as const) {
  test(`each golden case of ${company} holds on OPA's own evaluator, with strict errors`, () => {
    const answers = answersOf(sources);
    const differing = sources.cases.flatMap((golden, i) => differences(golden, answers[i] ?? {}).map((d) => `${golden.name}: ${d}`));
    expect(differing).toEqual([]);
    expect(sources.cases.length).toBeGreaterThan(10);
  });
}

test("each golden case of the demo company holds on WebAssembly, as a gateway runs it before it takes the bundle", async () => {
  const { modules, data, cases } = demoSources();
  const names = readdirSync(library).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  const own = names.map((name) => [`toolgate/${name}`, readFileSync(join(library, name), "utf8")]);
  const wasm = await buildModule({ ...modules, ...Object.fromEntries(own) }, entrypoints);
  const limits = { timeoutMs: 5_000, workers: 1, maxMemoryBytes: 64 << 20 };
  const policy = await createPolicy({ wasm, data: JSON.stringify(data) }, limits, silentLogger);
  if (!policy.ok) throw new Error(policy.error.detail);
  try {
    const outcomes = [];
    for (const golden of cases) outcomes.push(await compareCase(policy.value, golden));
    expect(outcomes.filter((one) => one.differences.length > 0)).toEqual([]);
    expect(outcomes).toHaveLength(cases.length);
  } finally {
    await policy.value.close();
  }
});

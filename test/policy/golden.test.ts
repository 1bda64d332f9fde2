import { expect, test } from "vitest";
import { answersOf, differences } from "./golden.ts";
import { oddSources } from "./odd-company.ts";
import { demoSources } from "./policy-sources.ts";

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

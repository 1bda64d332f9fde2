import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Rig, startRig } from "./rig.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarioSets, suiteVersion } from "./scenarios.ts";

const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");

describe("docs/conformance.md", () => {
  test("names exactly the scenarios of the run, each as passed, and the version of the suite", () => {
    expect(page).toContain(`@modelcontextprotocol/conformance\` ${suiteVersion()},`);
    const sections = page.split(/^## /m).slice(1);
    const found = Object.fromEntries(
      sections.map((section) => [section.split("\n")[0], [...section.matchAll(/^\| `([^`]+)` .* passed \|$/gm)].map((row) => row[1])]),
    );
    for (const { title, scenarios } of scenarioSets) expect(found[title]).toEqual(scenarios);
    const rows = [...page.matchAll(/^\| `/gm)];
    expect(rows).toHaveLength(scenarioSets.reduce((total, { scenarios }) => total + scenarios.length, 0));
  });
});

describe("the official suite, through the gateway", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  }, 60_000);
  afterAll(() => rig?.stop());

  test.each([
    ["tools-call-with-progress", "2025-11-25", "session"],
    ["http-custom-header-server-validation", "2026-07-28", "stateless"],
    ["dns-rebinding-protection", "2026-07-28", "session"],
  ] as const)("%s of %s passes with a server of the %s era", async (scenario, revision, era) => {
    const result = await runScenario(scenario, revision, rig.urlOf(era), rig.results);
    expect(result).toMatchObject({ ran: true, failures: [], leftOut: [] });
    expect(result.passed).toBeGreaterThan(0);
  });

  test("a scenario that the suite skips is a failure", async () => {
    const result = await runScenario("ping", "2026-07-28", rig.urlOf("session"), rig.results);
    expect(result).toMatchObject({ ran: false, failures: [expect.stringContaining("SKIPPED")] });
  });

  test("a scenario that finds nothing to call is a failure", async () => {
    const nowhere = rig.urlOf("session").replace("ref-session", "nowhere");
    expect((await runScenario("tools-call-error", "2025-11-25", nowhere, rig.results)).failures).not.toEqual([]);
  });
});

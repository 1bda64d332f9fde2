import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotCross } from "./cannot-cross.ts";
import { suiteVersion } from "./requirements.ts";
import { type Rig, startRig } from "./rig.ts";
import { judged, type PartResult, runParts } from "./run-parts.ts";
import { runAsClient } from "./run-scenario.ts";
import { keys, type Part, parts } from "./scenarios.ts";

const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
/** Every scenario of every set: about a minute and a half on two cores. */
const ALL_MS = 900_000;

describe("docs/conformance.md", () => {
  test("names exactly the scenarios of the run, none as failed, and the version of the suite", () => {
    expect(page).toContain(`@modelcontextprotocol/conformance\` ${suiteVersion()},`);
    const sections = page.split(/^## /m).slice(1);
    const rows = (section: string | undefined) => [...(section ?? "").matchAll(/^\| `([^`]+)` .*\| (passed|cannot cross: .+) \|$/gm)];
    const found = Object.fromEntries(sections.map((section) => [section.split("\n")[0], rows(section).map((row) => row[1])]));
    for (const { title, scenarios } of parts) expect(found[title]).toEqual(scenarios);
    expect([...page.matchAll(/^\| `/gm)]).toHaveLength(parts.reduce((total, { scenarios }) => total + scenarios.length, 0));
  });

  test("gives the reason for each scenario that cannot cross", () => {
    const lines = page.split("\n");
    for (const [scenario, reason] of Object.values(cannotCross).flatMap((entries) => Object.entries(entries))) {
      expect(lines.some((line) => line.startsWith(`| \`${scenario}\` `) && line.endsWith(`| cannot cross: ${reason} |`))).toBe(true);
    }
  });
});

describe("what stands in cannot-cross.ts", () => {
  const cross = parts.find(({ key }) => key === "cross-2026-client-2025-server") as Part;

  test("names only scenarios that are run", () => {
    for (const [key, entries] of Object.entries(cannotCross)) {
      const scenarios = parts.filter((part) => part.key === key).flatMap((part) => part.scenarios);
      expect(scenarios).toEqual(expect.arrayContaining(Object.keys(entries)));
    }
  });

  test("excuses nothing else: a failure without an entry is one", () => {
    const failed = { scenario: "none of these", ran: true, passed: 0, failures: ["it broke"], leftOut: [] };
    expect(judged(cross, failed)).toMatchObject({ asWanted: false });
    expect(judged(cross, { ...failed, passed: 1, failures: [] })).toMatchObject({ asWanted: true });
  });
});

describe("the official suite, through the gateway", () => {
  let rig: Rig;
  let results: readonly PartResult[];
  beforeAll(async () => {
    rig = await startRig({ parts });
    results = await runParts(parts, rig);
  }, ALL_MS);
  afterAll(() => rig?.stop());

  test.each(keys)("%s: nothing fails, but for what cannot cross", (key) => {
    const ran = results.filter(({ part }) => part.key === key).flatMap((part) => part.results);
    expect(ran.length).toBeGreaterThan(0);
    expect(ran.filter(({ asWanted }) => !asWanted).map(({ scenario, failures }) => ({ scenario, failures }))).toEqual([]);
  });

  test("a scenario that the suite skips is a failure", async () => {
    const result = await runAsClient("ping", "2026-07-28", rig.urlOf("session", "own"), rig.results);
    expect(result).toMatchObject({ ran: false, failures: [expect.stringContaining("SKIPPED")] });
  });

  test("a scenario that finds nothing to call is a failure", async () => {
    const nowhere = rig.urlOf("session", "own").replace("ref-session", "nowhere");
    expect((await runAsClient("tools-call-error", "2025-11-25", nowhere, rig.results)).failures).not.toEqual([]);
  });
});

import type { ScenarioResult } from "./run-scenario.ts";
import { type ScenarioSet, suiteVersion } from "./scenarios.ts";

export interface SetResult {
  readonly set: ScenarioSet;
  readonly results: readonly ScenarioResult[];
}

/** One object, a member for each set. A scenario that was skipped counts as failed. */
export function asJson(sets: readonly SetResult[]): object {
  const entries = sets.map(({ set, results }) => [
    set.key,
    {
      passed: sum(results, ({ failures }) => (failures.length === 0 ? 1 : 0)),
      failed: sum(results, ({ failures }) => (failures.length === 0 ? 0 : 1)),
      checks: sum(results, ({ passed }) => passed),
      skipped: sum(results, ({ ran }) => (ran ? 0 : 1)),
      left_out: results.flatMap(({ scenario, leftOut }) => leftOut.map((words) => `${scenario}: ${words}`)),
      failures: results.flatMap(({ scenario, failures }) => failures.map((failure) => `${scenario}: ${failure}`)),
    },
  ]);
  return { suite: suiteVersion(), ...Object.fromEntries(entries) };
}

export function asText(sets: readonly SetResult[]): string {
  return sets.map(({ set, results }) => [set.title, ...results.map((one) => `  ${lineOf(one)}`)].join("\n")).join("\n\n");
}

function lineOf({ scenario, passed, failures, leftOut }: ScenarioResult): string {
  const head = `${failures.length === 0 ? "ok    " : "FAILED"} ${scenario.padEnd(38)} ${String(passed).padStart(2)} checks`;
  const notes = [...failures, ...leftOut.map((words) => `left out by the suite: ${words}`)];
  return [head, ...notes.map((words) => `         ${words}`)].join("\n");
}

/** docs/conformance.md. Nothing in it changes from run to run unless a result does. */
export function asPage(sets: readonly SetResult[]): string {
  return `${[intro(), ...sets.map(sectionOf), leftOutSection(sets)].filter((part) => part !== "").join("\n\n")}\n`;
}

function intro(): string {
  return `# Conformance

<!-- Written by \`npm run conformance -- --write\`. -->

The official suite, \`@modelcontextprotocol/conformance\` ${suiteVersion()}, run against the gateway with our reference server
(\`examples/reference-server\`) behind it, through \`/servers/<id>/mcp\`. A shim on loopback adds the bearer, which the suite
cannot send, and changes nothing else. Everything is on: the signed bundle, the policy, the pins, the records.

Every check inside a scenario counts. A warning is a failure, and so is a scenario that the suite skips.`;
}

function sectionOf({ set, results }: SetResult): string {
  const rows = results.map(
    ({ scenario, passed, failures, leftOut }) =>
      `| \`${scenario}\` | ${passed} | ${failures.length} | ${leftOut.length} | ${failures.length === 0 ? "passed" : "failed"} |`,
  );
  const head = [
    `## ${set.title}`,
    "",
    `\`--spec-version ${set.revision}\``,
    "",
    "| scenario | checks passed | failed | left out | result |",
    "| --- | ---: | ---: | ---: | --- |",
  ];
  return [...head, ...rows].join("\n");
}

function leftOutSection(sets: readonly SetResult[]): string {
  const words = new Set(sets.flatMap(({ results }) => results.flatMap(({ leftOut }) => leftOut)));
  if (words.size === 0) return "";
  return [
    "## Left out by the suite",
    "",
    "Checks that do not apply to what the gateway declares. The suite counts them as neither passed nor failed.",
    "",
    ...[...words].map((one) => `- ${one}`),
  ].join("\n");
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

import { suiteVersion } from "./requirements.ts";
import type { Judged, PartResult } from "./run-parts.ts";
import { keys, leftOut } from "./scenarios.ts";

/**
 * One object, a member for each set. A scenario that was skipped counts as failed; `known` are those of the failed that
 * cannot pass, each with its reason.
 */
export function asJson(parts: readonly PartResult[]): object {
  const ran = keys.filter((key) => parts.some(({ part }) => part.key === key));
  const members = ran.map((key) => {
    const results = parts.filter(({ part }) => part.key === key).flatMap((one) => one.results);
    const member = {
      passed: sum(results, ({ failures }) => (failures.length === 0 ? 1 : 0)),
      failed: sum(results, ({ failures }) => (failures.length === 0 ? 0 : 1)),
      skipped: sum(results, ({ ran }) => (ran ? 0 : 1)),
      checks: sum(results, ({ passed }) => passed),
      failures: results.flatMap(({ scenario, failures }) => failures.map((failure) => `${scenario}: ${failure}`)),
      known: results.flatMap(({ scenario, cannot }) => (cannot === undefined ? [] : [`${scenario}: ${cannot}`])),
      left_out: [
        ...leftOut.filter((one) => one.key === key).map(({ scenarios, reason }) => `${scenarios}: ${reason}`),
        ...results.flatMap((one) => one.leftOut.map((words) => `${one.scenario}: ${words}`)),
      ],
    };
    return [key, member] as const;
  });
  return { suite: suiteVersion(), ...Object.fromEntries(members) };
}

/** What is not as it should be. */
export function unwanted(parts: readonly PartResult[]): readonly Judged[] {
  return parts.flatMap(({ results }) => results).filter(({ asWanted }) => !asWanted);
}

export function asText({ part, results }: PartResult): string {
  return [part.title, ...results.map((one) => `  ${linesOf(one)}`)].join("\n");
}

function linesOf({ scenario, passed, failures, leftOut, cannot, asWanted }: Judged): string {
  const word = !asWanted ? "FAILED" : cannot === undefined ? "ok    " : "cannot";
  const head = `${word} ${scenario.padEnd(46)} ${String(passed).padStart(2)} checks`;
  const why = cannot === undefined ? [] : [`cannot cross: ${cannot}`];
  const notes = [...why, ...failures, ...leftOut.map((words) => `left out by the suite: ${words}`)];
  return [head, ...notes.map((words) => `         ${words}`)].join("\n");
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

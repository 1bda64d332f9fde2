import type { Workbench } from "../workbench/index.ts";
import type { Judges } from "./judges.ts";
import type { TargetGroup } from "./wanted-targets.ts";

interface Judged {
  readonly group: TargetGroup;
  readonly judges: Judges;
}

/** Failures are told once each: one broken rule fails for everybody. */
const FAILURES_TOLD = 20;

export function failuresSince(workbench: Workbench, before: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { entrypoint, code, detail } of workbench.failures().slice(before)) {
    const told = `${entrypoint}: ${code}: ${detail}`;
    counts.set(told, (counts.get(told) ?? 0) + 1);
  }
  const told = [...counts].slice(0, FAILURES_TOLD).map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`));
  return counts.size > FAILURES_TOLD ? [...told, `and ${counts.size - FAILURES_TOLD} others`] : told;
}

/** Roles and agents that end: what is shown is so until then. */
export function noteOnEnds({ rehearsal }: Workbench, at: number): readonly string[] {
  const next = rehearsal.catalog.ends.find((end) => end > at);
  return next === undefined ? [] : [`roles or agents end, the next at ${new Date(next).toISOString()}; the table tells what holds before`];
}

export function notesOn(judged: readonly Judged[], groupsAreRead: boolean): readonly string[] {
  const serversWhere = (holds: (judges: Judges) => boolean) => [
    ...new Set(judged.filter(({ judges }) => holds(judges)).map(({ group }) => group.server)),
  ];
  const on = (servers: readonly string[], note: string) => (servers.length === 0 ? [] : [`${servers.join(", ")}: ${note}`]);
  return [
    ...(groupsAreRead ? ["rules look at the groups of users themselves; tried are those of groups.yaml alone"] : []),
    ...on(
      serversWhere(({ clock }) => clock.has("exact")),
      "rules look at the exact time; tried are half-hours of the week to come, or, of very many callers, fewer moments",
    ),
    ...on(
      serversWhere(({ clock }) => clock.has("minute") && !clock.has("exact")),
      "rules look at minutes; tried are :00 and :30",
    ),
    ...on(
      serversWhere(({ reads }) => reads === undefined),
      "it cannot be told what the rules look at, so that more may matter than is shown",
    ),
  ];
}

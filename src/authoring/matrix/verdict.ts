import type { AccessCaller, AccessCell, AccessTable } from "../access/index.ts";

/** What a cell comes to, in one word. */
export type Verdict = "allow" | "ask" | "deny" | "closed" | "unknown";

export const verdicts: readonly Verdict[] = ["allow", "ask", "deny", "closed", "unknown"];

/** A sign that needs no colour, and what it means. */
export const signs = {
  allow: { sign: "A", label: "allowed", meaning: "listed, and the sample call is allowed" },
  ask: { sign: "?", label: "asks", meaning: "listed, and the sample call waits for an approval" },
  deny: { sign: "R", label: "refused", meaning: "listed, but the sample call is refused" },
  closed: { sign: "x", label: "closed", meaning: "permitted, but a denial holds: not listed, and a call is told why" },
  unknown: { sign: ".", label: "unknown", meaning: "no permit: as if it did not exist" },
} as const satisfies Record<Verdict, { readonly sign: string; readonly label: string; readonly meaning: string }>;

/** What stands beside a sign where more than caller and target decides. */
export const marks = {
  arguments: { sign: "a", label: "arguments", meaning: "rules look at the arguments: other calls may be refused" },
  time: { sign: "t", label: "time", meaning: "only at some hours or days" },
  facts: { sign: "c", label: "caller's facts", meaning: "rules look at what else the caller brings" },
} as const;

export type Mark = keyof typeof marks;

export function verdictOf({ state, effect }: AccessCell): Verdict {
  return state === "open" ? (effect ?? "deny") : state;
}

/**
 * The marks of a cell. What cannot be used at any time has none for arguments. Facts that stand in every cell of a table
 * say nothing about one of them; they are told once.
 */
export function marksOf({ state, conditions }: AccessCell, everywhere: ReadonlySet<string>): readonly Mark[] {
  const { arguments: judged, when, facts } = conditions;
  return [
    ...(state === "open" && judged ? ["arguments" as const] : []),
    ...(when !== undefined ? ["time" as const] : []),
    ...(facts.some((fact) => !everywhere.has(fact)) ? ["facts" as const] : []),
  ];
}

/** Facts that rules look at in every cell that is not unknown, sorted. Facts of users count for all where no agent is alone. */
export function factsEverywhere(table: AccessTable): readonly string[] {
  let common: readonly string[] | undefined;
  for (const cell of differentCells(table)) {
    if (cell.state === "unknown") continue;
    common = common === undefined ? cell.conditions.facts : common.filter((fact) => cell.conditions.facts.includes(fact));
  }
  return common ?? [];
}

/** Each cell that differs, once. Callers whose rows are alike are looked at once. */
export function differentCells(table: AccessTable): ReadonlySet<AccessCell> {
  const cells = new Set<AccessCell>();
  for (const [caller] of table.alike) {
    if (caller === undefined) continue;
    for (const target of table.targets) cells.add(table.cell(caller, target));
  }
  return cells;
}

const GROUPS_NAMED = 4;

/** For whom an agent acts: `for support`, `for a user in no group`, `alone`. */
export function actingFor({ kind, groups }: AccessCaller): string {
  if (groups === undefined) return kind === "workload" ? "as a workload" : "alone";
  if (groups.length === 0) return "for a user in no group";
  const more = groups.length - GROUPS_NAMED;
  return `for ${groups.slice(0, GROUPS_NAMED).join(" + ")}${more > 0 ? ` and ${more} more groups` : ""}`;
}

import type { Paint } from "../../paint.ts";
import type { Candidate, PermitCandidate, RoleCandidate, Side } from "../explanation.ts";
import { permitName } from "../sides.ts";
import { WIDTH, wrapped } from "./lines.ts";
import { ruleLines } from "./rule-lines.ts";

/** Candidates of one side that are told one by one; the others are counted. */
const MOST_TOLD = 5;

const ROLE_INDENT = 7;
/** Names of roles go on below themselves, so that their reason keeps its place beside them. */
const MOST_NAMES_WIDTH = 56;

export interface SideOptions {
  readonly all: boolean;
  /** Whether OPA looked at the permit rules. */
  readonly rulesSeen: boolean;
}

/** Each side on a line of its own; of one that lacks a permit what it could have had. */
export function sideLines(sides: readonly Side[], paint: Paint, { all, rulesSeen }: SideOptions): readonly string[] {
  const widest = Math.max(0, ...sides.map(({ side, who }) => side.length + 1 + who.length));
  return sides.flatMap((side) => {
    const yes = side.has ? paint.green("yes") : paint.red("no ");
    const behind = 2 + 3 + 2 + widest + 3;
    const text = side.has ? side.by.join(", ") : `${lacking(side.candidates)}${rulesSeen ? "" : "; permit rules were not looked at"}`;
    const [first = "", ...more] = wrapped(text, WIDTH - behind);
    const head = `  ${yes}  ${`${side.side} ${side.who}`.padEnd(widest)}   ${first}`;
    const rest = more.map((line) => `${" ".repeat(behind)}${line}`);
    return [head, ...rest, ...(side.has && !all ? [] : candidateLines(side, paint, all))];
  });
}

function lacking(candidates: readonly Candidate[]): string {
  const roles = candidates.filter(({ kind }) => kind === "role").length;
  const permits = candidates.length - roles;
  const words = [roles === 0 ? "" : count(roles, "role"), permits === 0 ? "" : count(permits, "permit rule")].filter((one) => one !== "");
  return words.length === 0 ? "nothing in the bundle permits it to this side" : `has none: ${words.join(" and ")} would do`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

function candidateLines({ candidates }: Side, paint: Paint, all: boolean): readonly string[] {
  const roles = candidates.filter((one): one is RoleCandidate => one.kind === "role");
  const permits = candidates.filter((one): one is PermitCandidate => one.kind === "permit" && (all || !one.held));
  return [...roleLines(roles, paint, all), ...permits.slice(0, all ? undefined : MOST_TOLD).flatMap((one) => permitLines(one, paint, all))];
}

/** Roles that are lacked for the same reason are one line. */
function roleLines(roles: readonly RoleCandidate[], paint: Paint, all: boolean): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { role, why } of roles) byReason.set(why, [...(byReason.get(why) ?? []), role]);
  const reasons = [...byReason];
  const shown = all ? reasons : reasons.slice(0, MOST_TOLD);
  const rows = shown.map(([why, own]) => [why, namesOf(own, all)] as const);
  const widest = Math.min(MOST_NAMES_WIDTH, Math.max(0, ...rows.map(([, text]) => text.length)));
  const lines = rows.flatMap(([why, text]) => {
    const [names, reason] = [wrapped(text, widest), wrapped(why, WIDTH - ROLE_INDENT - widest - 3)];
    return Array.from({ length: Math.max(names.length, reason.length) }, (_, at) =>
      `${" ".repeat(ROLE_INDENT)}${(names[at] ?? "").padEnd(widest)}   ${paint.dim(reason[at] ?? "")}`.trimEnd(),
    );
  });
  const left = reasons.slice(shown.length).reduce((sum, [, own]) => sum + own.length, 0);
  return left === 0 ? lines : [...lines, paint.dim(`       and ${left} more roles (--all)`)];
}

function namesOf(roles: readonly string[], all: boolean): string {
  const [first = "", ...more] = roles;
  if (more.length === 0) return `role ${first}`;
  if (all || more.length < 3) return `roles ${roles.join(", ")}`;
  return `roles ${roles.slice(0, 2).join(", ")} and ${roles.length - 2} more`;
}

function permitLines(permit: PermitCandidate, paint: Paint, all: boolean): readonly string[] {
  const { rule } = permit;
  const [, ...conditions] = ruleLines(rule, { paint, indent: 9, passed: all });
  return [`       ${permitName(permit)}   ${paint.dim(`${rule.file}:${rule.line}`)}`, ...conditions];
}

import type { BundleData } from "../../parts/catalog/index.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import { isMembers } from "../records/index.ts";
import type { Asked, PermitCandidate, RoleCandidate, RuleTold, Side } from "./explanation.ts";
import { membersOf, textOf } from "./story.ts";

// Who needs a permit, and who has one. Each side apart: what one has does not help the other.

export const targetKinds = ["tool", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Of which kind the target is: the one member of the input that says so. */
export function targetKind(input: LogRecord): TargetKind | undefined {
  const present = targetKinds.filter((kind) => Object.hasOwn(input, kind));
  return present.length === 1 ? present[0] : undefined;
}

interface Grant {
  readonly table: "grants" | "prompts" | "resources" | "asks" | "methods";
  readonly server: string;
  readonly name: string;
}

/** Which table of a role grants the target, and under which name, as the product library looks it up. */
function grantOf(input: LogRecord): Grant | undefined {
  const kind = targetKind(input);
  const server = textOf(membersOf(input.server).id);
  const about = kind === undefined ? {} : membersOf(input[kind]);
  if (kind === undefined || server === undefined) return undefined;
  const at = (table: Grant["table"], name: unknown): Grant | undefined => (typeof name === "string" ? { table, server, name } : undefined);
  switch (kind) {
    case "tool":
      return at("grants", about.name);
    case "prompt":
      return at("prompts", about.name);
    case "resource":
      return at("resources", about.entry);
    case "completion":
      return at(about.of === "prompts" ? "prompts" : "resources", about.name);
    case "extension":
      return at("methods", about.method);
    default:
      return at("asks", kind);
  }
}

function grants(role: BundleData["roles"][string], { table, server, name }: Grant): boolean {
  const tables: Readonly<Record<string, unknown>> = role;
  const names = membersOf(membersOf(tables[table])[server]);
  return Object.hasOwn(names, name) && names[name] === true;
}

export interface SidesAsked {
  readonly input: LogRecord;
  readonly asked: Asked;
  readonly data: BundleData;
  /** What became of the permit rules; empty where nobody could look. */
  readonly permits: readonly RuleTold[];
  /** Permits that the decision names: without OPA the only word about rules. */
  readonly told: readonly { readonly rule: string; readonly id: string }[];
  /** Instant of the decision. */
  readonly now: number;
}

export function sidesOf(asked: SidesAsked): readonly Side[] {
  const grant = grantOf(asked.input);
  if (grant === undefined) return [];
  const granting = Object.entries(asked.data.roles).flatMap(([role, tables]) => (grants(tables, grant) ? [role] : []));
  const isMediated = asked.asked.principal === "user_via_agent";
  return (isMediated ? (["user", "agent"] as const) : (["agent"] as const)).map((side) => sideOf(asked, side, granting));
}

function sideOf(asked: SidesAsked, side: Side["side"], granting: readonly string[]): Side {
  const roles = granting.map((role) => (side === "user" ? usersRole(asked, role) : agentsRole(asked, role)));
  const permits = asked.permits.flatMap((rule) => permitOf(rule, side));
  const candidates = [...roles.toSorted(byCloseness), ...permits.toSorted(byReach)];
  const by = candidates.flatMap((one) => (one.held ? [one.kind === "role" ? `role ${one.role}` : permitName(one)] : []));
  const unseen = asked.permits.length === 0 && side === "user" ? asked.told.filter(({ rule }) => rule !== "role") : [];
  const said = unseen.map(({ rule, id }) => `permit ${id} of policy.${rule}`);
  return {
    side,
    who: (side === "user" ? asked.asked.user : asked.asked.agent) ?? side,
    has: by.length + said.length > 0,
    by: [...by, ...said],
    candidates: [...candidates.filter(({ held }) => held), ...candidates.filter(({ held }) => !held)],
  };
}

export function permitName({ id, package: name }: Pick<PermitCandidate, "id" | "package">): string {
  return `permit ${id} of policy.${name}`;
}

/** One that ended, and one that somebody can be given, came closer than one that no group has. */
function byCloseness(a: RoleCandidate, b: RoleCandidate): number {
  const rank = ({ held, ended, groups }: RoleCandidate) => (held ? 0 : ended !== undefined ? 1 : groups?.length === 0 ? 3 : 2);
  return rank(a) - rank(b) || (a.role < b.role ? -1 : 1);
}

/** The more of a rule held, the closer it came. */
function byReach({ rule: a }: PermitCandidate, { rule: b }: PermitCandidate): number {
  return b.conditions.length - a.conditions.length || a.line - b.line;
}

function permitOf(rule: RuleTold, side: Side["side"]): readonly PermitCandidate[] {
  const counts = isMembers(rule.element) && typeof rule.element.for === "string" ? rule.element.for : "user";
  if (counts !== side && counts !== "both") return [];
  return [{ kind: "permit", package: rule.package, id: rule.name, held: rule.state === "held", rule }];
}

function usersRole({ input, data, now }: SidesAsked, role: string): RoleCandidate {
  const { roles, groups } = membersOf(input.user);
  const own = listOf(groups);
  const giving = Object.entries(data.catalog.groups).flatMap(([group, { roles: held }]) =>
    held.flatMap((one) => (idOf(one) === role ? [{ group, until: untilOf(one) }] : [])),
  );
  const names = giving.map(({ group }) => group);
  const through = giving.filter(({ group }) => own.includes(group));
  if (listOf(roles).includes(role)) {
    const lasting = through.filter(({ until }) => until === undefined || until > now).map(({ group }) => group);
    return { kind: "role", role, held: true, why: `through the group ${lasting.join(", ")}`, groups: names };
  }
  const ended = latest(through.flatMap(({ until }) => (until === undefined ? [] : [until])));
  if (ended !== undefined) return { kind: "role", role, held: false, why: `ended ${iso(ended)}`, groups: names, ended: iso(ended) };
  const why = names.length === 0 ? "no group has it" : `not in ${few(names)}, which ${names.length === 1 ? "has" : "have"} it`;
  return { kind: "role", role, held: false, why, groups: names };
}

function agentsRole({ input, data, asked, now }: SidesAsked, role: string): RoleCandidate {
  const held = listOf(membersOf(input.agent).roles).includes(role);
  if (held) return { kind: "role", role, held, why: "the agent has it" };
  const agent = asked.agent !== undefined && Object.hasOwn(data.catalog.agents, asked.agent) ? data.catalog.agents[asked.agent] : undefined;
  const alone = asked.principal !== "user_via_agent";
  const [own, other] = alone ? [agent?.roles_alone, agent?.roles] : [agent?.roles, agent?.roles_alone];
  const ended = latest((own ?? []).flatMap((one) => (idOf(one) === role ? [untilOf(one) ?? Number.POSITIVE_INFINITY] : [])));
  if (ended !== undefined && ended <= now) return { kind: "role", role, held, why: `ended ${iso(ended)}`, ended: iso(ended) };
  if ((other ?? []).some((one) => idOf(one) === role))
    return { kind: "role", role, held, why: alone ? "only when it acts for a user" : "only when it acts alone" };
  return { kind: "role", role, held, why: "the agent does not have it" };
}

type Held = BundleData["catalog"]["groups"][string]["roles"][number];

const idOf = (held: Held): string => (typeof held === "string" ? held : held.role);
const untilOf = (held: Held): number | undefined => (typeof held === "string" ? undefined : Date.parse(held.until));
const iso = (time: number): string => new Date(time).toISOString();

function latest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

const MOST_NAMED = 3;

export function few(names: readonly string[]): string {
  if (names.length <= MOST_NAMED) return names.join(", ");
  return `${names.slice(0, MOST_NAMED).join(", ")} or ${names.length - MOST_NAMED} more`;
}

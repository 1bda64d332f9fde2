import type { AccessCaller } from "../access/index.ts";

/** The caller as one word: what tells it from every other. */
export function callerKey({ agent, kind, groups }: AccessCaller): string {
  return JSON.stringify([agent, kind, groups ?? null]);
}

/** One caller: `support-bot for a user of finance and support`. */
export function tellCaller({ agent, kind, groups }: AccessCaller): string {
  if (groups === undefined) return `${agent} ${alone(kind)}`;
  return groups.length === 0 ? `${agent} for a user without groups` : `${agent} for a user of ${listed(groups, groups.length)}`;
}

/** Many callers in few lines, agents with the same users together. `all` are those that were asked about. */
export function tellCallers(some: readonly AccessCaller[], all: readonly AccessCaller[], most = 3): readonly string[] {
  const tried = byAgent(all);
  const agentsByUsers = new Map<string, string[]>();
  for (const [key, { agent, kind, combinations }] of byAgent(some)) {
    const users = combinations.length === 0 ? alone(kind) : usersOf(combinations, tried.get(key)?.combinations ?? combinations);
    const agents = agentsByUsers.get(users);
    if (agents === undefined) agentsByUsers.set(users, [agent]);
    else agents.push(agent);
  }
  const everyAgent = new Set(all.map(({ agent }) => agent)).size;
  return [...agentsByUsers].map(([users, agents]) => {
    if (agents.length === everyAgent && agents.length > 1) return `every agent (${agents.length}), ${users}`;
    return agents.length > 1 ? `${andMore(agents, most, "agents")}, ${users}` : `${agents[0]} ${users}`;
  });
}

interface OfAgent {
  readonly agent: string;
  readonly kind: AccessCaller["kind"];
  /** Combinations of groups of its users; none for an agent alone. */
  readonly combinations: (readonly string[])[];
}

function byAgent(callers: readonly AccessCaller[]): ReadonlyMap<string, OfAgent> {
  const agents = new Map<string, OfAgent>();
  for (const { agent, kind, groups } of callers) {
    const key = `${kind} ${agent}`;
    const known = agents.get(key) ?? { agent, kind, combinations: [] };
    if (groups !== undefined) known.combinations.push(groups);
    agents.set(key, known);
  }
  return agents;
}

function alone(kind: AccessCaller["kind"]): string {
  return kind === "workload" ? "as a workload" : "alone";
}

type Combination = readonly string[];
const holds = (combination: Combination, groups: Combination): boolean => groups.every((group) => combination.includes(group));
const meets = (combination: Combination, groups: Combination): boolean => groups.some((group) => combination.includes(group));

/**
 * Users by their groups: whoever has certain groups and none of others, where that says exactly which of the tried
 * combinations are meant; else the combinations themselves.
 */
function usersOf(some: readonly Combination[], tried: readonly Combination[]): string {
  if (some.length >= tried.length) return "for any user";
  const smallest = some.filter((one) => !some.some((other) => other.length < one.length && holds(one, other)));
  const absent = [...new Set(tried.flat())].filter((group) => !some.some((one) => one.includes(group)));
  const missing = tried.filter((one) => smallest.some((least) => holds(one, least)) && !some.some((other) => sameGroups(one, other)));
  const shut = absent.filter((group) => missing.some((one) => one.includes(group))).sort();
  if (!missing.every((one) => meets(one, shut))) return `for users of exactly ${listed(some.map(combinationText), 3, "; ")}`;
  // Where few combinations of many groups were tried, a list of all others says less than "and no other".
  const lone = shut.length > 4 && some.length === smallest.length && smallest.every((least) => least.length > 0);
  if (lone) return `for users of ${listed(smallest.map(combinationText), 4, " or ")} and no other group`;
  const outside = shut.length === 0 ? "" : ` outside ${listed(shut, 4)}`;
  if (smallest.some((least) => least.length === 0)) return outside === "" ? "for any user" : `for users${outside}`;
  return `for users of ${listed(smallest.map(combinationText), 4, " or ")}${outside}`;
}

function sameGroups(a: Combination, b: Combination): boolean {
  return a.length === b.length && holds(a, b);
}

function combinationText(groups: Combination): string {
  return groups.length === 0 ? "no group" : groups.join(" with ");
}

/** `a, b and 3 more agents`. */
export function andMore(words: readonly string[], most: number, what: string): string {
  if (words.length <= most) return listed(words, most);
  const shown = words.slice(0, Math.max(1, most - 1));
  return `${shown.join(", ")} and ${words.length - shown.length} more ${what}`;
}

/** `a, b, … (5 in all)`. */
export function listed(words: readonly string[], most: number, between = ", "): string {
  if (words.length <= most) return words.join(between);
  return `${words.slice(0, most).join(between)}${between}… (${words.length} in all)`;
}

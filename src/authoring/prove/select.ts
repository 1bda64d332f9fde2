import { glob } from "../../parts/catalog/index.ts";
import type { AccessCaller, AccessTarget } from "../access/index.ts";
import { type ProofFacts, rolesOf } from "./facts.ts";
import type { AgentSelector, TargetSelector, UserSelector } from "./language.ts";

export type Words = string | readonly string[];

export function list(words: Words): readonly string[] {
  return typeof words === "string" ? [words] : words;
}

/** Whether a caller is meant by both selectors. Whoever has no user is meant only where nothing is said of users. */
export function callerSelector(
  agents: AgentSelector | undefined,
  users: UserSelector | undefined,
  facts: ProofFacts,
): (caller: AccessCaller) => boolean {
  const own = agents === undefined ? () => true : agentTest(agents, facts);
  const other = agents?.not === undefined ? () => false : agentTest(agents.not, facts);
  const ofUser = users === undefined ? () => true : userTest(users);
  return (caller) => own(caller) && !other(caller) && ofUser(caller);
}

type Plain<Selector extends { readonly not?: unknown }> = Omit<Selector, "not">;

function agentTest(selector: Plain<AgentSelector>, facts: ProofFacts): (caller: AccessCaller) => boolean {
  const { id, team, owner, environment, surface, role, mode } = selector;
  const ids = id === undefined ? undefined : anyGlob(id);
  return (caller) => {
    const agent = facts.agents.get(caller.agent);
    if (agent === undefined) return false;
    return (
      (ids === undefined || ids(caller.agent)) &&
      isOne(team, agent.team) &&
      isOne(owner, agent.owner) &&
      isOne(environment, agent.environment) &&
      isOne(surface, agent.surface) &&
      isOne(mode, caller.kind) &&
      (role === undefined || list(role).some((one) => rolesOf(caller, agent).includes(one)))
    );
  };
}

function userTest(users: UserSelector): (caller: AccessCaller) => boolean {
  if (users === "any") return ({ groups }) => groups !== undefined;
  const { has, has_all: all = [], has_none_of: none } = users;
  return ({ groups }) =>
    groups !== undefined &&
    (has === undefined || list(has).some((group) => groups.includes(group))) &&
    all.every((group) => groups.includes(group)) &&
    (none === undefined || !list(none).some((group) => groups.includes(group)));
}

export function targetSelector(selector: TargetSelector | undefined, facts: ProofFacts): (target: AccessTarget) => boolean {
  if (selector === undefined) return () => true;
  const own = targetTest(selector, facts);
  const other = selector.not === undefined ? () => false : targetTest(selector.not, facts);
  return (target) => own(target) && !other(target);
}

const risks = ["low", "medium", "high", "critical"];

function targetTest(selector: Plain<TargetSelector>, facts: ProofFacts): (target: AccessTarget) => boolean {
  const { id, kind, server, effects, risk_at_least: risk, data_classes: classes, environment, trust, idempotent } = selector;
  const ids = id === undefined ? undefined : anyGlob(id);
  const leastRisk = risk === undefined ? undefined : risks.indexOf(risk);
  return (target) => {
    const own = facts.target(target);
    const at = facts.servers.get(target.server);
    return (
      (ids === undefined || ids(target.id)) &&
      isOne(kind, target.kind) &&
      isOne(server, target.server) &&
      isOne(environment, at?.environment) &&
      isOne(trust, at?.trust) &&
      (effects === undefined || holdsSet(effects, target.effects)) &&
      (classes === undefined || holdsSet(classes, own.dataClasses)) &&
      (leastRisk === undefined || (target.risk !== undefined && risks.indexOf(target.risk) >= leastRisk)) &&
      (idempotent === undefined || own.idempotent === idempotent)
    );
  };
}

type SetSelector = Words | { readonly any?: Words | undefined; readonly all?: Words | undefined; readonly only?: Words | undefined };

/** `only` is not met by an empty set: of a tool without effects nobody knows that it only reads. */
function holdsSet(selector: SetSelector, words: readonly string[]): boolean {
  const { any, all, only } = typeof selector === "object" && "length" in selector ? { any: selector } : asSet(selector);
  return (
    (any === undefined || list(any).some((word) => words.includes(word))) &&
    (all === undefined || list(all).every((word) => words.includes(word))) &&
    (only === undefined || (words.length > 0 && words.every((word) => list(only).includes(word))))
  );
}

function asSet(selector: Exclude<SetSelector, readonly string[]>): Exclude<SetSelector, Words> {
  return typeof selector === "string" ? { any: selector } : selector;
}

function isOne(wanted: Words | undefined, word: string | undefined): boolean {
  return wanted === undefined || (word !== undefined && list(wanted).includes(word));
}

function anyGlob(patterns: Words): (text: string) => boolean {
  const globs = list(patterns).map(glob);
  return (text) => globs.some((matches) => matches(text));
}

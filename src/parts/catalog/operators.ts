import { foundText } from "../../core/mistakes.ts";
import type { OperatorRole } from "../../core/operations.ts";
import type { VerifiedToken } from "../../core/principal.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Match } from "./match-schema.ts";
import { fitterOf, meet, nameOf } from "./matches.ts";
import type { OperatorsData } from "./operator-schema.ts";

/** An entry of the operator table. */
export interface CatalogOperator {
  readonly id: string;
  readonly roles: ReadonlySet<OperatorRole>;
}

export type OperatorRefusal =
  /** `ended`: entries that would have fitted until they ended. */
  | { readonly code: "operator.unknown"; readonly ended: readonly string[] }
  | { readonly code: "operator.ambiguous"; readonly operators: readonly string[] };

interface Entry {
  readonly operator: CatalogOperator;
  readonly fits: (token: VerifiedToken) => boolean;
  readonly until: number;
}

/** Finds the operator of a token. There are few of them, and they come seldom: no index is worth its lines. */
export class OperatorTable {
  readonly #entries: readonly Entry[];

  constructor(operators: OperatorsData) {
    this.#entries = Object.entries(operators).map(([id, data]) => ({
      operator: { id, roles: new Set(data.roles) },
      fits: fitOf(data),
      until: data.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(data.until),
    }));
  }

  /** Roles of two entries are never joined: which of them an act was for could not be said. */
  operatorFor(token: VerifiedToken, now: number): Result<CatalogOperator, OperatorRefusal> {
    const fitting = this.#entries.filter(({ fits }) => fits(token));
    const [first, ...more] = fitting.filter(({ until }) => now < until);
    if (first === undefined) return err({ code: "operator.unknown", ended: fitting.map(({ operator }) => operator.id) });
    if (more.length > 0) return err({ code: "operator.ambiguous", operators: [first, ...more].map(({ operator }) => operator.id).sort() });
    return ok(first.operator);
  }
}

function fitOf({ match, modes, users, groups }: OperatorsData[string]): (token: VerifiedToken) => boolean {
  const matches = match.map(fitterOf);
  const named = new Set(users);
  const inGroups = new Set(groups);
  return (token) => {
    if (!modes.includes(token.kind) || isBorrowed(token)) return false;
    if (!matches.some((fits) => fits(token.issuer, token.agent))) return false;
    const { user } = token;
    return user === undefined ? token.kind !== "user_via_agent" : named.has(user.id) || user.groups.some((group) => inGroups.has(group));
  };
}

/**
 * A token that somebody else than the named client got, or handed on: an agent that may act for ann would otherwise only
 * need a token whose actor is the operators' client.
 */
function isBorrowed({ kind, issuer: own, agent, clientId, delegation }: VerifiedToken): boolean {
  if (delegation.some(({ subject, issuer = own }) => subject !== agent || issuer !== own)) return true;
  return kind !== "workload" && clientId !== undefined && clientId !== agent;
}

/** A mistake in the table of operators; `steps` below `operators`. */
export interface OperatorMistake {
  readonly steps: readonly PropertyKey[];
  readonly found: string;
  readonly wanted: string;
}

type Agents = Readonly<Record<string, { readonly match: readonly Match[] }>>;

/**
 * Operators whose client could be a registered agent's - whoever talks that agent into something would operate the gateway
 * in its user's name - and users of two entries, who would be refused as ambiguous.
 */
export function operatorMistakes(operators: OperatorsData, agents: Agents): OperatorMistake[] {
  const known = matchesOf(agents, operators);
  const mistakes: OperatorMistake[] = [];
  for (const [id, { match }] of Object.entries(operators)) {
    for (const [at, own] of match.entries()) {
      const agent = known(own);
      if (agent === undefined) continue;
      const found = `${foundText(nameOf(own))}, which can be agent ${agent}`;
      mistakes.push({ steps: [id, "match", at], found, wanted: "a client of its own for operators: an agent must not act as one" });
    }
  }
  return [...mistakes, ...sharedUsers(operators)];
}

/** Looks exact names up: a company has a hundred thousand agents, and patterns are few. */
function matchesOf(agents: Agents, operators: OperatorsData): (own: Match) => string | undefined {
  const issuers = new Set(Object.values(operators).flatMap(({ match }) => match.map(({ issuer }) => issuer)));
  const exact = new Map<string, string>();
  const all: (readonly [Match, string])[] = [];
  const patterns: (readonly [Match, string])[] = [];
  for (const [id, { match }] of issuers.size === 0 ? [] : Object.entries(agents)) {
    for (const one of match) {
      if (!issuers.has(one.issuer)) continue;
      all.push([one, id]);
      if (one.subject_pattern === undefined) exact.set(keyOf(one), id);
      else patterns.push([one, id]);
    }
  }
  return (own) => {
    const found = own.subject_pattern === undefined ? exact.get(keyOf(own)) : undefined;
    return found ?? (own.subject_pattern === undefined ? patterns : all).find(([other]) => meet(own, other))?.[1];
  };
}

function keyOf(match: Match): string {
  return JSON.stringify([match.issuer, nameOf(match)]);
}

function sharedUsers(operators: OperatorsData): OperatorMistake[] {
  const entries = Object.entries(operators);
  return entries.flatMap(([id, entry], index) =>
    (entry.users ?? []).flatMap((user, at) => {
      const other = entries
        .slice(0, index)
        .find(([, { users, match }]) => users?.includes(user) && match.some((one) => entry.match.some((own) => meet(own, one))));
      if (other === undefined) return [];
      return [{ steps: [id, "users", at], found: `${foundText(user)}, who is also of ${other[0]}`, wanted: "a user of one entry" }];
    }),
  );
}

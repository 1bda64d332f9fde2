import { sha256Hex } from "../core/digest.ts";
import type { VerifiedToken } from "../core/principal.ts";
import type { Catalog, CatalogAgent } from "../parts/catalog/index.ts";

/** What one generation knows about the bearer of a token, as text where every call needs it as text. */
export interface CallerFacts {
  readonly token: VerifiedToken;
  readonly agent: CatalogAgent;
  /** `"tenant":…,"environment":…,"principal":…,"agent":…,"user":…,"delegation":…` of the input. */
  readonly inputText: string;
  /** `"tenant":…,"principal":{…}` of a record. */
  readonly recordText: string;
  /** Values of the budget dimensions that do not depend on the target, escaped for a key. */
  readonly dimensions: { readonly tenant: string; readonly team: string; readonly agent: string; readonly user: string };
  /** Stands for `inputText` in the keys of remembered decisions: equal texts have equal digests. */
  readonly digest: string;
  /** Most entries of any array about the caller. */
  readonly widest: number;
  /** Unix milliseconds from which on this is no longer so, because the agent or a role ends; `Infinity` where neither does. */
  readonly until: number;
}

/** What holds at `now`, the frozen time of a decision: a role that ended is not among the roles. */
export function callerFacts(token: VerifiedToken, agent: CatalogAgent, catalog: Catalog, environment: string, now: number): CallerFacts {
  const own = catalog.rolesOfAgent(agent, token.user === undefined, now);
  const theirs = token.user && catalog.rolesOfGroups(token.user.groups, now);
  const user = token.user && {
    id: token.user.id,
    issuer: token.user.issuer,
    ...(token.user.email === undefined ? {} : { email: token.user.email }),
    groups: token.user.groups,
    roles: theirs?.roles ?? [],
    ...(token.user.auth === undefined ? {} : { auth: token.user.auth }),
  };
  const agentFacts = {
    id: agent.id,
    name: agent.name,
    owner: agent.owner,
    ...(agent.team === undefined ? {} : { team: agent.team }),
    environment: agent.environment,
    ...(agent.surface === undefined ? {} : { surface: agent.surface }),
    roles: own.roles,
    status: agent.status,
    instance: token.agent,
  };
  const input = {
    tenant: token.tenant,
    environment,
    principal: { kind: token.kind },
    agent: agentFacts,
    ...(user === undefined ? {} : { user }),
    delegation: token.delegation,
  };
  const principal = {
    kind: token.kind,
    issuer: token.issuer,
    subject: token.subject,
    agent: agent.id,
    instance: token.agent,
    ...(token.user === undefined ? {} : { user: token.user.id }),
  };
  const inputText = membersOf(input);
  return {
    token,
    agent,
    inputText,
    digest: sha256Hex(inputText),
    recordText: membersOf({ tenant: token.tenant, principal }),
    dimensions: {
      tenant: escapeKey(token.tenant),
      team: escapeKey(agent.team ?? ""),
      agent: escapeKey(agent.id),
      // A lone agent draws on a counter of its own, never on one that a user of the same name could share.
      user: token.user ? escapeKey(`${token.user.issuer} ${token.user.id}`) : `agent=${escapeKey(agent.id)}`,
    },
    widest: Math.max(user?.groups.length ?? 0, user?.roles.length ?? 0, token.delegation.length),
    until: Math.min(agent.expiresAt ?? Number.POSITIVE_INFINITY, own.until, theirs?.until ?? Number.POSITIVE_INFINITY),
  };
}

/** The members of an object as JSON text, without its braces. */
export function membersOf(object: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(object).slice(1, -1);
}

export function escapeKey(value: string): string {
  return encodeURIComponent(value);
}

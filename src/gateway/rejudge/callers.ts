import type { VerifiedToken } from "../../core/principal.ts";
import type { Result } from "../../core/result.ts";
import type { AgentRefusal, Catalog } from "../../parts/catalog/index.ts";
import { type CallerFacts, callerFacts } from "../caller-facts.ts";
import { type AskedInput, isMembers, isTexts, type Members } from "./asked-input.ts";
import type { Judged } from "./rejudge.ts";

export type FoundCaller = Result<CallerFacts, AgentRefusal>;

/** Callers as this catalog knows them. The same people call again and again, so what was found is kept for as long as it holds. */
export interface Callers {
  find(judged: Judged, input: AskedInput, now: number): FoundCaller | undefined;
}

interface Known {
  readonly found: FoundCaller;
  /** Unix milliseconds; records of several replicas do not come in order of time. */
  readonly from: number;
  readonly until: number;
}

const MOST_KNOWN = 8192;

export function callersOf(catalog: Catalog, environment: string): Callers {
  const known = new Map<string, Known>();
  return {
    /** Nothing where the input does not say who asked. */
    find({ principal }, input, now) {
      const key = JSON.stringify([principal, input.tenant, input.user, input.delegation, input.client]);
      const before = known.get(key);
      if (before && now >= before.from && now < before.until) return before.found;
      const token = tokenOf(principal, input);
      if (token === undefined) return undefined;
      const agent = catalog.agentFor(token, now);
      const found: FoundCaller = agent.ok ? { ok: true, value: callerFacts(token, agent.value, catalog, environment, now) } : agent;
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(key, { found, from: now, until: found.ok ? found.value.until : Number.POSITIVE_INFINITY });
      return found;
    },
  };
}

/** The token as it must have been read. A new one each time: catalogs remember what belongs to its list of groups. */
function tokenOf(principal: Judged["principal"], input: AskedInput): VerifiedToken | undefined {
  const { tenant, delegation, client } = input;
  const user = userOf(input.user);
  if (typeof tenant !== "string" || (principal.kind === "user_via_agent") !== (user !== undefined)) return undefined;
  const clientId = isMembers(client) && typeof client.id === "string" ? client.id : undefined;
  return {
    tenant,
    issuer: principal.issuer,
    subject: principal.subject,
    kind: principal.kind,
    ...(user === undefined ? {} : { user }),
    agent: principal.instance,
    ...(clientId === undefined ? {} : { clientId }),
    // A list, or the digest that a mask put in its place: it goes into the input as it is.
    delegation: delegation as VerifiedToken["delegation"],
    scopes: [],
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

function userOf(user: unknown): VerifiedToken["user"] | undefined {
  if (!isMembers(user) || !isTexts(user.groups)) return undefined;
  const { id, issuer, email, groups, auth } = user;
  if (typeof id !== "string" || typeof issuer !== "string") return undefined;
  return {
    id,
    issuer,
    ...(typeof email === "string" ? { email } : {}),
    groups: [...groups],
    ...(auth === undefined ? {} : { auth: auth as Members }),
  };
}

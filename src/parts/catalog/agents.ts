import type { VerifiedToken } from "../../core/principal.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { AgentRefusal, CatalogAgent } from "./catalog.ts";
import { type Glob, glob } from "./glob.ts";
import { heldRoles, type RolesNow, rolesAt } from "./held-roles.ts";
import type { CatalogData } from "./schema.ts";

type AgentData = CatalogData["agents"][string];
type Answer = Result<CatalogAgent, AgentRefusal>;

/** One agent, with the answers about it made once. */
interface Entry {
  readonly agent: CatalogAgent;
  readonly found: Answer;
}

interface IssuerAgents {
  /** By the exact name a token gives. A list only where agents are ambiguous, so that 100 000 agents cost one look-up. */
  readonly exact: Map<string, Entry | Entry[]>;
  readonly patterns: { readonly fits: Glob; readonly entry: Entry }[];
}

/** Finds the registered agent of a token by its issuer and by what the token calls the acting agent. */
export class AgentIndex {
  readonly byId: ReadonlyMap<string, CatalogAgent>;
  readonly #issuers = new Map<string, IssuerAgents>();

  constructor(agents: Readonly<Record<string, AgentData>>) {
    const byId = new Map<string, CatalogAgent>();
    for (const [id, data] of Object.entries(agents)) {
      const agent = agentOf(id, data);
      byId.set(id, agent);
      const entry: Entry = { agent, found: ok(agent) };
      for (const match of data.match) this.#add(match, entry);
    }
    this.byId = byId;
  }

  #add(match: AgentData["match"][number], entry: Entry): void {
    let issuer = this.#issuers.get(match.issuer);
    if (issuer === undefined) {
      issuer = { exact: new Map(), patterns: [] };
      this.#issuers.set(match.issuer, issuer);
    }
    if (match.subject_pattern !== undefined) {
      issuer.patterns.push({ fits: glob(match.subject_pattern), entry });
      return;
    }
    const name = match.client_id ?? match.subject ?? "";
    const known = issuer.exact.get(name);
    if (known === undefined) issuer.exact.set(name, entry);
    else if (Array.isArray(known)) known.push(entry);
    else if (known !== entry) issuer.exact.set(name, [known, entry]);
  }

  agentFor(token: VerifiedToken, now: number): Answer {
    const issuer = this.#issuers.get(token.issuer);
    const exact = issuer?.exact.get(token.agent);
    if (issuer === undefined || (exact === undefined && issuer.patterns.length === 0)) return unregistered;
    if (issuer.patterns.length === 0 && exact !== undefined && !Array.isArray(exact)) return allowed(exact, token, now);
    const matching = new Set<Entry>(exact === undefined ? [] : [exact].flat());
    for (const { fits, entry } of issuer.patterns) if (fits(token.agent)) matching.add(entry);
    const [first] = matching;
    if (first === undefined) return unregistered;
    if (matching.size > 1) return err({ code: "agent.ambiguous", agents: [...matching].map((entry) => entry.agent.id).sort() });
    return allowed(first, token, now);
  }
}

/** What an agent may use at this instant, acting for a user or alone. */
export function rolesOfAgent(agent: CatalogAgent, alone: boolean, now: number): RolesNow {
  return rolesAt(alone ? agent.rolesAlone : agent.roles, now);
}

const unregistered: Answer = err({ code: "agent.unregistered" });

function allowed(entry: Entry, token: VerifiedToken, now: number): Answer {
  const { agent } = entry;
  if (agent.status !== "active") return err({ code: "agent.inactive", agent: agent.id });
  if (agent.expiresAt !== undefined && now >= agent.expiresAt) return err({ code: "agent.expired", agent: agent.id });
  if (!agent.modes.includes(token.kind)) return err({ code: "agent.mode_not_allowed", agent: agent.id, mode: token.kind });
  return entry.found;
}

function agentOf(id: string, data: AgentData): CatalogAgent {
  return Object.freeze({
    id,
    name: data.name,
    owner: data.owner,
    ...(data.team === undefined ? {} : { team: data.team }),
    environment: data.environment,
    ...(data.surface === undefined ? {} : { surface: data.surface }),
    status: data.status,
    modes: data.modes,
    roles: heldRoles(data.roles),
    rolesAlone: heldRoles(data.roles_alone),
    ...(data.expires === undefined ? {} : { expiresAt: Date.parse(data.expires) }),
  });
}

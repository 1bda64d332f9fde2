import type { BundleData } from "../../parts/catalog/index.ts";
import type { AccessCaller, AccessTarget } from "../access/index.ts";

/** What selectors look at, beside what a table tells of its callers and targets. */
export interface ProofFacts {
  readonly agents: ReadonlyMap<string, AgentFacts>;
  readonly servers: ReadonlyMap<string, ServerFacts>;
  /** By kind and id, as a table names targets. */
  target(target: AccessTarget): TargetFacts;
  readonly groups: ReadonlySet<string>;
  readonly budgets: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly dataClasses: ReadonlySet<string>;
}

export interface AgentFacts {
  readonly team?: string | undefined;
  readonly owner: string;
  readonly environment: string;
  readonly surface?: string | undefined;
  readonly status: string;
  readonly roles: readonly string[];
  readonly rolesAlone: readonly string[];
}

export interface ServerFacts {
  readonly environment: string;
  readonly trust: string;
}

export interface TargetFacts {
  readonly dataClasses: readonly string[];
  readonly idempotent?: boolean;
}

/** `groups` are those of the table and whatever else users are tried with. */
export function proofFacts({ catalog, roles }: BundleData, groups: Iterable<string>): ProofFacts {
  const targets = new Map<string, TargetFacts>();
  const note = (kind: AccessTarget["kind"], table: Readonly<Record<string, Readonly<Record<string, Noted>>>>) => {
    for (const [server, items] of Object.entries(table)) {
      for (const [name, { data_classes, idempotent }] of Object.entries(items)) {
        targets.set(`${kind} ${server}.${name}`, { dataClasses: data_classes, ...(idempotent !== undefined && { idempotent }) });
      }
    }
  };
  note("tool", catalog.tools);
  note("prompt", catalog.prompts);
  note("resource", catalog.resources);
  const none: TargetFacts = { dataClasses: [] };
  return {
    agents: new Map(
      Object.entries(catalog.agents).map(([id, { roles: own, roles_alone: alone, ...agent }]) => [
        id,
        { ...agent, roles: own.map(roleOf), rolesAlone: alone.map(roleOf) },
      ]),
    ),
    servers: new Map(Object.entries(catalog.servers)),
    target: ({ kind, id }) => targets.get(`${kind} ${id}`) ?? none,
    groups: new Set(groups),
    budgets: new Set(Object.keys(catalog.budgets)),
    roles: new Set(Object.keys(roles)),
    dataClasses: new Set([...targets.values()].flatMap(({ dataClasses }) => dataClasses)),
  };
}

/** A role that ends one day is held until then. */
function roleOf(held: string | { readonly role: string }): string {
  return typeof held === "string" ? held : held.role;
}

interface Noted {
  readonly data_classes: readonly string[];
  readonly idempotent?: boolean | undefined;
}

/** Roles that count in this mode. */
export function rolesOf({ kind }: AccessCaller, agent: AgentFacts): readonly string[] {
  return kind === "user_via_agent" ? agent.roles : agent.rolesAlone;
}

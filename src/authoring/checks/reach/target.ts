import type { TargetKind } from "../../../core/methods.ts";
import type { TableData } from "../../tables/index.ts";
import type { CheckedPackage } from "../check.ts";
import { ownServer } from "../shape/index.ts";
import type { Step } from "./origin.ts";

/** What stands in the tables about one target that rules may be asked about. */
export interface Target {
  readonly kind: TargetKind;
  /** As `input.<kind>.id` names it. */
  readonly id: string;
  /** Members of `input.<kind>` that the tables know. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Members of `input.server` that the tables know. */
  readonly server: Readonly<Record<string, unknown>>;
  /** What a call of it must fit. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** What only a run can tell. */
export const unknown: unique symbol = Symbol("unknown");

/** Any target of a kind: only that it is one is known. */
export function anyOf(kind: TargetKind): Target {
  return { kind, id: kind, facts: {}, server: {} };
}

/** The tools that a package judges, by its servers and kinds. */
export function toolsOf({ facts, tables }: CheckedPackage): readonly Target[] {
  if (facts === undefined || tables === undefined || !facts.kinds.includes("tool")) return [];
  const { catalog } = tables;
  const servers = facts.servers.includes("*") ? Object.keys(catalog.tools) : facts.servers;
  return servers.flatMap((server) =>
    Object.entries(server === ownServer ? {} : (catalog.tools[server] ?? {})).map(([name, tool]) => {
      const { risk, effects, data_classes, idempotent, definition } = tool;
      const id = `${server}.${name}`;
      return {
        ...{ kind: "tool" as const, id, server: serverFacts(server, catalog), schema: definition.inputSchema },
        facts: { id, name, risk, effects, data_classes, idempotent },
      };
    }),
  );
}

function serverFacts(id: string, { servers }: TableData["catalog"]): Target["server"] {
  const row = servers[id];
  if (row === undefined) return { id };
  return { id, owner: row.owner, trust: row.trust, environment: row.environment, transport: row.transport.kind, status: row.status };
}

/** What a path of the input holds where this target is asked about: a value, undefined where it is never there, or `unknown`. */
export function factAt(target: Target, kinds: ReadonlySet<string>, path: readonly Step[]): unknown {
  const [member, name, ...rest] = path;
  if (typeof member !== "string") return unknown;
  if (kinds.has(member) && member !== target.kind) return undefined;
  const known = member === target.kind ? target.facts : member === "server" ? target.server : undefined;
  if (known === undefined || typeof name !== "string" || !Object.hasOwn(known, name) || rest.length > 0) return unknown;
  return known[name];
}

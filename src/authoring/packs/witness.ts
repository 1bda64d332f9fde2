import { roleOf } from "../../parts/catalog/index.ts";
import type { TableData } from "../tables/index.ts";

type Members = Readonly<Record<string, unknown>>;

/** A call that the tables alone permit: what golden cases of a pack are built over. */
export interface Witness {
  readonly server: string;
  /** `<server>.<tool>` */
  readonly tool: string;
  /** A whole input of the phase call. */
  readonly input: Members;
}

/** A Wednesday on which offices are open from New York to Berlin. */
const time = { ns: 1767798000000000000, rfc3339: "2026-01-07T15:00:00.000Z", hour: 15, minute: 0, weekday: "wednesday", tz: "UTC" };
const DIGEST = "sha256:00";
const ISSUER = "https://issuer.example";

/** The first tool of a server that somebody is granted, those that only read first; or that one tool. */
export function witnessFor(tables: TableData, server: string, tool?: string): Witness | undefined {
  const tools = Object.entries(tables.catalog.tools[server] ?? {}).filter(([name]) => tool === undefined || name === tool);
  const readsFirst = tools.toSorted(([, a], [, b]) => rank(a.effects) - rank(b.effects));
  for (const [name] of readsFirst) {
    const caller = callerFor(tables, server, name);
    if (caller !== undefined) return { server, tool: `${server}.${name}`, input: inputOf(tables, server, name, caller) };
  }
  return undefined;
}

const rank = (effects: readonly string[]): number => (effects.length === 1 && effects[0] === "read" ? 0 : 1);

/** `principal`, `agent` and `user` of the input. */
function callerFor(tables: TableData, server: string, tool: string): Members | undefined {
  const { agents, groups, servers } = tables.catalog;
  const grants = (role: string): boolean => tables.roles[role]?.grants[server]?.[tool] === true;
  const group = Object.entries(groups).find(([, { roles }]) => roles.map(roleOf).some(grants));
  for (const [id, agent] of Object.entries(agents)) {
    if (agent.status !== "active" || agent.environment !== servers[server]?.environment) continue;
    const told = { id, name: agent.name, owner: agent.owner, environment: agent.environment, status: agent.status };
    const more = { ...(agent.team !== undefined && { team: agent.team }), ...(agent.surface !== undefined && { surface: agent.surface }) };
    const roles = agent.roles.map(roleOf).filter(grants);
    if (group !== undefined && roles.length > 0 && agent.modes.includes("user_via_agent")) {
      const [name, { roles: held }] = group;
      const user = { id: "somebody", issuer: ISSUER, groups: [name], roles: held.map(roleOf) };
      return { principal: { kind: "user_via_agent" }, agent: { ...told, ...more, roles }, user };
    }
    const alone = agent.roles_alone.map(roleOf).filter(grants);
    const mode = agent.modes.find((one) => one !== "user_via_agent");
    if (alone.length > 0 && mode !== undefined) return { principal: { kind: mode }, agent: { ...told, ...more, roles: alone } };
  }
  return undefined;
}

function inputOf(tables: TableData, serverId: string, name: string, caller: Members): Members {
  const server = tables.catalog.servers[serverId];
  const tool = tables.catalog.tools[serverId]?.[name];
  return {
    phase: "call",
    method: "tools/call",
    time,
    tenant: "default",
    environment: server?.environment,
    ...caller,
    delegation: [],
    client: { name: "golden case", version: "1" },
    session: { id: "ses_1", age_s: 1, labels: [] },
    network: { ip: "127.0.0.1", mtls: false },
    server: {
      id: serverId,
      owner: server?.owner,
      trust: server?.trust,
      environment: server?.environment,
      transport: server?.transport.kind,
      status: server?.status,
    },
    tool: {
      id: `${serverId}.${name}`,
      name,
      digest: DIGEST,
      pinned: true,
      status: "approved",
      risk: tool?.risk,
      effects: tool?.effects,
      data_classes: tool?.data_classes,
      idempotent: tool?.idempotent,
      annotations: {},
    },
    args: tool?.sample?.args ?? {},
    args_digest: DIGEST,
    limits: { truncated: [], omitted: [] },
  };
}

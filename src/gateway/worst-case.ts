import type { Catalog } from "../parts/catalog/index.ts";
import { serverText, timeTeller } from "./input.ts";
import { promptText, resourceText, toolText } from "./targets/index.ts";

/** As wide as an input may be that is still judged on the main thread. */
const WIDTH = 256;
const TEXT = 4_000;
const long = "a/".repeat(TEXT / 2);
/** One target a server is enough: all targets of a server are judged by the same packages. */
const MOST_SERVERS = 50;

/**
 * Inputs that cost as much as an input on the main thread can: one for each server, with arguments as wide and long as
 * allowed, by a caller who may know the target. `roles` is that of the bundle's data. Servers whose packages iterate in a nested way are left out: they are judged in a worker that is ended in time.
 */
export function worstCases(catalog: Catalog, roles: unknown, now: number): readonly string[] {
  const time = timeTeller(catalog.timezone).text(now);
  const many = Array.from({ length: WIDTH }, (_, at) => `v${at}`);
  const args = { items: many.map((_, at) => at), text: long, names: Object.fromEntries(many.map((name) => [name, 1])) };
  const rest = `"network":{"ip":"","mtls":false},"args":${JSON.stringify(args)},"args_digest":"","limits":{"truncated":[],"omitted":[]}}`;
  return [...catalog.servers.values()]
    .filter(({ id }) => !catalog.needsWorker(id))
    .slice(0, MOST_SERVERS)
    .flatMap((server) => {
      const target = grantedTarget(targetsOf(catalog, server.id), roles, server.id);
      if (target === undefined) return [];
      const common = callerText([...target.roles, ...many].slice(0, WIDTH), server.environment);
      return [`{"phase":"call","method":"${target.method}",${time},${common},${serverText(server)},${target.text()},${rest}`];
    });
}

/** Something of a server that can be asked for, and the table in which a role grants it. */
interface Candidate {
  readonly table: "grants" | "prompts" | "resources";
  readonly name: string;
  readonly method: string;
  readonly text: () => string;
}

/** Tools first: most rules are about them. */
function targetsOf(catalog: Catalog, server: string): readonly Candidate[] {
  return [
    ...[...catalog.tools(server).values()].map(
      (tool) => ({ table: "grants", name: tool.name, method: "tools/call", text: () => toolText(tool, true) }) as const,
    ),
    ...[...catalog.prompts(server).values()].map(
      (prompt) => ({ table: "prompts", name: prompt.name, method: "prompts/get", text: () => promptText(prompt, true) }) as const,
    ),
    ...[...catalog.resources(server).values()].map((entry) => {
      const uri = { text: entry.literal + long, scheme: entry.literal.split(":", 1)[0] ?? "", path: long };
      return {
        table: "resources",
        name: entry.entry,
        method: "resources/read",
        text: () => resourceText(entry, uri, undefined, true),
      } as const;
    }),
  ];
}

/** A target with the roles that grant it, if there are any: for a caller that may not know it, arguments are not looked at. */
function grantedTarget(
  candidates: readonly Candidate[],
  roles: unknown,
  server: string,
): (Candidate & { readonly roles: readonly string[] }) | undefined {
  const names = Object.keys(typeof roles === "object" && roles !== null ? roles : {});
  for (const target of candidates) {
    const granting = names.filter((role) => [role, target.table, server, target.name].reduce(memberOf, roles) === true);
    if (granting.length > 0) return { ...target, roles: granting };
  }
  const [first] = candidates;
  return first && { ...first, roles: [] };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function callerText(roles: readonly string[], environment: string): string {
  const principal = {
    tenant: "default",
    environment,
    principal: { kind: "user_via_agent" },
    agent: { id: "a", name: "", owner: "", environment, roles, status: "active" },
    user: { id: "u", issuer: "", groups: roles, roles },
    delegation: [],
    client: { name: "", version: "" },
    session: { labels: [] },
  };
  return JSON.stringify(principal).slice(1, -1);
}

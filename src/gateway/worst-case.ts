import type { Catalog, CatalogTool } from "../parts/catalog/index.ts";
import { serverText, timeTeller } from "./input.ts";
import { toolText } from "./targets/index.ts";

/** As wide as an input may be that is still judged on the main thread. */
const WIDTH = 256;
const TEXT = 4_000;
/** One tool a server is enough: all tools of a server are judged by the same packages. */
const MOST_SERVERS = 50;

/**
 * Inputs that cost as much as an input on the main thread can: one for each server, with arguments as wide and long as
 * allowed, by a caller who may know the tool. `roles` is that of the bundle's data. Servers whose packages iterate in a nested way are left out: they are judged in a worker that is ended in time.
 */
export function worstCases(catalog: Catalog, roles: unknown, now: number): readonly string[] {
  const time = timeTeller(catalog.timezone).text(now);
  const many = Array.from({ length: WIDTH }, (_, at) => `v${at}`);
  const args = { items: many.map((_, at) => at), text: "a/".repeat(TEXT / 2), names: Object.fromEntries(many.map((name) => [name, 1])) };
  const rest = `"network":{"ip":"","mtls":false},"args":${JSON.stringify(args)},"args_digest":"","limits":{"truncated":[],"omitted":[]}}`;
  return [...catalog.servers.values()]
    .filter(({ id }) => !catalog.needsWorker(id))
    .slice(0, MOST_SERVERS)
    .flatMap((server) => {
      const target = grantedTool([...catalog.tools(server.id).values()], roles, server.id);
      if (target === undefined) return [];
      const common = callerText([...target.roles, ...many].slice(0, WIDTH), server.environment);
      return [`{"phase":"call","method":"tools/call",${time},${common},${serverText(server)},${toolText(target.tool, true)},${rest}`];
    });
}

/** A tool with the roles that grant it, if there are any: for a caller that may not know the tool, arguments are not looked at. */
function grantedTool(
  tools: readonly CatalogTool[],
  roles: unknown,
  server: string,
): { readonly tool: CatalogTool; readonly roles: readonly string[] } | undefined {
  const names = Object.keys(typeof roles === "object" && roles !== null ? roles : {});
  for (const tool of tools) {
    const granting = names.filter((role) => [role, "grants", server, tool.name].reduce(memberOf, roles) === true);
    if (granting.length > 0) return { tool, roles: granting };
  }
  const [first] = tools;
  return first && { tool: first, roles: [] };
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

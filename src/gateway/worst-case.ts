import type { Catalog } from "../parts/catalog/index.ts";
import { serverText, timeTeller, toolText } from "./input.ts";

/** As wide as an input may be that is still judged on the main thread. */
const WIDTH = 256;
const TEXT = 4_000;
/** One tool a server is enough: all tools of a server are judged by the same packages. */
const MOST_SERVERS = 50;

/**
 * Inputs that cost as much as an input on the main thread can: one for each server, with arguments as wide and long as
 * allowed. Servers whose packages iterate in a nested way are left out: they are judged in a worker that is ended in time.
 */
export function worstCases(catalog: Catalog, now: number): readonly string[] {
  const time = timeTeller(catalog.timezone).text(now);
  const many = Array.from({ length: WIDTH }, (_, at) => `v${at}`);
  const args = { items: many.map((_, at) => at), text: "a/".repeat(TEXT / 2), names: Object.fromEntries(many.map((name) => [name, 1])) };
  const principal = {
    tenant: "default",
    environment: "",
    principal: { kind: "user_via_agent" },
    agent: { id: "", name: "", owner: "", environment: "", roles: many, status: "active" },
    user: { id: "", issuer: "", groups: many, roles: many },
    delegation: [],
    client: { name: "", version: "" },
    session: { labels: [] },
  };
  const rest = `"network":{"ip":"","mtls":false},"args":${JSON.stringify(args)},"args_digest":"","limits":{"truncated":[],"omitted":[]}}`;
  const common = JSON.stringify(principal).slice(1, -1);
  return [...catalog.servers.values()]
    .filter(({ id }) => !catalog.needsWorker(id))
    .slice(0, MOST_SERVERS)
    .flatMap((server) => {
      const [tool] = catalog.tools(server.id).values();
      return tool ? [`{"phase":"call","method":"tools/call",${time},${common},${serverText(server)},${toolText(tool, true)},${rest}`] : [];
    });
}

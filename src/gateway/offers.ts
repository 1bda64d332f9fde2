import type { DoorOffers, Exchange } from "./gateway.ts";
import { hasAny, serversAt } from "./lists/index.ts";
import type { Parts } from "./parts.ts";
import type { ServerTargets } from "./targets/index.ts";

/** The one extension that the gateway routes between servers itself. */
export const TASKS = "io.modelcontextprotocol/tasks";

const nothing: DoorOffers = { prompts: false, resources: false, completions: false, logging: false, extensions: {} };

/** What this door has, from the catalog and from what servers are known to declare. Nobody is waited for. */
export function offersOf(parts: Parts, exchange: Exchange): DoorOffers {
  const generation = parts.generations.for(exchange.caller.token);
  if (!generation) return nothing;
  const servers = serversAt(exchange, generation);
  const declared = new Map(servers.map((own) => [own, declaredBy(parts, own)]));
  const aggregate = exchange.serverId === undefined;
  const completes = (own: ServerTargets) => hasPrompts(own, aggregate) || hasTemplates(own);
  return {
    prompts: servers.some((own) => hasPrompts(own, aggregate)),
    resources: servers.some((own) => hasAny(own, "resources")),
    // A server that was not asked yet is taken at its best: what it turns out to lack is answered as empty.
    completions: servers.some((own) => completes(own) && (declared.get(own)?.completions ?? true)),
    logging: servers.some((own) => declared.get(own)?.logging ?? true),
    extensions: aggregate ? routed(servers) : Object.assign({}, ...servers.map((own) => declared.get(own)?.extensions ?? {})),
  };
}

/** A server that is quarantined is left alone, and counts as one that was not asked yet. */
function declaredBy(parts: Parts, { server }: ServerTargets) {
  return parts.quarantine.target(server.id) ? undefined : parts.upstream.connect(server).current()?.offers;
}

/** A method of an extension of this door's server. One name may mean two things to two servers, so the aggregate has none. */
export function passes(parts: Parts, { caller, serverId }: Exchange, method: string): boolean {
  const targets = parts.generations.for(caller.token)?.targets;
  return serverId !== undefined && targets?.byServer.get(serverId)?.methods.has(method) === true;
}

function hasPrompts({ prompts }: ServerTargets, aggregate: boolean): boolean {
  return prompts.some(({ aggregateName }) => !aggregate || aggregateName !== undefined);
}

function hasTemplates({ entries }: ServerTargets): boolean {
  return [...entries.values()].some(({ entry }) => entry.template !== undefined);
}

function routed(servers: readonly ServerTargets[]): Readonly<Record<string, unknown>> {
  return servers.some(({ server }) => server.extensions.includes(TASKS)) ? { [TASKS]: {} } : {};
}

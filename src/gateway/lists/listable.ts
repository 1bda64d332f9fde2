import type { Listing, ServerConnection } from "../../parts/upstream/index.ts";
import type { Exchange, ListKind } from "../gateway.ts";
import type { Generation } from "../generation.ts";
import type { Parts } from "../parts.ts";
import type { ListedResource, ServerTargets } from "../targets/index.ts";
import { type ApprovedTarget, approvedOf, serversAt } from "./approved.ts";

/** What a list shows: it is judged by its fragments of the input, and shown as its text. */
export type Listable = ApprovedTarget | ListedResource;

/** Longest wait for servers that were not asked yet. */
const LISTING_WAIT_MS = 3_000;

/** Whether anything of this kind is catalogued for the server, so that there is something to ask it for. */
export function hasAny(targets: ServerTargets, kind: ListKind): boolean {
  if (kind === "tools") return targets.tools.length > 0;
  if (kind === "prompts") return targets.prompts.length > 0;
  return targets.entries.size > 0;
}

/** What is approved and not quarantined, of servers that answer and still define it as approved. A server that is down leaves the others listed. */
export async function listablesAt(parts: Parts, exchange: Exchange, generation: Generation, kind: ListKind): Promise<readonly Listable[]> {
  const aggregate = exchange.serverId === undefined;
  const offers = await Promise.all(
    serversAt(exchange, generation).map(async (own) => {
      if (!hasAny(own, kind) || parts.quarantine.target(own.server.id)) return [];
      const connection = parts.upstream.connect(own.server);
      const listing = connection.current() ?? (await listingWithin(connection));
      const listed = listing ? listablesOf(generation, own, listing, kind, aggregate) : [];
      return listed.filter(({ id }) => !parts.quarantine.target(own.server.id, id));
    }),
  );
  return offers.flat();
}

/** What of one server is listed under its listing. */
export function listablesOf(
  generation: Generation,
  own: ServerTargets,
  listing: Listing,
  kind: ListKind,
  aggregate: boolean,
): readonly Listable[] {
  if (kind === "resources") return generation.targets.listed(own, listing, aggregate);
  return approvedOf(generation.targets, own, kind, aggregate).filter((target) => isDefined(target, listing));
}

/** Whether the server still defines it as it was approved. */
function isDefined(target: ApprovedTarget, listing: Listing): boolean {
  if (target.kind === "tool") return listing.tools.get(target.tool.name)?.pin === target.tool.pin;
  if (target.kind === "prompt") return listing.prompts.get(target.prompt.name)?.pin === target.prompt.pin;
  const { template } = target.entry;
  return template !== undefined && listing.templates.get(template.definition.uriTemplate)?.pin === template.pin;
}

/** A server that hangs must not hold up the list of the others; it is there once it answered. */
async function listingWithin(connection: ServerConnection): Promise<Listing | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LISTING_WAIT_MS, undefined);
  });
  const read = connection.listing().then((listing) => (listing.ok ? listing.value : undefined));
  const listing = await Promise.race([read, late]);
  clearTimeout(timer);
  return listing;
}

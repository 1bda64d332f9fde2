import type { ResourceDefinition } from "../../core/tool.ts";
import { parseUri, type ResourceUri } from "../../core/uri.ts";
import type { Listing } from "../../parts/upstream/index.ts";

/** A resource that a server lists, by the normal form of its URI. */
export interface LiveResource {
  readonly uri: ResourceUri;
  readonly mime: string | undefined;
  /** Its definition with the normalised URI, as it is shown. */
  readonly text: string;
}

const known = new WeakMap<Listing, ReadonlyMap<string, LiveResource>>();

/** What a listing says of single resources; read once a listing. Of several spellings of one URI the first counts. */
export function liveResources(listing: Listing): ReadonlyMap<string, LiveResource> {
  let live = known.get(listing);
  if (!live) {
    live = readResources(listing.resources.values());
    known.set(listing, live);
  }
  return live;
}

function readResources(definitions: Iterable<ResourceDefinition>): ReadonlyMap<string, LiveResource> {
  const live = new Map<string, LiveResource>();
  for (const definition of definitions) {
    const uri = parseUri(definition.uri);
    if (!uri.ok || live.has(uri.value.text)) continue;
    live.set(uri.value.text, {
      uri: uri.value,
      mime: typeof definition.mimeType === "string" ? definition.mimeType : undefined,
      text: JSON.stringify({ ...definition, uri: uri.value.text }),
    });
  }
  return live;
}

import { isDeepStrictEqual } from "node:util";
import type { Listing, ListKind, UpstreamAsk } from "./upstream.ts";

const none: Pick<Listing, ListKind> = { tools: new Map(), prompts: new Map(), resources: new Map(), templates: new Map() };

/** The lists that are not what they were. No listing is one without entries. */
export function changedKinds(before: Pick<Listing, ListKind> = none, now: Pick<Listing, ListKind> = none): ReadonlySet<ListKind> {
  const changed = new Set<ListKind>();
  for (const kind of ["tools", "prompts", "templates"] as const) if (!samePins(before[kind], now[kind])) changed.add(kind);
  if (!isDeepStrictEqual(before.resources, now.resources)) changed.add("resources");
  return changed;
}

type Pinned = ReadonlyMap<string, { readonly pin: string }>;

/** Whether both name the same definitions. */
export function samePins(one: Pinned, other: Pinned): boolean {
  if (one.size !== other.size) return false;
  for (const [name, { pin }] of one) if (other.get(name)?.pin !== pin) return false;
  return true;
}

/** Whether a server that was opened anew offers what this was asked of, as it was. One that was never read has nothing to compare. */
export function stillApproved(ask: UpstreamAsk, before: Listing | undefined, now: Listing): boolean {
  if (before === undefined) return true;
  if (ask.method === "tools/call") return sameEntry(before.tools, now.tools, ask.tool);
  if (ask.method === "prompts/get" && ask.name !== undefined) return sameEntry(before.prompts, now.prompts, ask.name);
  if (ask.method === "extension") return Object.keys(before.offers.extensions).every((id) => Object.hasOwn(now.offers.extensions, id));
  // A URI does not say which template it was approved by, and a completion may be of either.
  return samePins(before.templates, now.templates) && (ask.method === "resources/read" || samePins(before.prompts, now.prompts));
}

function sameEntry(before: Pinned, now: Pinned, name: string): boolean {
  const approved = before.get(name)?.pin;
  return approved === undefined || now.get(name)?.pin === approved;
}

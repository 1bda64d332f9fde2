import type { Exchange, ListKind } from "../gateway.ts";
import { commonText } from "../input.ts";
import type { Pinned } from "../pinned.ts";
import { absentFrom, serversAt } from "./approved.ts";
import type { Listable } from "./listable.ts";
import { discoverText } from "./visible.ts";

/** Servers whose masks are asked about one list. At a door with more of them nothing of the input is recorded. */
const MOST_MASKS = 8;

/**
 * `,"entrypoint":…,"input":…,"absent":[…]`: what policy was asked but for the items, which the bundle has. Of single
 * resources nothing: they were in their server's words, and stand nowhere.
 */
export async function askedText(pinned: Pinned, kind: ListKind, offered: readonly Listable[]): Promise<string> {
  if (kind === "resources") return "";
  const { exchange, generation } = pinned;
  const absent = absentFrom(generation.targets, exchange, kind, offered);
  const text = `,"entrypoint":"toolgate/discover","input":${await inputText(pinned, kind)}`;
  return absent.length === 0 ? text : `${text},"absent":${JSON.stringify(absent)}`;
}

async function inputText({ parts, exchange, generation, caller, now }: Pinned, kind: ListKind): Promise<string> {
  const common = commonText(exchange, caller, generation.timeText(now), now);
  const text = discoverText(kind, common);
  const masking = maskingServers(exchange, generation);
  if (masking.length === 0) return text;
  if (masking.length > MOST_MASKS) return parts.masker.mask(text, [""]);
  const paths = new Set<string>();
  for (const server of masking) {
    const asked = `${text.slice(0, -1)},"server":${JSON.stringify({ id: server })}}`;
    for (const path of await generation.policy.mask(asked, { widest: caller.widest, nested: generation.catalog.needsWorker(server) }))
      paths.add(path);
  }
  return paths.size === 0 ? text : parts.masker.mask(text, [...paths]);
}

function maskingServers(exchange: Exchange, generation: Pinned["generation"]): readonly string[] {
  return serversAt(exchange, generation)
    .map(({ server }) => server.id)
    .filter((id) => generation.catalog.rulesFor(id).has("mask"));
}

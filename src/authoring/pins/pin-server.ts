import type { ServerDefinition } from "../../core/server.ts";
import { pinOf } from "../../core/tool.ts";
import type { Listing } from "../../parts/upstream/index.ts";
import { diffDefinitions, visible } from "./definition-diff.ts";
import { type PinsFile, writePins } from "./pins-file.ts";

export interface PinRequest {
  readonly serverId: string;
  readonly definition: ServerDefinition;
  /** What the server offers now. */
  readonly listing: Listing;
  /** The pins that were approved before. */
  readonly previous?: PinsFile;
}

export interface PinProposal {
  /** Text of `policies/catalog/pins/<server>.json`. */
  readonly file: string;
  /** What a reviewer reads: by tool what is new, gone or changed. */
  readonly diff: string;
  readonly changed: boolean;
}

/** Writes the pins of what a server offers now. Nothing is approved by it: the file counts once it is reviewed, built and signed. */
export function pinServer({ serverId, definition, listing, previous }: PinRequest): PinProposal {
  const tools: PinsFile["tools"] = {};
  for (const [name, live] of listing.tools) {
    const pin = pinOf(live.definition, listing.era);
    // The same digest keeps the old text, so that a server that shuffles its members makes no noise in a review.
    const known = previous !== undefined && Object.hasOwn(previous.tools, name) ? previous.tools[name] : undefined;
    tools[name] = known?.pin === pin ? known : { pin, definition: live.definition };
  }
  const file = writePins({ version: 1, server: serverId, era: listing.era, capabilities: {}, tools });
  return { file, ...describe(serverId, definition, listing, tools, previous) };
}

function describe(
  serverId: string,
  definition: ServerDefinition,
  listing: Listing,
  tools: PinsFile["tools"],
  previous: PinsFile | undefined,
) {
  const before = previous?.tools ?? {};
  const names = [...new Set([...Object.keys(before), ...Object.keys(tools)])].sort();
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  const blocks: string[] = [];
  for (const name of names) {
    const old = Object.hasOwn(before, name) ? before[name]?.definition : undefined;
    const now = Object.hasOwn(tools, name) ? tools[name]?.definition : undefined;
    const lines = diffDefinitions(old, now);
    const kind = old === undefined ? "added" : now === undefined ? "removed" : lines.length > 0 ? "changed" : "unchanged";
    counts[kind] += 1;
    if (kind === "removed") blocks.push(`- ${visible(name)}`);
    else if (kind !== "unchanged") blocks.push([`${kind === "added" ? "+" : "~"} ${visible(name)}`, ...lines].join("\n"));
  }
  const eraChanged = previous !== undefined && previous.era !== listing.era;
  const head = [
    `${serverId}  owner ${definition.owner}, trust ${definition.trust}, era ${listing.era} (${listing.protocolVersion})`,
    ...(eraChanged ? [`  the era changed from ${previous.era}: every pin changes with it`] : []),
    `  ${counts.added} added, ${counts.removed} removed, ${counts.changed} changed, ${counts.unchanged} unchanged`,
  ];
  const changed = previous === undefined || eraChanged || counts.added + counts.removed + counts.changed > 0;
  return { diff: `${[head.join("\n"), ...blocks].join("\n\n")}\n`, changed };
}

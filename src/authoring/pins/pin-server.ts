import { isDeepStrictEqual } from "node:util";
import type { ServerDefinition } from "../../core/server.ts";
import { type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../core/tool.ts";
import { declaredCapabilities, type Listing } from "../../parts/upstream/index.ts";
import { diffDefinitions, visible } from "./definition-diff.ts";
import { keySchemas, type PinKind, type PinsFile, pinKinds, writePins } from "./pins-file.ts";

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
  /** What a reviewer reads: by tool, prompt and template what is new, gone or changed. */
  readonly diff: string;
  readonly counts: Readonly<Record<PinKind, PinCounts>>;
  readonly changed: boolean;
}

export interface PinCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
}

type Definition = ToolDefinition | PromptDefinition | TemplateDefinition;
type Pins<D> = Record<string, { pin: ReturnType<typeof pinOf>; definition: D }>;

/** Writes the pins of what a server offers now. Nothing is approved by it: the file counts once it is reviewed, built and signed. */
export function pinServer({ serverId, definition, listing, previous }: PinRequest): PinProposal {
  const { era } = listing;
  const capabilities = declaredCapabilities(definition);
  const leftOut: string[] = [];
  const pins = <D extends Definition>(
    kind: PinKind,
    live: ReadonlyMap<string, { readonly definition: D }>,
    before: Pins<D> = {},
  ): Pins<D> => {
    const now: Pins<D> = {};
    for (const [key, { definition: offered }] of live) {
      if (!keySchemas[kind].safeParse(key).success) {
        leftOut.push(`! ${words[kind]} ${visible(key)}  left out: nothing can be pinned under this name`);
        continue;
      }
      const pin = pinOf(offered, era, capabilities);
      // The same digest keeps the old text, so that a server that shuffles its members makes no noise in a review.
      const known = Object.hasOwn(before, key) ? before[key] : undefined;
      now[key] = known?.pin === pin ? known : { pin, definition: offered };
    }
    return now;
  };
  const file: PinsFile = {
    version: 1,
    server: serverId,
    era,
    capabilities,
    tools: pins("tools", listing.tools, previous?.tools),
    prompts: pins("prompts", listing.prompts, previous?.prompts),
    templates: pins("templates", listing.templates, previous?.templates),
  };
  return { file: writePins(file), ...describe(definition, listing, file, previous, leftOut) };
}

const words: Readonly<Record<PinKind, string>> = { tools: "tool", prompts: "prompt", templates: "template" };

function describe(
  definition: ServerDefinition,
  listing: Listing,
  now: PinsFile,
  before: PinsFile | undefined,
  leftOut: readonly string[],
): Omit<PinProposal, "file"> {
  const tools = compare("tools", before, now);
  const prompts = compare("prompts", before, now);
  const templates = compare("templates", before, now);
  const counts = { tools: tools.counts, prompts: prompts.counts, templates: templates.counts };
  const reasons = before === undefined ? [] : whyAllChange(before, now);
  const head = [
    `${now.server}  owner ${definition.owner}, trust ${definition.trust}, era ${listing.era} (${listing.protocolVersion})`,
    ...reasons.map((reason) => `  ${reason}: every pin changes with it`),
    ...pinKinds.map((kind) => `  ${`${kind}:`.padEnd(11)}${countsText(counts[kind])}`),
    ...leftOut.map((line) => `  ${line}`),
  ];
  const changed =
    before === undefined || reasons.length > 0 || Object.values(counts).some((one) => one.added + one.removed + one.changed > 0);
  const blocks = [tools, prompts, templates].flatMap((kind) => kind.blocks);
  return { diff: `${[head.join("\n"), ...blocks].join("\n\n")}\n`, counts, changed };
}

function whyAllChange(before: PinsFile, now: PinsFile): string[] {
  return [
    ...(before.era === now.era ? [] : [`the era changed from ${before.era}`]),
    ...(isDeepStrictEqual(before.capabilities, now.capabilities)
      ? []
      : [`the declared capabilities changed from ${JSON.stringify(before.capabilities)} to ${JSON.stringify(now.capabilities)}`]),
  ];
}

function countsText({ added, removed, changed, unchanged }: PinCounts): string {
  return `${added} added, ${removed} removed, ${changed} changed, ${unchanged} unchanged`;
}

function compare(kind: PinKind, before: PinsFile | undefined, now: PinsFile): { counts: PinCounts; blocks: string[] } {
  const of = (file: PinsFile | undefined, key: string): Definition | undefined =>
    file !== undefined && Object.hasOwn(file[kind], key) ? file[kind][key]?.definition : undefined;
  const keys = [...new Set([...Object.keys(before?.[kind] ?? {}), ...Object.keys(now[kind])])].sort();
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  const blocks: string[] = [];
  for (const key of keys) {
    const old = of(before, key);
    const is = of(now, key);
    const lines = diffDefinitions(old, is, kind === "templates" ? "uriTemplate" : "name");
    const change = old === undefined ? "added" : is === undefined ? "removed" : lines.length > 0 ? "changed" : "unchanged";
    counts[change] += 1;
    const named = `${words[kind]} ${visible(key)}`;
    if (change === "removed") blocks.push(`- ${named}`);
    else if (change !== "unchanged") blocks.push([`${change === "added" ? "+" : "~"} ${named}`, ...lines].join("\n"));
  }
  return { counts, blocks };
}

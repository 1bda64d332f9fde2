import { isDeepStrictEqual } from "node:util";
import { foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { declaredCapabilities } from "../../parts/upstream/index.ts";
import type { PinsFile } from "../pins/index.ts";
import { nearestKey } from "./nearest.ts";
import { pinsFileOf, type TableName, type Tables } from "./table-files.ts";

/** What the tables name and no pins file has, and pins that no longer fit how a server is spoken to. */
export function pinMistakes(tables: Tables): Mistake[] {
  return Object.keys(tables.servers.servers).flatMap((server) => {
    if (tables.broken.has(pinsFileOf(server))) return [];
    const pins = tables.pins.get(server);
    return [...unpinned(tables, server, pins), ...(pins === undefined ? [] : outdated(tables, server, pins))];
  });
}

const remedyFor = (server: string): string => `run toolgate catalog pin ${server} and review what it writes`;

/** A name that needs a pin, by where it stands in the tables. */
interface Named {
  readonly table: TableName;
  readonly what: "tool" | "prompt" | "template";
  readonly steps: readonly string[];
  readonly name: string;
  readonly pinned: object | undefined;
}

function unpinned(tables: Tables, server: string, pins: PinsFile | undefined): Mistake[] {
  const named = namedBy(tables, server, pins);
  if (pins === undefined) {
    return [...new Map(named.map((one) => [one.table, one])).values()].map(({ table, what }) => {
      const told = { found: `${what}s without pins`, wanted: `their pins in ${pinsFileOf(server)}`, remedy: remedyFor(server) };
      return tables.mistake(table, [table, server], told, pathText([table, server]));
    });
  }
  return named
    .filter(({ name, pinned = {} }) => !Object.hasOwn(pinned, name))
    .map(({ table, what, steps, name, pinned = {} }) => {
      const remedy = nearestKey(pinned, name) ?? remedyFor(server);
      return tables.mistake(
        table,
        steps,
        { found: `a ${what} without a pin`, wanted: `its pin in ${pinsFileOf(server)}`, remedy },
        pathText(steps),
      );
    });
}

function namedBy({ tools, prompts, resources }: Tables, server: string, pins: PinsFile | undefined): Named[] {
  const named = (table: "tools" | "prompts", what: Named["what"], items: object = {}): Named[] =>
    Object.keys(items).map((name) => ({ table, what, steps: [table, server, name], name, pinned: pins?.[table] }));
  const templates = Object.entries(resources.resources[server] ?? {}).flatMap(([entry, { template }]): Named[] => {
    const steps = ["resources", server, entry, "template"];
    return template === undefined ? [] : [{ table: "resources", what: "template", steps, name: template, pinned: pins?.templates }];
  });
  return [...named("tools", "tool", tools.tools[server]), ...named("prompts", "prompt", prompts.prompts[server]), ...templates];
}

function outdated(tables: Tables, server: string, pins: PinsFile): Mistake[] {
  const definition = tables.servers.servers[server];
  if (definition === undefined) return [];
  const remedy = remedyFor(server);
  const mistakes: Mistake[] = [];
  const { transport } = definition;
  const era = transport.kind === "sse" ? "session" : transport.era;
  if (era !== "auto" && era !== pins.era) {
    const steps = ["servers", server, "transport", transport.kind === "sse" ? "kind" : "era"];
    const found = transport.kind === "sse" ? "a server that is spoken to with a session" : foundText(era);
    const told = { found, wanted: `${pins.era}, the era its pins were read in; no pin fits in another`, remedy };
    mistakes.push(tables.mistake("servers", steps, told, pathText(steps)));
  }
  const declared = declaredCapabilities(definition);
  if (!isDeepStrictEqual(declared, pins.capabilities)) {
    const steps = ["servers", server];
    const told = {
      found: `capabilities ${JSON.stringify(declared)}`,
      wanted: `${JSON.stringify(pins.capabilities)}, the capabilities its pins were read with; no pin fits with others`,
      remedy,
    };
    mistakes.push(tables.mistake("servers", steps, told, pathText(steps)));
  }
  return mistakes;
}

import { foundText, pathText } from "../../core/mistakes.ts";
import { type Era, type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../core/tool.ts";
import { schemaFault } from "./arguments.ts";
import { roleOf } from "./held-roles.ts";
import { obligedMistakes } from "./obliged.ts";
import { operatorMistakes } from "./operators.ts";
import type { BundleData, CatalogData } from "./schema.ts";

/** What is wrong with a bundle's catalog: where in `data.json`, what was found, what was wanted. */
export interface CatalogMistake {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

/** What no table can know alone: that what one names, another has. */
export function crossMistakes({ catalog, roles, index, obliged }: BundleData): CatalogMistake[] {
  const mistakes: CatalogMistake[] = [];
  const wantKey = (table: object, key: string, steps: PropertyKey[], what: string): void => {
    if (!Object.hasOwn(table, key))
      mistakes.push({ path: pathText(steps), found: foundText(key), wanted: `the id of a ${what} of this bundle` });
  };
  for (const [id, server] of Object.entries(catalog.servers)) {
    if (server.replacement !== undefined) wantKey(catalog.servers, server.replacement, ["catalog", "servers", id, "replacement"], "server");
    wantKey(index, id, ["index", id], "server with an index entry");
    for (const { steps, found, wanted } of extensionMethodMistakes(server))
      mistakes.push({ path: pathText(["catalog", "servers", id, "extension_methods", ...steps]), found, wanted });
  }
  for (const table of ["tools", "prompts", "resources"] as const) {
    for (const id of Object.keys(catalog[table])) wantKey(catalog.servers, id, ["catalog", table, id], "server");
  }
  for (const [id, agent] of Object.entries(catalog.agents)) {
    for (const held of agent.roles) wantKey(roles, roleOf(held), ["catalog", "agents", id, "roles"], "role");
    for (const held of agent.roles_alone) wantKey(roles, roleOf(held), ["catalog", "agents", id, "roles_alone"], "role");
  }
  for (const [name, group] of Object.entries(catalog.groups)) {
    for (const held of group.roles) wantKey(roles, roleOf(held), ["catalog", "groups", name, "roles"], "role");
  }
  for (const { steps, found, wanted } of operatorMistakes(catalog.operators ?? {}, catalog.agents))
    mistakes.push({ path: pathText(["catalog", "operators", ...steps]), found, wanted });
  wantKey(index, "_none", ["index", "_none"], "list of packages for no server");
  return [...mistakes, ...obligedMistakes(obliged, catalog)];
}

/** Pins that do not fit their definitions, definitions under another name, and input schemas that cannot be used. */
export function definitionMistakes(catalog: CatalogData): CatalogMistake[] {
  const mistakes: CatalogMistake[] = [];
  for (const { server, steps, name, named, pin, definition, inputSchema } of definitionsOf(catalog)) {
    const at = (member: string): string => pathText(["catalog", ...steps, member]);
    if (named !== name) mistakes.push({ path: at("definition"), found: foundText(named), wanted: foundText(name) });
    if (!isPinOf(pin, definition, catalog.servers[server]?.pinned)) {
      mistakes.push({ path: at("pin"), found: pin, wanted: "the digest of the definition beside it" });
    }
    const fault = inputSchema === undefined ? undefined : schemaFault(inputSchema);
    if (fault !== undefined) mistakes.push({ path: at("definition"), found: "another input schema", wanted: fault });
  }
  return mistakes;
}

/** Methods of extensions that the server does not have, and methods of two: which one was declared would not be known. */
export function extensionMethodMistakes(
  server: Pick<CatalogData["servers"][string], "extensions" | "extension_methods">,
): { readonly steps: readonly PropertyKey[]; readonly found: string; readonly wanted: string }[] {
  const owners = new Map<string, string>();
  return Object.entries(server.extension_methods).flatMap(([id, methods]) => {
    const own = server.extensions.includes(id) ? [] : [{ steps: [id], found: `key ${foundText(id)}`, wanted: "an id of extensions" }];
    const shared = methods.flatMap((method, at) => {
      const owner = owners.get(method) ?? id;
      owners.set(method, owner);
      if (owner === id) return [];
      return [{ steps: [id, at], found: `${foundText(method)}, which is also of ${owner}`, wanted: "a method of one extension" }];
    });
    return [...own, ...shared];
  });
}

type Definition = ToolDefinition | PromptDefinition | TemplateDefinition;

interface Pinned {
  readonly server: string;
  readonly steps: readonly string[];
  /** What it stands under, and what it calls itself. */
  readonly name: string;
  readonly named: string;
  readonly pin: string;
  readonly definition: Definition;
  /** Of a tool. */
  readonly inputSchema?: ToolDefinition["inputSchema"];
}

function* definitionsOf({ tools, prompts, resources }: CatalogData): Generator<Pinned> {
  for (const [server, name, { pin, definition }] of entriesOf(tools)) {
    const { inputSchema } = definition;
    yield { server, steps: ["tools", server, name], name, named: definition.name, pin, definition, inputSchema };
  }
  for (const [server, name, { pin, definition }] of entriesOf(prompts)) {
    yield { server, steps: ["prompts", server, name], name, named: definition.name, pin, definition };
  }
  for (const [server, entry, { template }] of entriesOf(resources)) {
    if (template === undefined) continue;
    // An entry has a name of its own; which template it stands for, only the definition says.
    const { uriTemplate: name } = template.definition;
    yield { server, steps: ["resources", server, entry, "template"], name, named: name, ...template };
  }
}

/** Every row of a table by server and name. */
export function* entriesOf<Row>(table: Readonly<Record<string, Readonly<Record<string, Row>>>>): Generator<readonly [string, string, Row]> {
  for (const [server, rows] of Object.entries(table)) {
    for (const [name, row] of Object.entries(rows)) yield [server, name, row];
  }
}

const eras: readonly Era[] = ["session", "stateless"];

/** The era is part of the digest, so a catalog that does not name it is held against both. */
function isPinOf(pin: string, definition: Definition, pinned: CatalogData["servers"][string]["pinned"]): boolean {
  if (pinned !== undefined) return pinOf(definition, pinned.era, pinned.capabilities) === pin;
  return eras.some((era) => pinOf(definition, era) === pin);
}

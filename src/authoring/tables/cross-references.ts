import { foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { extensionMethodMistakes, operatorMistakes, roleOf } from "../../parts/catalog/index.ts";
import { nearestKey } from "./nearest.ts";
import { pinMistakes } from "./pin-references.ts";
import { resourceMistakes } from "./resource-references.ts";
import { fileOf, pinsFileOf, type TableName, type Tables } from "./table-files.ts";
import { toolMistakes } from "./tool-references.ts";

/** What no table can know alone: that what one names, another has. */
export function crossMistakes(tables: Tables): Mistake[] {
  return [
    ...namedServers(tables),
    ...namedExtensions(tables),
    ...namedRoles(tables),
    ...sharedMatches(tables),
    ...wrongOperators(tables),
    ...pinMistakes(tables),
    ...toolMistakes(tables),
    ...resourceMistakes(tables),
  ];
}

/** A mistake if the table has no such key, with the nearest one as remedy. */
function missingKey(
  tables: Tables,
  table: TableName,
  steps: readonly PropertyKey[],
  key: string,
  known: object,
  what: "server" | "role",
): Mistake[] {
  if (Object.hasOwn(known, key) || tables.broken.has(fileOf(`${what}s`))) return [];
  const remedy = nearestKey(known, key);
  const told = { found: foundText(key), wanted: `the id of a ${what} in ${what}s.yaml` };
  return [tables.mistake(table, steps, remedy === undefined ? told : { ...told, remedy }, pathText(steps))];
}

function namedServers(tables: Tables): Mistake[] {
  const { servers } = tables.servers;
  const mistakes: Mistake[] = [];
  for (const [id, { replacement }] of Object.entries(servers)) {
    const steps = ["servers", id, "replacement"];
    if (replacement === id)
      mistakes.push(tables.mistake("servers", steps, { found: foundText(id), wanted: "another server" }, pathText(steps)));
    else if (replacement !== undefined) mistakes.push(...missingKey(tables, "servers", steps, replacement, servers, "server"));
  }
  const named = { tools: tables.tools.tools, prompts: tables.prompts.prompts, resources: tables.resources.resources };
  for (const table of ["tools", "prompts", "resources"] as const) {
    for (const id of Object.keys(named[table])) mistakes.push(...missingKey(tables, table, [table, id], id, servers, "server"));
  }
  for (const id of tables.pins.keys()) {
    if (!Object.hasOwn(servers, id) && !tables.broken.has(fileOf("servers"))) {
      mistakes.push({ file: pinsFileOf(id), path: "server", found: foundText(id), wanted: "the id of a server in servers.yaml" });
    }
  }
  return mistakes;
}

function namedExtensions(tables: Tables): Mistake[] {
  return Object.entries(tables.servers.servers).flatMap(([id, server]) =>
    extensionMethodMistakes(server).map(({ steps, ...told }) => {
      const path = ["servers", id, "extension_methods", ...steps];
      return tables.mistake("servers", path, told, pathText(path));
    }),
  );
}

type HeldRole = Tables["groups"]["groups"][string]["roles"][number];

function namedRoles(tables: Tables): Mistake[] {
  const { roles } = tables.roles;
  const mistakes: Mistake[] = [];
  const want = (table: TableName, steps: readonly PropertyKey[], named: readonly HeldRole[]): void => {
    const seen = new Set<string>();
    for (const [at, held] of named.entries()) {
      const role = roleOf(held);
      const path = [...steps, at, ...(typeof held === "string" ? [] : ["role"])];
      mistakes.push(...missingKey(tables, table, path, role, roles, "role"));
      // Which of two ends counts would be a riddle.
      const told = { found: `${foundText(role)} again`, wanted: "each role once", remedy: "keep the one that is meant" };
      if (seen.has(role)) mistakes.push(tables.mistake(table, path, told, pathText(path)));
      seen.add(role);
    }
  };
  for (const [id, agent] of Object.entries(tables.agents.agents)) {
    want("agents", ["agents", id, "roles"], agent.roles);
    want("agents", ["agents", id, "roles_alone"], agent.roles_alone);
  }
  for (const [name, group] of Object.entries(tables.groups.groups)) want("groups", ["groups", name, "roles"], group.roles);
  return mistakes;
}

/** Two agents of one name are ambiguous on every call; better to hear it here. Patterns can only be judged token by token. */
function sharedMatches(tables: Tables): Mistake[] {
  const owners = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const [id, agent] of Object.entries(tables.agents.agents)) {
    for (const [at, { issuer, client_id, subject }] of agent.match.entries()) {
      const name = client_id ?? subject;
      if (name === undefined) continue;
      const key = JSON.stringify([issuer, name]);
      const owner = owners.get(key) ?? id;
      owners.set(key, owner);
      if (owner === id) continue;
      const steps = ["agents", id, "match", at];
      const told = { found: `${foundText(name)}, which is also agent ${owner}`, wanted: "tokens that belong to one agent" };
      mistakes.push(tables.mistake("agents", steps, told, pathText(steps)));
    }
  }
  return mistakes;
}

function wrongOperators(tables: Tables): Mistake[] {
  return operatorMistakes(tables.operators.operators, tables.agents.agents).map(({ steps, ...told }) => {
    const path = ["operators", ...steps];
    return tables.mistake("operators", path, told, pathText(path));
  });
}

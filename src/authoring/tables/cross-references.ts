import { didYouMean, foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { ArgumentChecks, schemaFaultCompiled } from "../../parts/catalog/index.ts";
import { fileOf, pinsFileOf, type TableName, type Tables } from "./table-files.ts";

/** What no table can know alone: that what one names, another has. */
export function crossMistakes(tables: Tables): Mistake[] {
  return [...namedServers(tables), ...namedRoles(tables), ...sharedMatches(tables), ...toolMistakes(tables)];
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
  const remedy = didYouMean(key, Object.keys(known));
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
  for (const id of Object.keys(tables.tools.tools)) mistakes.push(...missingKey(tables, "tools", ["tools", id], id, servers, "server"));
  for (const id of tables.pins.keys()) {
    if (!Object.hasOwn(servers, id) && !tables.broken.has(fileOf("servers"))) {
      mistakes.push({ file: pinsFileOf(id), path: "server", found: foundText(id), wanted: "the id of a server in servers.yaml" });
    }
  }
  return mistakes;
}

function namedRoles(tables: Tables): Mistake[] {
  const { roles } = tables.roles;
  const mistakes: Mistake[] = [];
  const want = (table: TableName, steps: readonly PropertyKey[], named: readonly string[]): void => {
    for (const [at, role] of named.entries()) mistakes.push(...missingKey(tables, table, [...steps, at], role, roles, "role"));
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

function toolMistakes(tables: Tables): Mistake[] {
  const checks = new ArgumentChecks();
  return Object.entries(tables.tools.tools).flatMap(([server, tools]) => {
    if (!Object.hasOwn(tables.servers.servers, server)) return [];
    return [...pinMistakes(tables, server, tools), ...Object.keys(tools).flatMap((name) => schemaMistakes(tables, server, name, checks))];
  });
}

function pinMistakes(tables: Tables, server: string, tools: object): Mistake[] {
  if (tables.broken.has(pinsFileOf(server))) return [];
  const pins = tables.pins.get(server);
  const remedy = `run toolgate catalog pin ${server} and review what it writes`;
  if (pins === undefined) {
    const steps = ["tools", server];
    return [
      tables.mistake(
        "tools",
        steps,
        { found: "tools without pins", wanted: `their pins in ${pinsFileOf(server)}`, remedy },
        pathText(steps),
      ),
    ];
  }
  const mistakes = Object.keys(tools)
    .filter((name) => !Object.hasOwn(pins.tools, name))
    .map((name) => {
      const steps = ["tools", server, name];
      const hint = didYouMean(name, Object.keys(pins.tools)) ?? remedy;
      return tables.mistake(
        "tools",
        steps,
        { found: "a tool without a pin", wanted: `its pin in ${pinsFileOf(server)}`, remedy: hint },
        pathText(steps),
      );
    });
  const era = tables.servers.servers[server]?.transport.era;
  if (era !== undefined && era !== "auto" && era !== pins.era) {
    const steps = ["servers", server, "transport", "era"];
    const told = { found: foundText(era), wanted: `${pins.era}, the era its pins were read in; no pin fits in another`, remedy };
    mistakes.push(tables.mistake("servers", steps, told, pathText(steps)));
  }
  return mistakes;
}

function schemaMistakes(tables: Tables, server: string, name: string, checks: ArgumentChecks): Mistake[] {
  const pins = tables.pins.get(server)?.tools ?? {};
  const pinned = Object.hasOwn(pins, name) ? pins[name] : undefined;
  if (pinned === undefined) return [];
  const { inputSchema } = pinned.definition;
  const fault = schemaFaultCompiled(inputSchema);
  if (fault !== undefined) {
    return [
      { file: pinsFileOf(server), path: pathText(["tools", name, "definition", "inputSchema"]), found: "another schema", wanted: fault },
    ];
  }
  const sample = tables.tools.tools[server]?.[name]?.sample;
  if (sample === undefined) return [];
  const steps = ["tools", server, name, "sample", "args"];
  return checks
    .checkFor(inputSchema)(sample.args)
    .map((mistake) => {
      const told = { found: "arguments that the tool's schema refuses", wanted: mistake.replace(/^: /, "") };
      return tables.mistake("tools", steps, told, pathText(steps));
    });
}

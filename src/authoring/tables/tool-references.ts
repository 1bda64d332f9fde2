import { type Mistake, pathText } from "../../core/mistakes.ts";
import { ArgumentChecks, schemaFaultCompiled } from "../../parts/catalog/index.ts";
import { pinsFileOf, type Tables } from "./table-files.ts";

/** Pinned input schemas that cannot be used, and samples that they refuse. */
export function toolMistakes(tables: Tables): Mistake[] {
  const checks = new ArgumentChecks();
  return Object.entries(tables.tools.tools).flatMap(([server, tools]) => {
    if (!Object.hasOwn(tables.servers.servers, server)) return [];
    return Object.keys(tools).flatMap((name) => schemaMistakes(tables, server, name, checks));
  });
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

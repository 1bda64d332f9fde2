import { type Mistake, pathText } from "../../core/mistakes.ts";
import { ArgumentChecks, schemaFaultCompiled } from "../../parts/catalog/index.ts";
import { pinsFileOf, type Tables } from "./table-files.ts";

/** Pinned input schemas that cannot be used, and samples that they refuse. */
export function toolMistakes(tables: Tables): Mistake[] {
  const checked = judgedSchemas();
  return Object.entries(tables.tools.tools).flatMap(([server, tools]) => {
    if (!Object.hasOwn(tables.servers.servers, server)) return [];
    return Object.keys(tools).flatMap((name) => schemaMistakes(tables, server, name, checked));
  });
}

function schemaMistakes(tables: Tables, server: string, name: string, judge: Judge): Mistake[] {
  const pins = tables.pins.get(server)?.tools ?? {};
  const pinned = Object.hasOwn(pins, name) ? pins[name] : undefined;
  if (pinned === undefined) return [];
  const { inputSchema } = pinned.definition;
  const { fault, check } = judge(inputSchema);
  if (fault !== undefined) {
    return [
      { file: pinsFileOf(server), path: pathText(["tools", name, "definition", "inputSchema"]), found: "another schema", wanted: fault },
    ];
  }
  const sample = tables.tools.tools[server]?.[name]?.sample;
  if (sample === undefined) return [];
  const steps = ["tools", server, name, "sample", "args"];
  return check(sample.args).map((mistake) => {
    const told = { found: "arguments that the tool's schema refuses", wanted: mistake.replace(/^: /, "") };
    return tables.mistake("tools", steps, told, pathText(steps));
  });
}

interface Judged {
  readonly fault: string | undefined;
  readonly check: ReturnType<ArgumentChecks["checkFor"]>;
}
type Judge = (schema: PinnedSchema) => Judged;
type PinnedSchema = Parameters<typeof schemaFaultCompiled>[0];

/** Compiling takes milliseconds, and servers that were written by one hand have tools of one schema: each text is compiled once. */
function judgedSchemas(): Judge {
  const checks = new ArgumentChecks();
  const known = new Map<string, Judged>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const judged = known.get(text) ?? { fault: schemaFaultCompiled(schema), check: checks.checkFor(schema) };
    known.set(text, judged);
    return judged;
  };
}

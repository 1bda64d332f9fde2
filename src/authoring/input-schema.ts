import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The schema of `input` of the installed version: the same way up from `src/` and from `dist/`. */
export const inputSchemaFile = fileURLToPath(new URL("../../policies/schemas/input.schema.json", import.meta.url));

const node = z.looseObject({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

let schema: z.infer<typeof node> | undefined;

/** Members that the host always sets where a rule that reads them is asked, whatever the schema leaves open. */
const alwaysThere: ReadonlySet<string> = new Set([
  ...["server", "tool", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"],
  ...["findings", "result", "network"],
]);

/** What the host tells in any case of a connection, and of a tool or server that is catalogued, although the schema leaves it open. */
const catalogued: ReadonlySet<string> = new Set([
  ...["tool.digest", "tool.status", "tool.risk", "tool.effects", "tool.data_classes", "tool.idempotent", "tool.annotations"],
  ...["network.ip", "network.mtls", "server.owner", "server.trust", "server.environment", "server.transport", "server.status"],
]);

/** Whether a path below `input` may be missing in a valid input in which its first `there` steps are. What the schema does not know may. */
export function mayBeMissing(path: readonly string[], there = 0): boolean {
  schema ??= node.parse(JSON.parse(readFileSync(inputSchemaFile, "utf8")));
  let at = schema;
  for (const [depth, step] of path.entries()) {
    const sure =
      at.required.includes(step) || (depth === 0 ? alwaysThere.has(step) : depth === 1 && catalogued.has(path.slice(0, 2).join(".")));
    if (!sure && depth >= there) return true;
    if (depth === path.length - 1) return false;
    const below = at.properties[step];
    const resolved = resolve(below, schema);
    if (resolved === undefined) return true;
    at = resolved;
  }
  return false;
}

function resolve(value: unknown, root: unknown): z.infer<typeof node> | undefined {
  const parsed = node.safeParse(value);
  if (!parsed.success) return undefined;
  const { $ref } = parsed.data;
  if ($ref === undefined) return parsed.data;
  let target: unknown = root;
  for (const step of $ref.replace(/^#\//, "").split("/")) {
    if (typeof target !== "object" || target === null || !Object.hasOwn(target, step)) return undefined;
    target = Reflect.get(target, step);
  }
  const found = node.safeParse(target);
  return found.success ? found.data : undefined;
}

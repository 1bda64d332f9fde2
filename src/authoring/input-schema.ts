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
  ...["findings", "result"],
]);

/** Whether a path below `input` may be missing in a valid input. What the schema does not know may. */
export function mayBeMissing(path: readonly string[]): boolean {
  schema ??= node.parse(JSON.parse(readFileSync(inputSchemaFile, "utf8")));
  let at = schema;
  for (const [depth, step] of path.entries()) {
    if (!at.required.includes(step) && !(depth === 0 && alwaysThere.has(step))) return true;
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

import { foundText, pathText } from "../../core/mistakes.ts";
import type { Findings } from "./findings.ts";
import type { Name } from "./names.ts";
import { fileOf, pinsFileOf, type Tables } from "./table-files.ts";

/** A cost that cannot be filled denies the call. So its argument must be there in each call, and be a whole number. */
export function checkCost(
  tables: Tables,
  steps: readonly PropertyKey[],
  [server, tool]: Name,
  path: readonly string[] | undefined,
  { mistakes }: Findings,
): void {
  if (path === undefined || tables.broken.has(pinsFileOf(server)) || tables.broken.has(fileOf("tools"))) return;
  const pins = tables.pins.get(server)?.tools ?? {};
  const pinned = Object.hasOwn(pins, tool) ? pins[tool] : undefined;
  if (pinned === undefined || isWholeNumber(pinned.definition.inputSchema, path)) return;
  const at = [...steps, "cost"];
  const told = {
    found: `${foundText(path.join("."))}, which calls of ${server}/${tool} may lack or write otherwise`,
    wanted: "an argument that the tool's schema requires and gives the type integer",
    remedy: "write a number, or name the tools that have it",
  };
  mistakes.push(tables.mistake("budgets", at, told, pathText(at)));
}

function isWholeNumber(schema: unknown, path: readonly string[]): boolean {
  let at = schema;
  for (const step of path) {
    const properties = memberOf(at, "properties");
    const required = memberOf(at, "required");
    if (!Array.isArray(required) || !required.includes(step)) return false;
    at = memberOf(properties, step);
  }
  return memberOf(at, "type") === "integer";
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

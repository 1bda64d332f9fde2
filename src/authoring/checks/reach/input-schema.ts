import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Step } from "./origin.ts";

type Schema = Readonly<Record<string, unknown>>;

/** What `toolgate.input/v1` may hold: the same way up from `src/` and from `dist/`. */
const file = fileURLToPath(new URL("../../../../policies/schemas/input.schema.json", import.meta.url));

let known: Schema | undefined;

function inputSchema(): Schema {
  if (known === undefined) {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isSchema(parsed)) throw new Error(`"${file}" is no schema; the installation is broken`);
    known = parsed;
  }
  return known;
}

/** The step at which a path leaves what the input may ever hold, and the members that there are in its place. */
export interface Astray {
  readonly step: string;
  readonly known: readonly string[];
}

/** Where a path of the input leads nowhere; undefined where it may lead to something. */
export function astray(path: readonly Step[]): Astray | undefined {
  let at: unknown = inputSchema();
  for (const step of path) {
    const schema = resolved(at);
    if (!isSchema(schema)) return undefined;
    if (typeof step !== "string") {
      at = schema.items ?? schema.additionalProperties;
      continue;
    }
    const { properties } = schema;
    if (isSchema(properties) && Object.hasOwn(properties, step)) at = properties[step];
    else if (isSchema(properties) && schema.additionalProperties === false) return { step, known: Object.keys(properties) };
    else if (isSchema(schema.additionalProperties)) at = schema.additionalProperties;
    else return isPlain(schema) ? { step, known: [] } : undefined;
  }
  return undefined;
}

/** The words that a place of the input may hold; undefined where any text may stand. */
export function wordsAt(path: readonly Step[]): readonly string[] | undefined {
  let at: unknown = inputSchema();
  for (const step of path) {
    const schema = resolved(at);
    if (!isSchema(schema)) return undefined;
    const { properties, items } = schema;
    at = typeof step === "string" ? (isSchema(properties) ? properties[step] : undefined) : items;
  }
  const schema = resolved(at);
  const words = isSchema(schema) ? schema.enum : undefined;
  return Array.isArray(words) ? words.filter((word) => typeof word === "string") : undefined;
}

/** The types that a place of the input may hold; undefined where the schema leaves it open. */
export function typesAt(path: readonly Step[]): ReadonlySet<string> | undefined {
  let at: unknown = inputSchema();
  for (const step of path) {
    const schema = resolved(at);
    if (!isSchema(schema)) return undefined;
    const { properties, items, additionalProperties } = schema;
    const named = typeof step === "string" && isSchema(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
    at = typeof step === "number" ? items : (named ?? additionalProperties ?? (step === null ? items : undefined));
  }
  const schema = resolved(at);
  if (!isSchema(schema)) return undefined;
  const { type, enum: words } = schema;
  if (typeof type === "string") return new Set([type === "integer" ? "number" : type]);
  return Array.isArray(words) && words.every((word) => typeof word === "string") ? new Set(["string"]) : undefined;
}

/** Members of the input itself. */
export function inputMembers(): readonly string[] {
  const { properties } = inputSchema();
  return isSchema(properties) ? Object.keys(properties) : [];
}

function resolved(schema: unknown): unknown {
  if (!isSchema(schema) || typeof schema.$ref !== "string") return schema;
  const { $defs } = inputSchema();
  return isSchema($defs) ? $defs[schema.$ref.replace("#/$defs/", "")] : undefined;
}

/** A text, number or truth has no members. */
function isPlain({ type, enum: words }: Schema): boolean {
  return words !== undefined || (typeof type === "string" && type !== "object");
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

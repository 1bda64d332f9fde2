import { isMembers } from "./answer.ts";

/** Arguments that a stateless server wants repeated as `Mcp-Param-*` headers (`x-mcp-header` in the tool's schema). */
export interface ParamHeader {
  readonly path: readonly string[];
  readonly header: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES = ["string", "integer", "boolean"];

/**
 * The declarations of a schema, or undefined if one of them breaks a rule of the specification; such a tool must not be
 * offered over HTTP. Allowed are only typed members reached through `properties` alone.
 */
export function paramHeaders(inputSchema: Readonly<Record<string, unknown>>): readonly ParamHeader[] | undefined {
  const found: ParamHeader[] = [];
  return collect(inputSchema, [], true, found) && distinct(found) ? found : undefined;
}

function collect(node: unknown, path: readonly string[], reachable: boolean, found: ParamHeader[]): boolean {
  if (Array.isArray(node)) return node.every((item) => collect(item, path, false, found));
  if (!isMembers(node)) return true;
  if ("x-mcp-header" in node) {
    const header = node["x-mcp-header"];
    if (!reachable || path.length === 0 || typeof header !== "string" || !TOKEN.test(header)) return false;
    if (!TYPES.includes(String(node.type))) return false;
    found.push({ path, header });
  }
  for (const [keyword, value] of Object.entries(node)) {
    if (VALUES.has(keyword)) continue;
    const named = isMembers(value) && NAMED.has(keyword);
    const children = named ? Object.entries(value) : [["", value] as const];
    for (const [name, child] of children) {
      if (!collect(child, keyword === "properties" ? [...path, name] : path, reachable && keyword === "properties", found)) return false;
    }
  }
  return true;
}

/** Keywords whose members are schemas by name; `properties` is the only one a declaration may be reached through. */
const NAMED = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);
/** Keywords that hold plain values, which may look like schemas. */
const VALUES = new Set(["const", "enum", "default", "examples", "x-mcp-header"]);

function distinct(found: readonly ParamHeader[]): boolean {
  return new Set(found.map(({ header }) => header.toLowerCase())).size === found.length;
}

/** Name and value by turns, ready for a header list. Absent, null and non-primitive arguments have no header. */
export function paramHeaderValues(declared: readonly ParamHeader[], args: unknown): string[] {
  const headers: string[] = [];
  for (const { path, header } of declared) {
    let value = args;
    for (const key of path) value = isMembers(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && isWritable(value))) {
      headers.push(`mcp-param-${header}`, headerValue(String(value)));
    }
  }
  return headers;
}

function isWritable(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

const BASE64 = /^=\?base64\?.*\?=$/s;
const PLAIN = /^[\t\x20-\x7e]+$/;

/** A text as a header value: as it is, or in the specification's base64 form if a header could not carry it unchanged. */
export function headerValue(text: string): string {
  if (PLAIN.test(text) && text === text.trim() && !BASE64.test(text)) return text;
  return `=?base64?${Buffer.from(text, "utf8").toString("base64")}?=`;
}

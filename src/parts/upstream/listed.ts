import type { ServerDefinition } from "../../core/server.ts";
import { type PromptDefinition, pinOf, type ResourceDefinition, type TemplateDefinition, type ToolDefinition } from "../../core/tool.ts";
import type { Logger } from "../../platform/logger.ts";
import { isMembers, type Members } from "./answer.ts";
import { declaredCapabilities } from "./capabilities.ts";
import { paramHeaders } from "./param-headers.ts";
import type { Listing } from "./upstream.ts";
import type { Link } from "./wire.ts";

/** What a server listed, not looked at yet. */
export interface Found {
  readonly server: ServerDefinition;
  readonly link: Link;
  readonly overHttp: boolean;
  readonly logger: Logger;
  readonly items: readonly unknown[];
}

/** Names that do not fit the aggregate are for the gateway to leave out there; here only what could not be named at all. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
const URI = /^[^\p{Cc}\p{Cs}]{1,8192}$/u;
/** Of what is left out, so much is told one by one. */
const TOLD = 20;

export function usableTools(found: Found): Listing["tools"] {
  const { server, link, overHttp } = found;
  const mirrors = link.era === "stateless" && overHttp;
  const tools = unique(found, "tool", "name", (item): ToolDefinition | string => {
    const { name, inputSchema } = item;
    if (!isText(name, NAME) || !isMembers(inputSchema)) return "its name or its input schema cannot be used";
    // Schemas are only carried. Nothing here follows a $ref, wherever it leads.
    if (mirrors && paramHeaders(inputSchema) === undefined) return "its x-mcp-header is against the specification";
    return { ...item, name, inputSchema };
  });
  return pinned(tools, server, link);
}

export function usablePrompts(found: Found): Listing["prompts"] {
  const prompts = unique(found, "prompt", "name", (item): PromptDefinition | string => {
    const { name, arguments: declared } = item;
    if (!isText(name, NAME)) return "its name cannot be used";
    return declared === undefined || isArguments(declared) ? { ...item, name } : "its arguments cannot be used";
  });
  return pinned(prompts, found.server, found.link);
}

export function usableResources(found: Found): Listing["resources"] {
  return unique(found, "resource", "uri", (item): ResourceDefinition | string => {
    const { uri, name } = item;
    return isText(uri, URI) && isText(name, NAME) ? { ...item, uri, name } : "its URI or its name cannot be used";
  });
}

export function usableTemplates(found: Found): Listing["templates"] {
  const templates = unique(found, "template", "uriTemplate", (item): TemplateDefinition | string => {
    const { uriTemplate, name } = item;
    return isText(uriTemplate, URI) && isText(name, NAME) ? { ...item, uriTemplate, name } : "its template or its name cannot be used";
  });
  return pinned(templates, found.server, found.link);
}

function pinned<T extends ToolDefinition | PromptDefinition | TemplateDefinition>(
  definitions: ReadonlyMap<string, T>,
  server: ServerDefinition,
  { era }: Link,
) {
  const declared = declaredCapabilities(server);
  return new Map(Array.from(definitions, ([key, definition]) => [key, { definition, pin: pinOf(definition, era, declared) }]));
}

/** A definition that cannot be used leaves out that one alone; of two with one key neither can be meant. */
function unique<T extends Members>(found: Found, what: string, key: string, read: (item: Members) => T | string): Map<string, T> {
  const usable = new Map<string, T>();
  const twice = new Set<string>();
  let left = 0;
  const leaveOut = (name: unknown, because: string) => {
    if (++left > TOLD) return;
    const shown = typeof name === "string" ? name.slice(0, 64) : "";
    found.logger.warn({ server: found.server.id, [what]: shown }, `a ${what} is left out: ${because}`);
  };
  for (const item of found.items) {
    const definition = !isMembers(item) ? "it is no object" : isExact(item) ? read(item) : "it has a number that no reader holds";
    if (typeof definition === "string") {
      leaveOut(isMembers(item) ? item[key] : undefined, definition);
      continue;
    }
    const name = String(definition[key]);
    if (usable.has(name)) twice.add(name);
    else usable.set(name, definition);
  }
  for (const name of twice) {
    usable.delete(name);
    leaveOut(name, "the server offers it more than once");
  }
  if (left > TOLD)
    found.logger.warn({ server: found.server.id, left_out: left }, `of a server's ${what}s more are left out than are told one by one`);
  return usable;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

function isArguments(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => isMembers(one) && isText(one.name, NAME));
}

/** A number that overflowed has no canonical form, so no pin. */
function isExact(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

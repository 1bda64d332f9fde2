import { ok, type Result } from "../../core/result.ts";
import { pinOf, type ToolDefinition } from "../../core/tool.ts";
import type { Logger } from "../../platform/logger.ts";
import { isMembers } from "./answer.ts";
import type { UpstreamConfig } from "./config.ts";
import { failed } from "./failure.ts";
import { requestBody } from "./messages.ts";
import { paramHeaders } from "./param-headers.ts";
import { lostSession, outcomeOf } from "./status.ts";
import type { Listing, LiveTool, UpstreamFailure } from "./upstream.ts";
import type { Link, Wire } from "./wire.ts";

export interface ListingRead {
  readonly serverId: string;
  readonly wire: Wire;
  readonly link: Link;
  readonly meta: string;
  readonly credential: Readonly<Record<string, string>>;
  readonly config: UpstreamConfig;
  readonly timeoutMs: number;
  readonly nextId: () => number;
  readonly now: () => number;
  readonly logger: Logger;
  /** The server no longer knows the session of the link. */
  readonly onLost: () => void;
}

const CURSOR_LENGTH = 65_536;

/** Reads all pages of `tools/list`, within bounds. */
export async function readListing(read: ListingRead): Promise<Result<Listing, UpstreamFailure>> {
  const { link, config } = read;
  const found: unknown[] = [];
  const cursors = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  while (link.hasTools) {
    const page = await readPage(read, cursor, config.list_max_bytes - bytes);
    if (!page.ok) return page;
    bytes += page.value.bytes;
    found.push(...page.value.tools);
    cursor = page.value.cursor;
    if (found.length > config.list_max_tools) return unbounded(`more than ${config.list_max_tools} tools`);
    if (cursor === undefined) break;
    if (cursors.has(cursor) || cursor.length > CURSOR_LENGTH) return unbounded("pages that lead back to themselves");
    cursors.add(cursor);
    if (cursors.size >= config.list_max_pages) return unbounded(`more than ${config.list_max_pages} pages`);
  }
  return ok({ era: link.era, protocolVersion: link.protocolVersion, tools: usable(read, found), readAt: read.now() });
}

interface Page {
  readonly tools: readonly unknown[];
  readonly cursor: string | undefined;
  readonly bytes: number;
}

async function readPage(read: ListingRead, cursor: string | undefined, maxBytes: number): Promise<Result<Page, UpstreamFailure>> {
  const { wire, link, meta, credential, timeoutMs } = read;
  const id = read.nextId();
  const body = requestBody(id, "tools/list", cursor === undefined ? "" : `"cursor":${JSON.stringify(cursor)}`, link.era, meta);
  const headers = link.era === "stateless" ? { headers: ["mcp-method", "tools/list"] } : {};
  const answer = await wire.request({
    id,
    method: "tools/list",
    body,
    link,
    credential,
    maxBytes: Math.max(1, maxBytes),
    timeoutMs,
    ...headers,
  });
  if (!answer.ok) return answer;
  if (lostSession(answer.value, link)) {
    read.onLost();
    return failed("upstream.unavailable", "the server no longer knows the session", true);
  }
  const outcome = outcomeOf(answer.value, id);
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "error") {
    return failed("upstream.invalid_answer", `tools/list was answered with error ${outcome.value.error.code}`, true);
  }
  const { tools, nextCursor } = outcome.value.result;
  if (!Array.isArray(tools)) return failed("upstream.invalid_answer", "the listing has no tools", true);
  const next = typeof nextCursor === "string" && nextCursor !== "" ? nextCursor : undefined;
  return ok({ tools, cursor: next, bytes: answer.value.bytes });
}

/** A definition that cannot be used leaves out that tool alone; of two with one name neither can be meant. */
function usable(read: ListingRead, found: readonly unknown[]): ReadonlyMap<string, LiveTool> {
  const { serverId, wire, link, logger } = read;
  const tools = new Map<string, LiveTool>();
  const twice = new Set<string>();
  for (const candidate of found) {
    const definition = definitionOf(candidate);
    if (definition === undefined) {
      logger.warn({ server: serverId, tool: nameOf(candidate) }, "a tool is left out: its name or its input schema cannot be used");
    } else if (link.era === "stateless" && wire.kind === "http" && paramHeaders(definition.inputSchema) === undefined) {
      logger.warn({ server: serverId, tool: definition.name }, "a tool is left out: its x-mcp-header is against the specification");
    } else if (tools.has(definition.name)) twice.add(definition.name);
    else tools.set(definition.name, { definition, pin: pinOf(definition, link.era) });
  }
  for (const name of twice) {
    tools.delete(name);
    logger.warn({ server: serverId, tool: name }, "tools are left out: the server offers the name more than once");
  }
  return tools;
}

/** Names that do not fit the aggregate are for the gateway to leave out there; here only what could not be named at all. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

function definitionOf(candidate: unknown): ToolDefinition | undefined {
  if (!isMembers(candidate)) return undefined;
  const { name, inputSchema } = candidate;
  if (typeof name !== "string" || !NAME.test(name) || !isMembers(inputSchema) || !isExact(candidate)) return undefined;
  return { ...candidate, name, inputSchema };
}

/** A number that overflowed has no canonical form, so no pin. */
function isExact(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

function nameOf(candidate: unknown): string {
  const name = isMembers(candidate) ? candidate.name : undefined;
  return typeof name === "string" ? name.slice(0, 64) : "";
}

function unbounded(what: string): ReturnType<typeof failed> {
  return failed("upstream.invalid_answer", `the listing has ${what}`, true);
}

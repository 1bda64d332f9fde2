import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Logger } from "../../platform/logger.ts";
import type { UpstreamConfig } from "./config.ts";
import { type Failed, failed } from "./failure.ts";
import { type Found, usablePrompts, usableResources, usableTemplates, usableTools } from "./listed.ts";
import { requestBody } from "./messages.ts";
import { lostSession, NOT_FOUND, outcomeOf } from "./status.ts";
import type { Listing, ListKind, UpstreamFailure } from "./upstream.ts";
import type { Has, Link, Wire } from "./wire.ts";

export interface ListingRead {
  readonly server: ServerDefinition;
  readonly wire: Wire;
  readonly link: Link;
  /** Members of `_meta` for a stateless server, which say what is declared to it. */
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
/** Tools do not wait longer for lists that a server only claims to have. */
const OPTIONAL_MS = 5_000;

const lists: Readonly<Record<ListKind, { readonly method: string; readonly member: string; readonly of: keyof Has }>> = {
  tools: { method: "tools/list", member: "tools", of: "tools" },
  prompts: { method: "prompts/list", member: "prompts", of: "prompts" },
  resources: { method: "resources/list", member: "resources", of: "resources" },
  templates: { method: "resources/templates/list", member: "resourceTemplates", of: "resources" },
};

/** What one reading has used up and found out. */
interface Reading extends ListingRead {
  bytesLeft: number;
  lost: boolean;
}

/** Reads all pages of every list that the server has, within bounds. Only the tools are a must. */
export async function readListing(read: ListingRead): Promise<Result<Listing, UpstreamFailure>> {
  const { link, server, logger } = read;
  const reading: Reading = { ...read, bytesLeft: read.config.list_max_bytes, lost: false };
  const tools = await readList(reading, "tools", read.timeoutMs);
  if (!tools.ok) return tools;
  const [prompts, resources, templates] = await Promise.all([
    readOptional(reading, "prompts"),
    readOptional(reading, "resources"),
    readOptional(reading, "templates"),
  ]);
  if (reading.lost) return failed("upstream.unavailable", "the server no longer knows the session", true);
  const found = (items: readonly unknown[]): Found => ({ server, link, overHttp: read.wire.kind === "http", logger, items });
  return ok({
    era: link.era,
    protocolVersion: link.protocolVersion,
    tools: usableTools(found(tools.value)),
    prompts: usablePrompts(found(prompts)),
    resources: usableResources(found(resources)),
    templates: usableTemplates(found(templates)),
    offers: link.offers,
    readAt: read.now(),
  });
}

async function readOptional(reading: Reading, kind: ListKind): Promise<readonly unknown[]> {
  const items = await readList(reading, kind, Math.min(reading.timeoutMs, OPTIONAL_MS));
  if (items.ok) return items.value;
  const { code, detail } = items.error;
  reading.logger.warn({ server: reading.server.id, list: kind, code, detail }, "a list of a server could not be read; it counts as empty");
  return [];
}

/** All pages of one list; none if the server has no such list. */
async function readList(reading: Reading, kind: ListKind, timeoutMs: number): Promise<Result<readonly unknown[], UpstreamFailure>> {
  const { link, config } = reading;
  const found: unknown[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  while (link.has[lists[kind].of]) {
    const page = await readPage(reading, kind, cursor, timeoutMs);
    if (!page.ok) return page;
    if (found.length + page.value.items.length > config.list_max_tools) return unbounded(`more than ${config.list_max_tools} ${kind}`);
    for (const item of page.value.items) found.push(item);
    cursor = page.value.cursor;
    if (cursor === undefined) break;
    if (cursors.has(cursor) || cursor.length > CURSOR_LENGTH) return unbounded("pages that lead back to themselves");
    cursors.add(cursor);
    if (cursors.size >= config.list_max_pages) return unbounded(`more than ${config.list_max_pages} pages`);
  }
  return ok(found);
}

interface Page {
  readonly items: readonly unknown[];
  readonly cursor: string | undefined;
}

async function readPage(
  reading: Reading,
  kind: ListKind,
  cursor: string | undefined,
  timeoutMs: number,
): Promise<Result<Page, UpstreamFailure>> {
  const { wire, link, meta, credential } = reading;
  const { method, member } = lists[kind];
  const id = reading.nextId();
  const stateless = link.era === "stateless";
  const answer = await wire.request({
    id,
    method,
    body: requestBody(id, method, cursor === undefined ? "" : `"cursor":${JSON.stringify(cursor)}`, stateless ? meta : ""),
    link,
    credential,
    maxBytes: Math.max(1, reading.bytesLeft),
    timeoutMs,
    ...(stateless ? { headers: ["mcp-method", method] } : {}),
  });
  if (!answer.ok) return answer;
  reading.bytesLeft -= answer.value.bytes;
  if (lostSession(answer.value, link)) {
    reading.lost = true;
    reading.onLost();
    return failed("upstream.unavailable", "the server no longer knows the session", true);
  }
  const outcome = outcomeOf(answer.value, id);
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "error") {
    const { code } = outcome.value.error;
    if (code === NOT_FOUND && cursor === undefined) return ok({ items: [], cursor: undefined });
    return failed("upstream.invalid_answer", `${method} was answered with error ${code}`, true);
  }
  const { [member]: items, nextCursor } = outcome.value.result;
  if (!Array.isArray(items)) return failed("upstream.invalid_answer", `the answer to ${method} has no ${member}`, true);
  return ok({ items, cursor: typeof nextCursor === "string" && nextCursor !== "" ? nextCursor : undefined });
}

function unbounded(what: string): Failed {
  return failed("upstream.invalid_answer", `the listing has ${what}`, true);
}

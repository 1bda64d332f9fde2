import type { ListKind } from "../../../gateway/index.ts";
import { resultText, sendJson } from "../answer.ts";
import { badParams, meta } from "../protocol.ts";
import { doorName, refuse, sendRefused, type Turn, type Visit } from "../visit.ts";
import { cursorAt, offsetOf } from "./cursor.ts";

const members: Readonly<Record<ListKind, string>> = {
  tools: "tools",
  prompts: "prompts",
  resources: "resources",
  templates: "resourceTemplates",
};

/** A handler for one of the lists: a page of what this caller may use at this door. */
export function listed(kind: ListKind): (visit: Visit, turn: Turn) => Promise<void> {
  return async (visit, { exchange, message, id }) => {
    const cursor = message.params?.cursor;
    if (cursor !== undefined && typeof cursor !== "string")
      return refuse(visit, badParams(`Invalid params: "cursor" must be a string`, message));
    const all = await visit.door.gateway.list(exchange, kind);
    if (!all.ok) return sendRefused(visit.reply, id, all.error);
    const { items, revision } = all.value;
    const scope = { revision, callerKey: visit.caller.key, door: doorName(visit), kind };
    const start = cursor === undefined ? 0 : offsetOf(cursor, scope);
    if (start === undefined || (start > 0 && start >= items.length)) {
      return refuse(
        visit,
        badParams("Invalid params: the cursor belongs to another list, or the list has changed; start again without it", message),
      );
    }
    const end = Math.min(start + visit.door.config.lists.page_size, items.length);
    const page = items.slice(start, end).join(",");
    const next = end < items.length ? `,"nextCursor":${JSON.stringify(cursorAt(end, scope))}` : "";
    const hints = exchange.era === "stateless" ? listHints(visit) : "";
    sendJson(visit.reply, 200, resultText(id, `{"${members[kind]}":[${page}]${next}${hints}}`));
  };
}

/** What the stateless era says about a list: that it is whole, how long it may be kept, and that it is this caller's alone. */
function listHints(visit: Visit): string {
  const { config, serverInfo } = visit.door;
  const about = JSON.stringify({ [meta.serverInfo]: serverInfo });
  return `,"resultType":"complete","ttlMs":${config.lists.ttl_ms},"cacheScope":"private","_meta":${about}`;
}

import type { Exchange } from "../../gateway/index.ts";
import { errorText, resultText, sendJson } from "./answer.ts";
import { cursorAt, offsetOf } from "./cursor.ts";
import { badParams, codes, type Message, meta, type RequestId } from "./protocol.ts";
import { doorName, refuse, sendRefused, type Visit } from "./visit.ts";

/** `tools/list` of both eras: a page of what this caller may use at this door. */
export async function listTools(visit: Visit, exchange: Exchange, asked: Message, id: RequestId): Promise<void> {
  const cursor = asked.params?.cursor;
  if (cursor !== undefined && typeof cursor !== "string")
    return refuse(visit, badParams(`Invalid params: "cursor" must be a string`, asked));
  const listed = await visit.door.gateway.listTools(exchange);
  if (!listed.ok) return sendRefused(visit.reply, id, listed.error);
  const { tools, revision } = listed.value;
  const scope = { revision, callerKey: visit.caller.key, door: doorName(visit) };
  const start = cursor === undefined ? 0 : offsetOf(cursor, scope);
  if (start === undefined || (start > 0 && start >= tools.length)) {
    return refuse(
      visit,
      badParams("Invalid params: the cursor belongs to another list, or the list has changed; start again without it", asked),
    );
  }
  const end = Math.min(start + visit.door.config.lists.page_size, tools.length);
  const texts: string[] = [];
  for (let at = start; at < end; at++) texts.push(tools[at]?.text ?? "");
  const next = end < tools.length ? `,"nextCursor":${JSON.stringify(cursorAt(end, scope))}` : "";
  sendJson(visit.reply, 200, resultText(id, `{"tools":[${texts.join(",")}]${next}${listHints(visit, exchange)}}`));
}

/** What the stateless era says about a list: that it is whole, how long it may be kept, and that it is this caller's alone. */
function listHints(visit: Visit, exchange: Exchange): string {
  if (exchange.era !== "stateless") return "";
  const { config, serverInfo } = visit.door;
  const about = JSON.stringify({ [meta.serverInfo]: serverInfo });
  return `,"resultType":"complete","ttlMs":${config.lists.ttl_ms},"cacheScope":"private","_meta":${about}`;
}

/** The answer to a tool that does not exist, and just so to one that this caller may not know about. */
export function unknownToolText(id: RequestId, tool: string, decisionId: string): string {
  return errorText(id, codes.invalidParams, `Unknown tool: ${tool}`, { decision: decisionId });
}

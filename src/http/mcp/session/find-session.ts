import type { Exchange, Session } from "../../../gateway/index.ts";
import { openExchange } from "../exchange.ts";
import { metaOf } from "../message.ts";
import { badRequest, codes, type Fault, type Message, shown } from "../protocol.ts";
import { doorName, headerOf, type Visit } from "../visit.ts";

export const SESSION_HEADER = "mcp-session-id";

/** The live session that this request names, or the fault to answer with. A foreign one looks like none. */
export async function findSession(visit: Visit): Promise<Session | Fault> {
  const id = headerOf(visit.request, SESSION_HEADER);
  if (id === undefined) return { ...badRequest("Bad request: the Mcp-Session-Id header is missing; initialize first"), code: codes.http };
  const version = headerOf(visit.request, "mcp-protocol-version");
  const session = await visit.door.sessions.find(id, visit.caller.key, doorName(visit), visit.door.clock.now());
  if (session === undefined) return { ...badRequest("Session not found: initialize again"), status: 404, code: codes.sessionNotFound };
  if (version !== undefined && version !== session.protocolVersion) {
    const wanted = `this session speaks ${session.protocolVersion}`;
    return { ...badRequest(`Bad request: the MCP-Protocol-Version header says "${shown(version)}", but ${wanted}`), code: codes.http };
  }
  return session;
}

export function exchangeOf(visit: Visit, session: Session, asked: Message | undefined): Exchange {
  const exchange = openExchange(visit, "session", session, asked === undefined ? undefined : metaOf(asked));
  exchange.session = session;
  return exchange;
}

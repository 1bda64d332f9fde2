import { resultText, sendJson } from "../answer.ts";
import { offeredCapabilities, readCapabilities } from "../capabilities.ts";
import { openExchange } from "../exchange.ts";
import { metaOf } from "../message.ts";
import {
  badParams,
  badRequest,
  codes,
  isMembers,
  latestSessionVersion,
  type Message,
  type RequestId,
  sessionVersions,
} from "../protocol.ts";
import { clientOf, doorName, headerOf, refuse, sendRefused, type Visit } from "../visit.ts";
import { SESSION_HEADER } from "./find-session.ts";

export async function initialize(visit: Visit, asked: Message, id: RequestId): Promise<void> {
  if (headerOf(visit.request, SESSION_HEADER) !== undefined) {
    return refuse(
      visit,
      badRequest("Invalid request: this session is initialized already; initialize without a session id", id, asked.method),
    );
  }
  const wanted = asked.params?.protocolVersion;
  const info = asked.params?.clientInfo;
  const client = clientOf(isMembers(info) ? info : undefined);
  if (typeof wanted !== "string" || client === undefined || !isMembers(asked.params?.capabilities)) {
    return refuse(
      visit,
      badParams(`Invalid params: initialize needs "protocolVersion", "capabilities" and "clientInfo" with name and version`, asked),
    );
  }
  const protocolVersion = sessionVersions.includes(wanted) ? wanted : latestSessionVersion;
  const declared = readCapabilities(asked.params.capabilities, protocolVersion);
  if (!declared.ok) return refuse(visit, badParams(`Invalid params: ${declared.error}`, asked));
  const capabilities = declared.value;
  const { gateway, sessions, clock, serverInfo } = visit.door;
  const exchange = openExchange(visit, "session", { protocolVersion, client, capabilities }, metaOf(asked));
  const admitted = await gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  const opened = { owner: visit.caller.key, door: doorName(visit), protocolVersion, client, capabilities };
  const session = await sessions.open(opened, clock.now());
  if (session === undefined) {
    const message = "There are too many open sessions for this principal. End sessions that are no longer used.";
    return refuse(visit, { status: 429, code: codes.http, message, id, reason: "session.limit", method: asked.method });
  }
  visit.reply.header(SESSION_HEADER, session.id);
  const offered = offeredCapabilities(gateway.offers(exchange), "session");
  sendJson(visit.reply, 200, resultText(id, JSON.stringify({ protocolVersion, capabilities: offered, serverInfo })));
}

import type { Exchange, Session } from "../../gateway/index.ts";
import { notificationText, resultText, sendJson } from "./answer.ts";
import { callTool } from "./call.ts";
import { EventStream } from "./event-stream.ts";
import { metaOf } from "./message.ts";
import { tooManyStreams } from "./open-streams.ts";
import {
  badParams,
  badRequest,
  codes,
  type Fault,
  isMembers,
  latestSessionVersion,
  type Message,
  type RequestId,
  sessionVersions,
  shown,
  unsupportedMethod,
} from "./protocol.ts";
import { listTools } from "./tools.ts";
import { traceOf } from "./trace.ts";
import { clientOf, doorName, headerOf, refuse, sendRefused, type Visit } from "./visit.ts";

/** The door of the eras with sessions, 2025-03-26 to 2025-11-25: initialize first, then everything under a session id. */

const SESSION_HEADER = "mcp-session-id";
const CAPABILITIES = { tools: { listChanged: true } };

export async function postWithSession(visit: Visit, asked: Message): Promise<void> {
  if (asked.method === "initialize" && asked.id !== undefined) return initialize(visit, asked, asked.id);
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, { ...session, id: asked.id, method: asked.method });
  if (asked.id === undefined) return notified(visit, session, asked);
  switch (asked.method) {
    case "ping":
      return sendJson(visit.reply, 200, resultText(asked.id, "{}"));
    case "tools/list":
      return listTools(visit, exchangeOf(visit, session, asked), asked, asked.id);
    case "tools/call":
      return callInSession(visit, session, asked, asked.id);
    default:
      return refuse(visit, unsupportedMethod(asked, 200));
  }
}

/** GET: the stream on which the client hears that the list of tools changed. */
export async function openSessionStream(visit: Visit): Promise<void> {
  if (!headerOf(visit.request, "accept")?.includes("text/event-stream")) {
    return refuse(visit, { ...badRequest("Not acceptable: a GET must accept text/event-stream"), status: 406, code: codes.http });
  }
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, session);
  const { streams, config } = visit.door;
  if (streams.countOf(visit.caller.key) >= config.limits.streams_per_caller) return refuse(visit, tooManyStreams());
  streams.add({
    events: new EventStream(visit.reply, { [SESSION_HEADER]: session.id }),
    exchange: exchangeOf(visit, session, undefined),
    session: session.id,
    listChanged: notificationText("notifications/tools/list_changed"),
  });
}

export async function deleteSession(visit: Visit): Promise<void> {
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, session);
  const { sessions, streams, inFlight, clock } = visit.door;
  await sessions.end(session.id, visit.caller.key, clock.now());
  streams.endSession(session.id);
  inFlight.cancelAll(session.id);
  visit.reply.code(204).send();
}

async function initialize(visit: Visit, asked: Message, id: RequestId): Promise<void> {
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
  const { gateway, sessions, clock, serverInfo } = visit.door;
  const trace = traceOf(visit.request, metaOf(asked));
  const admitted = await gateway.admit({ ...seen(visit), era: "session", protocolVersion, client, ...trace });
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  const session = await sessions.open({ owner: visit.caller.key, door: doorName(visit), protocolVersion, client }, clock.now());
  if (session === undefined) {
    const message = "There are too many open sessions for this principal. End sessions that are no longer used.";
    return refuse(visit, { status: 429, code: codes.http, message, id, reason: "session.limit", method: asked.method });
  }
  visit.reply.header(SESSION_HEADER, session.id);
  sendJson(visit.reply, 200, resultText(id, JSON.stringify({ protocolVersion, capabilities: CAPABILITIES, serverInfo })));
}

async function callInSession(visit: Visit, session: Session, asked: Message, id: RequestId): Promise<void> {
  const { inFlight } = visit.door;
  const controller = new AbortController();
  if (!inFlight.add(session.id, id, controller)) {
    return refuse(
      visit,
      badRequest(`Invalid request: a call with the id ${shown(JSON.stringify(id))} is under way already`, id, asked.method),
    );
  }
  try {
    await callTool(visit, exchangeOf(visit, session, asked), asked, id, controller);
  } finally {
    inFlight.remove(session.id, id);
  }
}

/** A notification gets no answer, whatever it says. A cancellation reaches calls of its own session only. */
function notified(visit: Visit, session: Session, asked: Message): void {
  if (asked.method === "notifications/cancelled") visit.door.inFlight.cancel(session.id, asked.params?.requestId);
  visit.reply.code(202).send();
}

/** The live session that this request names, or the fault to answer with. A foreign one looks like none. */
async function findSession(visit: Visit): Promise<Session | Fault> {
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

function exchangeOf(visit: Visit, session: Session, asked: Message | undefined): Exchange {
  return {
    ...seen(visit),
    era: "session",
    protocolVersion: session.protocolVersion,
    client: session.client,
    session,
    ...traceOf(visit.request, asked === undefined ? undefined : metaOf(asked)),
  };
}

function seen(visit: Visit): Pick<Exchange, "caller" | "network" | "serverId"> {
  const { caller, network, serverId } = visit;
  return serverId === undefined ? { caller, network } : { caller, network, serverId };
}

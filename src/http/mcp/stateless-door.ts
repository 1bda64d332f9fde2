import type { Exchange } from "../../gateway/index.ts";
import { notificationText, resultText, sendJson } from "./answer.ts";
import { callTool } from "./call.ts";
import { checkEnvelope } from "./envelope.ts";
import { EventStream } from "./event-stream.ts";
import { metaOf } from "./message.ts";
import { tooManyStreams } from "./open-streams.ts";
import { badParams, isMembers, type Message, meta, type RequestId, statelessVersion, unsupportedMethod } from "./protocol.ts";
import { listTools } from "./tools.ts";
import { traceOf } from "./trace.ts";
import { clientOf, refuse, sendRefused, type Visit } from "./visit.ts";

/** The door of 2026-07-28: every request carries what a session would remember, and the headers repeat it. */

const UNNAMED = { name: "unnamed", version: "0" };

export async function postStateless(visit: Visit, asked: Message): Promise<void> {
  const fault = checkEnvelope(visit.request, asked);
  if (fault !== undefined) return refuse(visit, fault);
  if (asked.id === undefined) {
    // Cancelling is done by closing the connection, and nothing else is expected from a client.
    visit.reply.code(202).send();
    return;
  }
  const exchange = exchangeOf(visit, asked);
  switch (asked.method) {
    case "server/discover":
      return discover(visit, exchange, asked.id);
    case "tools/list":
      return listTools(visit, exchange, asked, asked.id);
    case "tools/call":
      return callStateless(visit, exchange, asked, asked.id);
    case "subscriptions/listen":
      return listen(visit, exchange, asked, asked.id);
    default:
      return refuse(visit, unsupportedMethod(asked, 404));
  }
}

async function discover(visit: Visit, exchange: Exchange, id: RequestId): Promise<void> {
  const admitted = await visit.door.gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  const { serverInfo, config } = visit.door;
  const result = {
    supportedVersions: [statelessVersion],
    capabilities: { tools: { listChanged: true } },
    resultType: "complete",
    ttlMs: config.lists.ttl_ms,
    cacheScope: "private",
    _meta: { [meta.serverInfo]: serverInfo },
  };
  sendJson(visit.reply, 200, resultText(id, JSON.stringify(result)));
}

/** A connection that closes before its answer is the caller's cancellation. */
async function callStateless(visit: Visit, exchange: Exchange, asked: Message, id: RequestId): Promise<void> {
  const controller = new AbortController();
  const { raw } = visit.reply;
  raw.once("close", () => {
    if (!raw.writableEnded) controller.abort();
  });
  await callTool(visit, exchange, asked, id, controller);
}

/** A stream of the notifications that the caller asked for and that this gateway has: changes of the list of tools. */
async function listen(visit: Visit, exchange: Exchange, asked: Message, id: RequestId): Promise<void> {
  const wanted = asked.params?.notifications;
  if (!isMembers(wanted)) return refuse(visit, badParams(`Invalid params: "notifications" must be an object`, asked));
  const { gateway, streams, config, serverInfo } = visit.door;
  const admitted = await gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  if (streams.countOf(visit.caller.key) >= config.limits.streams_per_caller)
    return refuse(visit, { ...tooManyStreams(), id, method: asked.method });
  const about = { [meta.subscriptionId]: id };
  const heard = wanted.toolsListChanged === true;
  const events = new EventStream(visit.reply);
  const notifications = heard ? { toolsListChanged: true } : {};
  events.send(notificationText("notifications/subscriptions/acknowledged", { notifications, _meta: about }));
  const farewell = resultText(id, JSON.stringify({ resultType: "complete", _meta: { ...about, [meta.serverInfo]: serverInfo } }));
  if (!heard) return events.end(farewell);
  const listChanged = notificationText("notifications/tools/list_changed", { _meta: about });
  streams.add({ events, exchange, listChanged, farewell });
}

function exchangeOf(visit: Visit, asked: Message): Exchange {
  const given = metaOf(asked);
  const info = given?.[meta.clientInfo];
  return {
    caller: visit.caller,
    network: visit.network,
    ...(visit.serverId === undefined ? {} : { serverId: visit.serverId }),
    era: "stateless",
    protocolVersion: statelessVersion,
    client: clientOf(isMembers(info) ? info : undefined) ?? UNNAMED,
    ...traceOf(visit.request, given),
  };
}

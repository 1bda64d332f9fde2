import { parseUri } from "../../../core/uri.ts";
import { resultText, sendJson } from "../answer.ts";
import { tellChanged } from "../elsewhere.ts";
import { badRequest, codes, type Fault } from "../protocol.ts";
import { tooManyWatched } from "../streams/index.ts";
import { refuse, sendFault, sendRefused, type Turn, type Visit } from "../visit.ts";
import { readLevel, readUri } from "./params.ts";
import { unknownResourceText } from "./render.ts";

/** What only sessions have, and what reaches no server. */

export async function ping(visit: Visit, { id }: Turn): Promise<void> {
  sendJson(visit.reply, 200, resultText(id, "{}"));
}

export async function setLevel(visit: Visit, { message, id, session }: Turn): Promise<void> {
  const level = readLevel(message);
  if (!level.ok) return refuse(visit, level.error);
  const { sessions, clock } = visit.door;
  const changed = await sessions.change(session?.id ?? "", visit.caller.key, { set: "log_level", level: level.value }, clock.now());
  if (changed === undefined) return sendFault(visit.reply, { ...sessionGone(), id, method: message.method });
  sendJson(visit.reply, 200, resultText(id, "{}"));
}

/** Judged now, kept in the session, and judged again with each piece of news. */
export async function subscribe(visit: Visit, { exchange, message, id, session }: Turn): Promise<void> {
  const uri = readUri(message);
  if (!uri.ok) return refuse(visit, uri.error);
  const { gateway, sessions, replicas, clock } = visit.door;
  const judged = await gateway.subscribe(exchange, uri.value);
  if (!judged.ok) {
    if (judged.error.kind === "refused") return sendRefused(visit.reply, id, judged.error);
    return sendJson(visit.reply, 200, unknownResourceText(id, uri.value, judged.error.decisionId, exchange.era));
  }
  const change = { set: "subscribe", uri: judged.value.uri } as const;
  const changed = await sessions.change(session?.id ?? "", visit.caller.key, change, clock.now());
  if (changed === undefined) return sendFault(visit.reply, { ...sessionGone(), id, method: message.method });
  if (changed === "full")
    return refuse(visit, { ...tooManyWatched("this session has as many as it may have"), id, method: message.method });
  tellChanged(replicas, changed.id);
  sendJson(visit.reply, 200, resultText(id, "{}"));
}

/** It ends a subscription of the sender itself, under whichever of its names; one that there is not is ended already. */
export async function unsubscribe(visit: Visit, { message, id, session }: Turn): Promise<void> {
  const uri = readUri(message);
  if (!uri.ok) return refuse(visit, uri.error);
  const { sessions, replicas, clock } = visit.door;
  const parsed = parseUri(uri.value);
  const change = { set: "unsubscribe", uri: parsed.ok ? parsed.value.text : uri.value } as const;
  const changed = await sessions.change(session?.id ?? "", visit.caller.key, change, clock.now());
  if (changed === undefined) return sendFault(visit.reply, { ...sessionGone(), id, method: message.method });
  if (changed !== "full") tellChanged(replicas, changed.id);
  sendJson(visit.reply, 200, resultText(id, "{}"));
}

function sessionGone(): Fault {
  return { ...badRequest("Session not found: initialize again"), status: 404, code: codes.sessionNotFound };
}

import type { Exchange, Session } from "../../../gateway/index.ts";
import { notificationText } from "../answer.ts";
import { resumeElsewhere, tellOpened } from "../elsewhere.ts";
import { badRequest, codes, type Fault, latestSessionVersion } from "../protocol.ts";
import { type EventPlace, EventStream, type OpenStream, readEventId, type StreamOwner, tooManyStreams } from "../streams/index.ts";
import { acceptsEvents, headerOf, refuse, sendRefused, type Visit } from "../visit.ts";
import { exchangeOf, findSession, SESSION_HEADER } from "./find-session.ts";
import { SubscribedResources } from "./subscribed-resources.ts";

const news = {
  tools: notificationText("notifications/tools/list_changed"),
  prompts: notificationText("notifications/prompts/list_changed"),
  resources: notificationText("notifications/resources/list_changed"),
};

/** GET: the stream on which the client hears news that belong to no request, or one that it lost and comes back to. */
export async function openSessionStream(visit: Visit): Promise<void> {
  if (!acceptsEvents(visit)) {
    return refuse(visit, { ...badRequest("Not acceptable: a GET must accept text/event-stream"), status: 406, code: codes.http });
  }
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, session);
  const exchange = exchangeOf(visit, session, undefined);
  // Whoever comes back for what was missed is judged too: a stream holds results for a while.
  const admitted = await visit.door.gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, undefined, admitted.error, 403);
  const last = headerOf(visit.request, "last-event-id");
  return last === undefined || last === "" ? openNew(visit, session, exchange) : resume(visit, session, last);
}

async function openNew(visit: Visit, session: Session, exchange: Exchange): Promise<void> {
  const { door, caller } = visit;
  const { streams, replays, config } = door;
  // One that is open already makes room for the new one.
  const taken = streams.countOf(caller.key) - (streams.ofSession(session.id) === undefined ? 0 : 1);
  if (taken >= config.limits.streams_per_caller) streams.makeRoom(caller.key);
  streams.endSession(session.id);
  if (streams.countOf(caller.key) >= config.limits.streams_per_caller) return refuse(visit, tooManyStreams());
  tellOpened(door.replicas, session.id);
  const stream = replays.open("news", ownerOf(visit, session));
  const watched = new SubscribedResources(door, exchange, stream, () => stream.leave());
  stream.onClose(() => watched.stop());
  const open: OpenStream = {
    sink: stream,
    exchange,
    renew: (renewed) => {
      open.exchange = renewed;
      watched.renew(renewed);
    },
    session: session.id,
    news,
    close: () => stream.leave(),
    refresh: () => void watched.refresh(),
    attended: () => stream.attended,
  };
  streams.add(open);
  stream.begin(lineOf(visit, session), session.protocolVersion === latestSessionVersion);
  watched.follow(session.subscriptions);
}

async function resume(visit: Visit, session: Session, last: string): Promise<void> {
  const place = readEventId(last);
  if (place === undefined) return refuse(visit, nothingToResume());
  const found =
    place.replica === visit.door.replicas.id
      ? resumeHere(visit, session, place)
      : await resumeElsewhere(visit.door, place, ownerOf(visit, session), () => lineOf(visit, session));
  if (!found) return refuse(visit, nothingToResume());
}

function resumeHere(visit: Visit, session: Session, place: EventPlace): boolean {
  const { replays, streams } = visit.door;
  const stream = replays.find(place.stream, ownerOf(visit, session));
  if (stream?.canResume(place.number) !== true) return false;
  const open = streams.ofSession(session.id);
  // Who comes back brings a token of today.
  if (open?.sink === stream) open.renew?.(exchangeOf(visit, session, undefined));
  return stream.resume(lineOf(visit, session), place.number);
}

function lineOf(visit: Visit, session: Session): EventStream {
  return new EventStream(visit.reply, { [SESSION_HEADER]: session.id }, visit.door.config.limits.replay_bytes_per_caller);
}

function ownerOf(visit: Visit, session: Session): StreamOwner {
  return { session: session.id, owner: visit.caller.key };
}

/** The same words for a stream of somebody else, one that is gone, and one whose missed events are no longer kept. */
function nothingToResume(): Fault {
  const message = "There is no such stream to go on with, or events that were missed are no longer kept; start again without Last-Event-ID";
  return { ...badRequest(message), status: 404, code: codes.http };
}

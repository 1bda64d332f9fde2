import type { Replicas } from "../../gateway/index.ts";
import { notificationText } from "./answer.ts";
import { isMembers } from "./protocol.ts";
import type { ReplayStream } from "./streams/index.ts";
import type { Door } from "./visit.ts";

const TOPIC = "door/elicited";

/** The stream of one call, once there is one. It outlives what else is known of the call. */
export interface CallLine {
  stream: ReplayStream | undefined;
}

/**
 * Tells a client of a session that what it was sent to an address for is done: on the stream of the call while that is
 * open, else on the session's own stream, at whichever replica it is.
 */
export function elicitationDone(
  { streams, replicas }: Pick<Door, "streams" | "replicas">,
  session: string,
  line: CallLine,
): (elicitationId: string) => void {
  return (elicitationId) => {
    if (line.stream !== undefined && !line.stream.ended) line.stream.send(textOf(elicitationId));
    else if (!tellHere(streams, session, elicitationId)) replicas.tell(TOPIC, { session, elicitationId });
  };
}

/** Hears of it from the other replicas until the function given back is called. */
export function hearElicitations({ streams, replicas }: { readonly streams: Door["streams"]; readonly replicas: Replicas }): () => void {
  return replicas.onTold(TOPIC, (payload) => {
    if (!isMembers(payload)) return;
    const { session, elicitationId } = payload;
    if (typeof session === "string" && typeof elicitationId === "string") tellHere(streams, session, elicitationId);
  });
}

/** False if the session's own stream is not here. */
function tellHere(streams: Door["streams"], session: string, elicitationId: string): boolean {
  const open = streams.ofSession(session);
  open?.sink.send(textOf(elicitationId));
  return open !== undefined;
}

function textOf(elicitationId: string): string {
  return notificationText("notifications/elicitation/complete", { elicitationId });
}

import type { Session } from "../../../gateway/index.ts";
import { answerElsewhere, cancelElsewhere, endHere } from "../elsewhere.ts";
import { otherMethod, sessionHandlers } from "../methods/index.ts";
import { badRequest, codes, isRequestId, type Message, type Response, shown } from "../protocol.ts";
import { refuse, type Visit } from "../visit.ts";
import { exchangeOf, findSession } from "./find-session.ts";
import { initialize } from "./initialize.ts";
import { askerOf } from "./questions.ts";

/** The door of the eras with sessions, 2025-03-26 to 2025-11-25: initialize first, then everything under a session id. */

export async function postWithSession(visit: Visit, asked: Message): Promise<void> {
  if (asked.method === "initialize" && asked.id !== undefined) return initialize(visit, asked, asked.id);
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, { ...session, id: asked.id, method: asked.method });
  if (asked.id === undefined) return notified(visit, session, asked);
  const handle = sessionHandlers.get(asked.method) ?? otherMethod;
  return handle(visit, { exchange: exchangeOf(visit, session, asked), message: asked, id: asked.id, session });
}

/** An answer to a question that the session was asked on one of its streams, at this replica or another. */
export async function postResponse(visit: Visit, response: Response): Promise<void> {
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, session);
  const took = await taken(visit, session, response);
  if (took === true) {
    visit.reply.code(202).send();
    return;
  }
  if (took === "too_large") {
    const message = "The answer is larger than 1 MiB, and cannot be carried to the replica that asked";
    return refuse(visit, { ...badRequest(message), status: 413, code: codes.http });
  }
  // The same words for a question of another session, one that is answered already, and one that was never asked.
  const id = shown(JSON.stringify(response.id));
  return refuse(visit, badRequest(`Invalid request: this session has no open question with the id ${id}`));
}

async function taken(visit: Visit, session: Session, { id, answer }: Response): Promise<boolean | "too_large"> {
  const asker = askerOf(id);
  if (asker === undefined) return false;
  const { questions, replicas } = visit.door;
  if (asker === replicas.id) return questions.answer(session.id, String(id), answer);
  return await answerElsewhere(replicas, asker, { session: session.id, id: String(id), answer });
}

export async function deleteSession(visit: Visit): Promise<void> {
  const session = await findSession(visit);
  if ("status" in session) return refuse(visit, session);
  const { sessions, clock } = visit.door;
  await sessions.end(session.id, visit.caller.key, clock.now());
  endHere(visit.door, session.id);
  visit.reply.code(204).send();
}

/** A notification gets no answer, whatever it says. A cancellation reaches calls of its own session only. */
function notified(visit: Visit, session: Session, asked: Message): void {
  if (asked.method === "notifications/cancelled") {
    const requestId = asked.params?.requestId;
    // An id that no request can have is told to nobody: it may be as long as a body, and there may be many replicas.
    if (isRequestId(requestId) && !visit.door.inFlight.cancel(session.id, requestId)) {
      cancelElsewhere(visit.door.replicas, session.id, requestId);
    }
  }
  visit.reply.code(202).send();
}

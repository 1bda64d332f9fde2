import { sentenceOf } from "../../../core/reasons.ts";
import type { Answer, Asked, Exchange, GatewayRequest, Session } from "../../../gateway/index.ts";
import { errorText, sendJson } from "../answer.ts";
import { canBeAsked } from "../capabilities.ts";
import { elicitationDone } from "../elicitation-done.ts";
import { badRequest, codes, type RequestId, shown } from "../protocol.ts";
import { acceptsEvents, refuse, type Turn, type Visit } from "../visit.ts";
import { CallStream } from "./call-stream.ts";
import { paramProblem } from "./param-headers.ts";
import type { Read } from "./params.ts";
import { answerText, statusOf } from "./render.ts";
import { type RequestMeta, readMeta, readResumed } from "./request-meta.ts";

/** A handler for a method whose requests reach a server. `mayAsk`: its answer can be a question. */
export function carried(read: Read, mayAsk: boolean): (visit: Visit, turn: Turn) => Promise<void> {
  return async (visit, turn) => {
    const asked = read(turn.message);
    if (!asked.ok) return refuse(visit, asked.error);
    const about = readMeta(turn.message);
    if (!about.ok) return refuse(visit, about.error);
    const back = mayAsk && turn.session === undefined ? readResumed(turn.message) : undefined;
    if (back !== undefined && !back.ok) return refuse(visit, back.error);
    const carriage: Carriage = { asked: asked.value, about: about.value, mayAsk, resumed: back?.value.resumed };
    return turn.session === undefined ? carryStateless(visit, turn, carriage) : carryInSession(visit, turn, turn.session, carriage);
  };
}

interface Carriage {
  readonly asked: Asked;
  readonly about: RequestMeta;
  readonly mayAsk: boolean;
  readonly resumed: GatewayRequest["resumed"];
}

/** A connection that closes before its answer is the caller's cancellation. */
async function carryStateless(visit: Visit, turn: Turn, carriage: Carriage): Promise<void> {
  const controller = new AbortController();
  const { raw } = visit.reply;
  raw.once("close", () => {
    if (!raw.writableEnded) controller.abort();
  });
  if (raw.destroyed) controller.abort();
  await carry(visit, turn, carriage, controller);
}

/** A lost connection is no cancellation: the call goes on, and its client may come back for the answer. */
async function carryInSession(visit: Visit, turn: Turn, session: Session, carriage: Carriage): Promise<void> {
  const { inFlight } = visit.door;
  const { id, message } = turn;
  const controller = new AbortController();
  if (!inFlight.add(session.id, id, controller)) {
    return refuse(
      visit,
      badRequest(`Invalid request: a call with the id ${shown(JSON.stringify(id))} is under way already`, id, message.method),
    );
  }
  try {
    await carry(visit, turn, carriage, controller);
  } finally {
    inFlight.remove(session.id, id);
  }
}

async function carry(visit: Visit, turn: Turn, carriage: Carriage, controller: AbortController): Promise<void> {
  const { exchange, id } = turn;
  const { claims } = carriage.about;
  const stream = streamFor(visit, turn, carriage.about, controller.signal);
  const request = requestOf(visit, turn, carriage, controller.signal, stream);
  let answer: Answer;
  try {
    answer = await visit.door.gateway.request(claims === undefined ? exchange : { ...exchange, request: claims }, request);
  } catch (error) {
    stream?.opened?.end(errorText(id, codes.internal, sentenceOf("gateway.error")));
    throw error;
  }
  tell(visit, id, exchange, carriage.asked, answer, stream);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Member by member, without objects in between: every call passes here. */
function requestOf(visit: Visit, turn: Turn, carriage: Carriage, signal: AbortSignal, stream: CallStream | undefined): GatewayRequest {
  const { asked, about, mayAsk, resumed } = carriage;
  const { session, exchange } = turn;
  const request: Writable<GatewayRequest> = { asked, signal };
  if (session === undefined && asked.method === "tools/call")
    request.repeats = (declared) => paramProblem(visit.request, declared, asked.args);
  if (resumed !== undefined) request.resumed = resumed;
  if (mayAsk && session !== undefined && exchange.capabilities.elicitation?.url === true)
    request.onElicitationDone = elicitationDone(visit.door, session.id, stream?.line ?? { stream: undefined });
  if (stream === undefined) return request;
  if (about.progressToken !== undefined) request.onProgress = stream.progress(about.progressToken);
  // What a session never said it wants less of, it hears whole; a stateless server is asked for no more than what is usual.
  const level = session === undefined ? about.logLevel : (session.logLevel ?? "info");
  if (level !== undefined) {
    request.logLevel = level;
    request.onLog = stream.log(session === undefined ? level : session.logLevel);
  }
  if (mayAsk && session !== undefined && canBeAsked(exchange.capabilities)) request.ask = stream.ask(session);
  return request;
}

/** A request whose answer may become a stream; most stateless ones want neither progress nor log messages. */
function streamFor(visit: Visit, turn: Turn, about: RequestMeta, call: AbortSignal): CallStream | undefined {
  const wanted = turn.session !== undefined || about.progressToken !== undefined || about.logLevel !== undefined;
  return wanted && acceptsEvents(visit) ? new CallStream(visit, turn.session, call) : undefined;
}

function tell(visit: Visit, id: RequestId, exchange: Exchange, asked: Asked, answer: Answer, stream: CallStream | undefined): void {
  const text = answerText(visit.door.fields, id, asked, answer, exchange.era);
  if (stream?.opened !== undefined) stream.opened.end(text);
  else if (text !== undefined) sendJson(visit.reply, statusOf(asked, answer, exchange.era), text);
  // The caller cancelled: no answer is due, and HTTP still wants one.
  else visit.reply.code(202).send();
}

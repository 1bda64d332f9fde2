import type { QuestionAnswer } from "../../core/question.ts";
import { type Replicas, SESSION_ENDED } from "../../gateway/index.ts";
import { isMembers, type RequestId } from "./protocol.ts";
import { COMMENT, type EventPlace, type Line, type StreamOwner } from "./streams/index.ts";
import type { Door } from "./visit.ts";

/**
 * What replicas that serve the same sessions tell each other: which session changed, which call was cancelled, what a
 * question was answered, and what a stream said. Requests of one session may come to any of them. That a session ended is
 * told by the store of sessions, whoever ended it.
 */
const topics = {
  answer: "door/answer",
  resume: "door/resume",
  cancel: "door/cancel",
  opened: "door/stream",
  changed: "session/changed",
} as const;

const ANSWER_MS = 5_000;
/** Characters of an answer as replicas carry it. */
const MOST_ANSWER = 1024 * 1024;
/** A piece of a stream, well below what replicas carry at once. */
const PIECE = 128 * 1024;

export interface GivenAnswer {
  readonly session: string;
  readonly id: string;
  readonly answer: QuestionAnswer;
}

export interface WantedStream extends StreamOwner {
  readonly stream: string;
  readonly after: number;
}

type DoorParts = Pick<Door, "questions" | "inFlight" | "streams" | "replays" | "replicas" | "config">;

/** Serves and hears the other replicas until the function given back is called. */
export function joinReplicas(door: DoorParts): () => void {
  const { replicas, questions, inFlight, streams } = door;
  replicas.serve(topics.answer, async (payload) => {
    const given = readAnswer(payload);
    return given !== undefined && questions.answer(given.session, given.id, given.answer);
  });
  replicas.serve(topics.resume, (payload, send, signal) => lend(door, payload, send, signal));
  const stops = [
    replicas.onTold(topics.cancel, (payload) => {
      if (isMembers(payload) && typeof payload.session === "string") inFlight.cancel(payload.session, payload.requestId);
    }),
    replicas.onTold(SESSION_ENDED, (payload) => {
      if (isMembers(payload) && typeof payload.id === "string") endHere(door, payload.id);
    }),
    replicas.onTold(topics.changed, (payload) => {
      if (isMembers(payload) && typeof payload.session === "string") streams.ofSession(payload.session)?.refresh?.();
    }),
    replicas.onTold(topics.opened, (payload) => {
      // One stream for news a session: the newest wins, wherever it is.
      if (isMembers(payload) && typeof payload.session === "string" && payload.replica !== replicas.id) streams.endSession(payload.session);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Ends what this process holds of a session. */
export function endHere(door: Pick<Door, "streams" | "inFlight" | "replays">, session: string): void {
  door.streams.endSession(session);
  door.inFlight.cancelAll(session);
  door.replays.endSession(session);
}

export function cancelElsewhere(replicas: Replicas, session: string, requestId: RequestId): void {
  replicas.tell(topics.cancel, { session, requestId });
}

export function tellOpened(replicas: Replicas, session: string): void {
  replicas.tell(topics.opened, { session, replica: replicas.id });
}

export function tellChanged(replicas: Replicas, session: string): void {
  replicas.tell(topics.changed, { session });
}

export async function answerElsewhere(replicas: Replicas, asker: string, given: GivenAnswer): Promise<boolean | "too_large"> {
  if (JSON.stringify(given).length > MOST_ANSWER) return "too_large";
  const told = await replicas.ask(asker, topics.answer, given, { timeoutMs: ANSWER_MS });
  return told.kind === "answer" && told.value === true;
}

/** Reads a stream of another replica into a line that is opened when the stream was found. False if there is none. */
export async function resumeElsewhere(door: DoorParts, place: EventPlace, of: StreamOwner, open: () => Line): Promise<boolean> {
  const gone = new AbortController();
  let line: Line | undefined;
  const wanted: WantedStream = { ...of, stream: place.stream, after: place.number };
  const options = {
    timeoutMs: 3 * door.config.keep_alive.comment_ms,
    signal: gone.signal,
    onEvent: (event: unknown) => {
      if (line === undefined) {
        line = open();
        line.onClose(() => gone.abort());
      }
      if (typeof event === "string") line.write(event);
    },
  };
  const told = await door.replicas.ask(place.replica, topics.resume, wanted, options);
  // A stream that had ended, and that the reader had read to its end, has nothing to write.
  if (line === undefined && told.kind === "answer" && told.value === true) line = open();
  line?.close();
  return line !== undefined;
}

/** Lets another replica read a stream of this one, for as long as it does. */
async function lend(door: DoorParts, payload: unknown, send: (event: unknown) => void, signal: AbortSignal): Promise<boolean> {
  const wanted = readWanted(payload);
  const stream = wanted === undefined ? undefined : door.replays.find(wanted.stream, wanted);
  if (wanted === undefined || stream === undefined) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const closing: (() => void)[] = [resolve];
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    for (const listener of closing) listener();
  };
  const line: Line = {
    write: (frame) => {
      if (open) for (const piece of piecesOf(frame)) send(piece);
    },
    close,
    cut: close,
    onClose: (listener) => void closing.push(listener),
  };
  signal.addEventListener("abort", close, { once: true });
  if (!stream.resume(line, wanted.after)) return false;
  // The reader learns at once that the stream was found, although it may be silent for long.
  line.write(COMMENT);
  await promise;
  return true;
}

/** A text in pieces that replicas can carry, none of which ends within a sign. */
function* piecesOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    let end = Math.min(at + PIECE, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    yield text.slice(at, end);
    at = end;
  }
}

function readAnswer(payload: unknown): GivenAnswer | undefined {
  if (!isMembers(payload)) return undefined;
  const { session, id, answer } = payload;
  if (typeof session !== "string" || typeof id !== "string" || !isMembers(answer)) return undefined;
  if (answer.kind === "result" && isMembers(answer.result)) return { session, id, answer: { kind: "result", result: answer.result } };
  const { error } = answer;
  if (answer.kind !== "error" || !isMembers(error) || typeof error.code !== "number" || typeof error.message !== "string") return undefined;
  return { session, id, answer: { kind: "error", error: { code: error.code, message: error.message } } };
}

function readWanted(payload: unknown): WantedStream | undefined {
  if (!isMembers(payload)) return undefined;
  const { session, owner, stream, after } = payload;
  if (typeof session !== "string" || typeof owner !== "string" || typeof stream !== "string" || !Number.isSafeInteger(after))
    return undefined;
  return { session, owner, stream, after: Number(after) };
}

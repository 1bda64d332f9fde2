import { randomBytes } from "node:crypto";
import type { Question, QuestionAnswer } from "../../../core/question.ts";
import { notificationText } from "../answer.ts";
import { codes, type RequestId } from "../protocol.ts";
import type { ReplayStream } from "../streams/index.ts";

/**
 * Questions of one caller that wait for an answer, over all its sessions: each of them keeps a call open at its server,
 * which has room for only so many.
 */
const MAX_PER_CALLER = 32;
const CLOSING = "The gateway is closing";
/** `<replica>-<random>`: who asked, so that any replica can bring the answer there. */
const QUESTION_ID = /^([A-Za-z0-9_]{1,64})-[0-9a-f]{32}$/;

interface Waiting {
  readonly session: string;
  readonly owner: string;
  readonly settle: (answer: QuestionAnswer) => void;
  readonly giveUp: (why: string) => void;
}

/** What clients of this process were asked on their streams and have not answered yet. */
export class Questions {
  readonly #replica: string;
  readonly #answerMs: number;
  readonly #waiting = new Map<string, Waiting>();
  /** By caller. */
  readonly #counts = new Map<string, number>();
  #closed = false;

  constructor(replica: string, answerMs: number) {
    this.#replica = replica;
    this.#answerMs = answerMs;
  }

  /** Asks on this stream. The wait ends with the call, with the stream, or after the deadline, as an error. */
  async ask(question: Question, stream: ReplayStream, call: AbortSignal): Promise<QuestionAnswer> {
    const { session, owner } = stream;
    const count = this.#counts.get(owner) ?? 0;
    if (count >= MAX_PER_CALLER) return unanswered("The client has too many questions to answer already");
    if (call.aborted) return unanswered("The request was cancelled");
    if (this.#closed) return unanswered(CLOSING);
    // Nobody will ever read it, and nobody would say so.
    if (stream.ended) return unanswered("The client is gone");
    const id = `${this.#replica}-${randomBytes(16).toString("hex")}`;
    const { promise, resolve } = Promise.withResolvers<QuestionAnswer>();
    const giveUp = (why: string) => {
      if (!this.#waiting.has(id)) return;
      stream.send(notificationText("notifications/cancelled", { requestId: id, reason: why }));
      resolve(unanswered(why));
    };
    const deadline = setTimeout(() => giveUp("The client did not answer in time"), this.#answerMs);
    deadline.unref();
    const cancelled = () => giveUp("The request was cancelled");
    call.addEventListener("abort", cancelled, { once: true });
    const stopWaiting = stream.onGivenUp(() => giveUp("The client is gone"));
    this.#counts.set(owner, count + 1);
    this.#waiting.set(id, { session, owner, settle: resolve, giveUp });
    stream.send(JSON.stringify({ jsonrpc: "2.0", id, method: question.method, params: question.params }));
    try {
      return await promise;
    } finally {
      clearTimeout(deadline);
      call.removeEventListener("abort", cancelled);
      stopWaiting();
      this.#forget(id);
    }
  }

  /** False if this session was not asked that, or has answered already. Only the session that was asked may answer. */
  answer(session: string, id: string, answer: QuestionAnswer): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting?.session !== session) return false;
    this.#forget(id);
    waiting.settle(answer);
    return true;
  }

  /** At the end of this process nobody can answer any more: the calls that wait end with an answer while they still can. */
  close(): void {
    this.#closed = true;
    for (const { giveUp } of this.#waiting.values()) giveUp(CLOSING);
  }

  #forget(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    const left = (this.#counts.get(waiting.owner) ?? 1) - 1;
    if (left > 0) this.#counts.set(waiting.owner, left);
    else this.#counts.delete(waiting.owner);
  }
}

/** The replica that asked a question of this id; `undefined` for an id that is none of ours. */
export function askerOf(id: RequestId): string | undefined {
  return typeof id === "string" ? QUESTION_ID.exec(id)?.[1] : undefined;
}

function unanswered(message: string): QuestionAnswer {
  return { kind: "error", error: { code: codes.http, message } };
}

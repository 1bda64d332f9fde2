import type { Question, QuestionAnswer } from "../../core/question.ts";
import type { ServerConnection, UpstreamCall } from "../../parts/upstream/index.ts";
import { type Conversation, hearing, type Listener, type Sent, type ToSend, type Turn } from "./conversation.ts";

/** Questions of one call that may wait at once; a server that asks more is answered an error. */
const MAX_WAITING = 16;

const tooMany: QuestionAnswer = { kind: "error", error: { code: -32603, message: "too many questions at once" } };
const tooLate: QuestionAnswer = { kind: "error", error: { code: -32603, message: "the request is over" } };

/** A question that the server waits for with its request open. */
interface Waiting {
  readonly question: Question;
  readonly resolve: (answer: QuestionAnswer) => void;
  told: boolean;
}

/** Questions that ended the server's request, and the answers that there are so far. */
interface Returned {
  readonly keys: ReadonlySet<string>;
  readonly answers: Map<string, QuestionAnswer>;
  readonly requestState: string | undefined;
}

export interface ConversationStart {
  readonly connection: Pick<ServerConnection, "call">;
  readonly request: ToSend;
  readonly listener: Listener;
  /** What the server said to the first sending, where that is over already. */
  readonly sent?: Sent;
}

/** Both ways of asking in one: whether the server holds its request open is seen when it asks, not guessed before. */
export class ServerConversation implements Conversation {
  readonly #start: ConversationStart;
  readonly #cancelled = new AbortController();
  readonly #cancel = () => this.#cancelled.abort();
  readonly #waiting = new Map<string, Waiting>();
  #heard: Listener | undefined;
  #asked = 0;
  #started: boolean;
  #over = false;
  #returned: Returned | undefined;
  /** What the server ended its request with, until it is told. */
  #ended: Sent | undefined;
  /** A bug on the way, thrown to whoever waits. */
  #broken: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(start: ConversationStart) {
    this.#start = start;
    this.#started = start.sent !== undefined;
    this.#ended = start.sent;
    this.follow(start.listener);
  }

  async next(): Promise<Turn> {
    if (!this.#started) this.#send(this.#start.request.resumed);
    for (;;) {
      if (this.#returned && this.#returned.answers.size === this.#returned.keys.size) this.#sendAgain(this.#returned);
      const turn = this.#turn();
      if (turn) return turn;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  answer(key: string, answer: QuestionAnswer): void {
    if (this.#returned?.keys.has(key)) this.#returned.answers.set(key, answer);
    this.#waiting.get(key)?.resolve(answer);
    this.#waiting.delete(key);
    this.#wake();
  }

  follow(listener: Listener | undefined): void {
    this.#heard?.signal.removeEventListener("abort", this.#cancel);
    this.#heard = listener;
    if (listener?.signal.aborted) this.#cancel();
    else listener?.signal.addEventListener("abort", this.#cancel, { once: true });
  }

  abandon(): void {
    this.#finish();
    this.#cancel();
  }

  #send(resumed: UpstreamCall["resumed"]): void {
    const { connection, request, listener } = this.#start;
    this.#started = true;
    const sent = connection.call({
      ...request,
      ...(resumed ? { resumed } : {}),
      signal: this.#cancelled.signal,
      onQuestion: (question) => this.#hold(question),
      ...hearing(listener, () => this.#heard),
    });
    sent.then(
      (ended) => {
        this.#ended = ended;
        this.#wake();
      },
      (error: unknown) => {
        this.#broken = { error };
        this.#wake();
      },
    );
  }

  #sendAgain({ answers, requestState }: Returned): void {
    this.#returned = undefined;
    const results = [...answers].flatMap(([key, answer]) => (answer.kind === "result" ? [[key, answer.result] as const] : []));
    this.#send({
      ...(results.length > 0 ? { inputResponses: Object.fromEntries(results) } : {}),
      ...(requestState === undefined ? {} : { requestState }),
    });
  }

  #hold(question: Question): Promise<QuestionAnswer> {
    if (this.#over) return Promise.resolve(tooLate);
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(tooMany);
    const { promise, resolve } = Promise.withResolvers<QuestionAnswer>();
    this.#asked += 1;
    this.#waiting.set(`q${this.#asked}`, { question, resolve, told: false });
    this.#wake();
    return promise;
  }

  #turn(): Turn | undefined {
    if (this.#broken) throw this.#broken.error;
    if (this.#ended) return this.#told(this.#ended);
    const fresh = [...this.#waiting].filter(([, { told }]) => !told);
    if (fresh.length === 0) return undefined;
    for (const [, entry] of fresh) entry.told = true;
    return { kind: "questions", held: true, questions: new Map(fresh.map(([key, { question }]) => [key, question])) };
  }

  #told(ended: Sent): Turn {
    this.#ended = undefined;
    if (!ended.ok || ended.value.outcome.kind !== "input_required") {
      this.#finish();
      return ended.ok ? { kind: "reply", reply: ended.value } : { kind: "failed", failure: ended.error };
    }
    this.#letGo();
    const { questions, requestState } = ended.value.outcome;
    this.#returned = { keys: new Set(questions.keys()), answers: new Map(), requestState };
    const state = requestState === undefined ? {} : { requestState };
    return { kind: "questions", held: false, questions, reply: ended.value, ...state };
  }

  #finish(): void {
    this.#over = true;
    this.follow(undefined);
    this.#letGo();
  }

  /** Nobody waits for what it asked before its request was over. */
  #letGo(): void {
    for (const { resolve } of this.#waiting.values()) resolve(tooLate);
    this.#waiting.clear();
  }
}

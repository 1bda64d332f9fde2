import { type LogLevel, logLevels } from "../../../core/client.ts";
import type { Question, QuestionAnswer } from "../../../core/question.ts";
import type { LogMessage, Progress, Session } from "../../../gateway/index.ts";
import { notificationText } from "../answer.ts";
import type { CallLine } from "../elicitation-done.ts";
import { latestSessionVersion, type RequestId } from "../protocol.ts";
import { EventStream, type ReplayStream, type Sink } from "../streams/index.ts";
import type { Visit } from "../visit.ts";

/**
 * The answer to a request that may become a stream: with its first progress, log message or question. Until then it stays
 * what most answers are, one plain text.
 */
export class CallStream {
  readonly #visit: Visit;
  readonly #session: Session | undefined;
  readonly #call: AbortSignal;
  #sink: Sink | undefined;

  constructor(visit: Visit, session: Session | undefined, call: AbortSignal) {
    this.#visit = visit;
    this.#session = session;
    this.#call = call;
  }

  get opened(): Sink | undefined {
    return this.#sink;
  }

  progress(token: RequestId): (progress: Progress) => void {
    return (progress) => this.#open().send(notificationText("notifications/progress", { progressToken: token, ...progress }));
  }

  /** Messages below the level are the server's, but not the client's. */
  log(level: LogLevel | undefined): (message: LogMessage) => void {
    const lowest = level === undefined ? 0 : logLevels.indexOf(level);
    return (message) => {
      if (logLevels.indexOf(message.level) >= lowest) this.#open().send(notificationText("notifications/message", message));
    };
  }

  ask(session: Session): (question: Question) => Promise<QuestionAnswer> {
    return (question) => this.#visit.door.questions.ask(question, this.#resumable(session), this.#call);
  }

  #open(): Sink {
    if (this.#session !== undefined) return this.#resumable(this.#session);
    this.#sink ??= new EventStream(this.#visit.reply);
    return this.#sink;
  }

  #replay: ReplayStream | undefined;
  #line: CallLine | undefined;

  /** The stream, for what may come long after the request: the request must not be kept for it. */
  get line(): CallLine {
    this.#line ??= { stream: this.#replay };
    return this.#line;
  }

  #resumable(session: Session): ReplayStream {
    if (this.#replay !== undefined) return this.#replay;
    const { door, reply, caller } = this.#visit;
    const stream = door.replays.open("answer", { session: session.id, owner: caller.key });
    stream.begin(new EventStream(reply), session.protocolVersion === latestSessionVersion);
    this.#replay = stream;
    if (this.#line !== undefined) this.#line.stream = stream;
    this.#sink = stream;
    return stream;
  }
}

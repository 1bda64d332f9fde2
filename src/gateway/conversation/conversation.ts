import type { Question, QuestionAnswer } from "../../core/question.ts";
import type { Result } from "../../core/result.ts";
import type { LogMessage, Progress, UpstreamCall, UpstreamFailure, UpstreamReply } from "../../parts/upstream/index.ts";

/** What a server says next. */
export type Turn =
  | { readonly kind: "reply"; readonly reply: UpstreamReply }
  | Questions
  | { readonly kind: "failed"; readonly failure: UpstreamFailure };

/** It wants to know something first. Each question is told once. */
export type Questions =
  /** It keeps the request open until it has its answers. */
  | { readonly kind: "questions"; readonly questions: ReadonlyMap<string, Question>; readonly held: true }
  /** Its request is over, with the state that it wants back; the same request goes to it again, with the answers. */
  | {
      readonly kind: "questions";
      readonly questions: ReadonlyMap<string, Question>;
      readonly held: false;
      readonly reply: UpstreamReply;
      readonly requestState?: string;
    };

/** One request to a server with everything that it asks in between, whichever era it is of. */
export interface Conversation {
  /**
   * The next thing that the server says. The request is sent with the first call; towards a server that keeps nothing it is
   * sent again once each of its questions has an answer.
   */
  next(): Promise<Turn>;
  /** An answer for the server; one to a question that it did not ask, or that is answered, changes nothing. */
  answer(key: string, answer: QuestionAnswer): void;
  /** Whose request this is now: progress and log messages go there, and its end ends the conversation. Nobody's goes on in silence. */
  follow(listener: Listener | undefined): void;
  /** Cancels the request at the server, and hears nothing of it any more. */
  abandon(): void;
}

/** The client's request that waits for this conversation. */
export interface Listener {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (message: LogMessage) => void;
}

/** What became of one sending. */
export type Sent = Result<UpstreamReply, UpstreamFailure>;

/** What is sent, and sent again with answers. */
export type ToSend = Omit<UpstreamCall, "signal" | "onQuestion" | "onProgress" | "onLog">;

/** What a listener of a call adds to it; what is absent is not asked for at the server. */
export function hearing(listener: Listener, heard: () => Listener | undefined): Pick<UpstreamCall, "onProgress" | "onLog"> {
  return {
    ...(listener.onProgress ? { onProgress: (progress: Progress) => heard()?.onProgress?.(progress) } : {}),
    ...(listener.onLog ? { onLog: (message: LogMessage) => heard()?.onLog?.(message) } : {}),
  };
}

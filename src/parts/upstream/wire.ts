import type { Result } from "../../core/result.ts";
import type { Era } from "../../core/tool.ts";
import type { Members } from "./answer.ts";
import type { News } from "./messages.ts";
import type { LogMessage, Offers, Progress, UpstreamCall, UpstreamFailure } from "./upstream.ts";

/** What was agreed with a server when it was opened. A new one is made each time it is opened again. */
export interface Link {
  readonly era: Era;
  readonly protocolVersion: string;
  /** HTTP, session era; absent if the server keeps none. */
  readonly sessionId?: string;
  readonly has: Has;
  /** Which of its lists it tells of when they change. */
  readonly tells: Has;
  readonly offers: Offers;
  /** When it was opened, Unix milliseconds. */
  readonly openedAt: number;
  /** Present if the server makes tasks of calls of tools that want it (2025-11-25); whether such a task can be cancelled. */
  readonly tasks?: { readonly cancel: boolean };
}

/** Resources stands for templates too. */
export interface Has {
  readonly tools: boolean;
  readonly prompts: boolean;
  readonly resources: boolean;
}

/** One request of ours, ready to be sent. */
export interface WireRequest {
  readonly id: number;
  readonly method: string;
  readonly body: string;
  /** Undefined while opening: a stateless `server/discover`, or `initialize`. */
  readonly link: Link | undefined;
  /** The protocol version for the header, when there is no link yet to take it from. */
  readonly version?: string;
  readonly credential: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Name and value by turns, besides those that every request has. */
  readonly headers?: readonly string[] | undefined;
  readonly onDispatch?: (() => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onLog?: ((message: LogMessage) => void) | undefined;
  readonly onQuestion?: UpstreamCall["onQuestion"];
  /** A client's call; everything else is the gateway's own, and a server asks nobody because of it. */
  readonly ofClient?: boolean;
  /** The server is asked to make a task of it. */
  readonly asTask?: boolean;
  /** The token that progress comes with, if it is not the id. */
  readonly progressToken?: number;
}

/** The message that answers a request, as text and parsed. Whether it is a good answer is for the reader to say. */
export interface WireAnswer {
  /** HTTP status, 0 for stdio. */
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
  /** Undefined if the text is no JSON. */
  readonly message: unknown;
  readonly sessionId?: string;
  /** The id that it is for, if that is not the id of the request: a task ends with the answer to another one. */
  readonly id?: number;
}

/** A request of ours during which a server may ask something. */
export interface Pending {
  readonly request: WireRequest;
  openQuestion(id: string): boolean;
  closeQuestion(id: string): boolean;
}

/** A request of the server, as it came. */
export interface Asked {
  readonly message: Members;
  readonly text: string;
  /** The call that it belongs to; undefined where that cannot be said. */
  readonly during: Pending | undefined;
  /** Sends the message that answers it. */
  answer(body: string): void;
}

/** How the server is listened to. */
export interface Listening {
  readonly link: Link;
  readonly credential: Readonly<Record<string, string>>;
  /** The request that asks a stateless server to speak, with its id; a server with sessions speaks on a stream of its own. */
  readonly subscription?: { readonly id: number; readonly body: string };
  /** Told once when the server listens, or does not want to. */
  readonly onStanding: () => void;
}

/** The way to one server. Carries messages; knows nothing of tools. */
export interface Wire {
  /**
   * How messages travel: as HTTP requests with headers that are answered on streams of their own; so, but answered on one
   * stream for all; or as lines of a process.
   */
  readonly kind: "http" | "sse" | "stdio";
  /** Sends a request and waits for the message that answers it. Never throws for what a server or a network does. */
  request(request: WireRequest): Promise<Result<WireAnswer, UpstreamFailure>>;
  /**
   * A call takes several requests; until the function given back is called it counts as one that is under way, so that a
   * question on a stream of many calls is its, or nobody's; `late` if the server may still be at it.
   */
  hold(call: Pending): (late: boolean) => void;
  /** Sends a message that has no answer; done when it was taken. What becomes of it is not told. */
  notify(body: string, link: Link, credential: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Receives what the server says on its own, until the link is closed or lost; undefined ends that. A second listening on
   * one link takes over once it stands, so that nothing is missed between.
   */
  listen(listening: Listening | undefined): void;
  /** Says goodbye to the server and gives everything back. */
  close(link: Link | undefined, credential: Readonly<Record<string, string>>): Promise<void>;
}

/** What a wire tells about the server, apart from answers. */
export interface WireEvents {
  onServerRequest(asked: Asked): void;
  onNews(news: News): void;
  /** Nobody listened for a while; something may have been said. */
  onListeningAgain(): void;
  /** The session or process is gone: what was agreed no longer holds. */
  onLost(detail: string): void;
}

/** Runs something later; gives back how to call it off. */
export type Schedule = (run: () => void, ms: number) => () => void;

export const systemSchedule: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Doubles from `base` to `max`; attempt 0 is the first. */
export function backOff(attempt: number, base: number, max: number): number {
  return Math.min(max, base * 2 ** Math.min(attempt, 30));
}

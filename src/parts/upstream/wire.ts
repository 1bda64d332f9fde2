import type { Result } from "../../core/result.ts";
import type { Era } from "../../core/tool.ts";
import type { Members } from "./answer.ts";
import type { Progress, UpstreamFailure } from "./upstream.ts";

/** What was agreed with a server when it was opened. A new one is made each time it is opened again. */
export interface Link {
  readonly era: Era;
  readonly protocolVersion: string;
  /** HTTP, session era; absent if the server keeps none. */
  readonly sessionId?: string;
  readonly hasTools: boolean;
  /** Whether it tells when its tools change. */
  readonly tellsChanges: boolean;
  /** When it was opened, Unix milliseconds. */
  readonly openedAt: number;
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
}

/** The way to one server. Carries messages; knows nothing of tools. */
export interface Wire {
  readonly kind: "http" | "stdio";
  /** Sends a request and waits for the message that answers it. Never throws for what a server or a network does. */
  request(request: WireRequest): Promise<Result<WireAnswer, UpstreamFailure>>;
  /** Sends a message that has no answer; done when it was taken. What becomes of it is not told. */
  notify(body: string, link: Link, credential: Readonly<Record<string, string>>): Promise<void>;
  /** Receives what the server says on its own, until the link is closed or lost. */
  listen(link: Link, credential: Readonly<Record<string, string>>, body: string | undefined): void;
  /** Says goodbye to the server and gives everything back. */
  close(link: Link | undefined, credential: Readonly<Record<string, string>>): Promise<void>;
}

/** What a wire tells about the server, apart from answers. */
export interface WireEvents {
  /** The text to answer a request of the server with. */
  onServerRequest(message: Members): string;
  onToolsChanged(): void;
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

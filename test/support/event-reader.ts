import { type IncomingMessage, request } from "node:http";

/** One event of a stream. */
export interface StreamEvent {
  readonly id: string | undefined;
  /** The JSON-RPC message; undefined where the event has none. */
  readonly message: StreamMessage | undefined;
}

export interface StreamMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A stream that is read as it comes. */
export interface EventReader {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly events: readonly StreamEvent[];
  /** The first event that fits, be it one from before. Rejects if the stream ends without it. */
  when(fits: (event: StreamEvent) => boolean): Promise<StreamEvent>;
  /** Resolves when the stream ends or breaks off. */
  readonly ended: Promise<void>;
  /** Goes away without a word. */
  drop(): void;
}

/** Opens a stream with any request, and resolves with its headers. */
export function openEvents(
  url: string,
  method: "GET" | "POST",
  headers: Readonly<Record<string, string | undefined>>,
  body?: string,
): Promise<EventReader> {
  const given = Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: given }, (answer) => resolve(readerOf(answer, () => outgoing.destroy())));
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

function readerOf(answer: IncomingMessage, drop: () => void): EventReader {
  const events: StreamEvent[] = [];
  const waiting = new Set<() => void>();
  const ended = Promise.withResolvers<void>();
  let over = false;
  let text = "";
  const look = () => {
    for (const again of waiting) again();
  };
  answer.setEncoding("utf8");
  answer.on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = eventIn(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== undefined) events.push(event);
    }
    look();
  });
  answer.on("error", () => {});
  answer.once("close", () => {
    over = true;
    ended.resolve();
    look();
  });
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    events,
    ended: ended.promise,
    drop,
    when: (fits) =>
      new Promise((resolve, reject) => {
        const again = () => {
          const found = events.find(fits);
          if (found !== undefined) resolve(found);
          else if (over) reject(new Error(`the stream ended without it: ${JSON.stringify(events)}`));
          else return;
          waiting.delete(again);
        };
        waiting.add(again);
        again();
      }),
  };
}

function eventIn(block: string): StreamEvent | undefined {
  const id = /^id: ?(.*)$/m.exec(block)?.[1];
  const data = [...block.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join("\n");
  if (id === undefined && data === "") return undefined;
  return { id, message: data === "" ? undefined : (JSON.parse(data) as StreamMessage) };
}

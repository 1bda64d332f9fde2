import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { onTestFinished } from "vitest";

export interface Stream {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The next frame with something in it, without its blank line and its id, or `undefined` when the stream has ended. */
  next(): Promise<string | undefined>;
  /** The message of the next frame that is no comment. */
  // biome-ignore lint/suspicious/noExplicitAny: what a peer sends is asserted, not typed
  message(): Promise<any>;
  /** The id of the newest event, also of one without a message. */
  readonly lastId: () => string | undefined;
  close(): void;
}

/** A server-sent event stream, frame by frame. */
export async function openStream(url: URL, headers: Record<string, string>, body?: string): Promise<Stream> {
  const sent = request(url, { method: body === undefined ? "GET" : "POST", headers, agent: false });
  const response = await new Promise<IncomingMessage>((resolve, reject) => sent.once("response", resolve).once("error", reject).end(body));
  sent.on("error", () => {});
  onTestFinished(() => void sent.destroy());
  const frames = framesOf(response);
  let last: string | undefined;
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const frame = (await frames.next()).value ?? undefined;
      if (frame === undefined) return undefined;
      const lines = frame.split("\n");
      last = lines.find((line) => line.startsWith("id: "))?.slice(4) ?? last;
      const kept = lines.filter((line) => !/^(?:id|retry): /.test(line) && line !== "data: ");
      if (kept.length > 0) return kept.join("\n");
    }
  };
  return {
    status: response.statusCode,
    headers: response.headers,
    next,
    message: async () => {
      for (;;) {
        const frame = await next();
        if (frame?.startsWith(":") !== true) return JSON.parse(String(frame).replace("event: message\ndata: ", ""));
      }
    },
    lastId: () => last,
    close: () => sent.destroy(),
  };
}

async function* framesOf(response: IncomingMessage): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
  return undefined;
}

import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { onTestFinished } from "vitest";

export interface Stream {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The next frame without its blank line, or `undefined` when the stream has ended. */
  next(): Promise<string | undefined>;
  close(): void;
}

/** A server-sent event stream, frame by frame. */
export async function openStream(url: URL, headers: Record<string, string>, body?: string): Promise<Stream> {
  const sent = request(url, { method: body === undefined ? "GET" : "POST", headers, agent: false });
  const response = await new Promise<IncomingMessage>((resolve, reject) => sent.once("response", resolve).once("error", reject).end(body));
  sent.on("error", () => {});
  onTestFinished(() => void sent.destroy());
  const frames = framesOf(response);
  return {
    status: response.statusCode,
    headers: response.headers,
    next: async () => (await frames.next()).value ?? undefined,
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

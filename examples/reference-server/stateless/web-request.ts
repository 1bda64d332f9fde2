import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A connection that closes before its answer is the client's cancellation. */
export function toWebRequest(request: IncomingMessage, response: ServerResponse): Request {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const body = request.method === "POST" ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" as const } : {};
  return new Request(`http://127.0.0.1${request.url}`, { method: request.method ?? "GET", headers, signal: abort.signal, ...body });
}

export async function send(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  if (answer.body === null) response.end();
  // A client that goes away in the middle is its own affair.
  else await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response).catch(() => {});
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "./raw-server.ts";
import { waiting } from "./waiting.ts";

/** What a server over HTTP with SSE got, and how it can answer. */
export interface SsePosted {
  readonly message: Message;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The answer to the POST itself. */
  readonly response: ServerResponse;
  readonly stream: SseOpened;
  /** An event with the result of the message. */
  reply(result: object): void;
}

export interface SseOpened {
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  /** An event; what is no text is written as JSON. */
  event(data: unknown, name?: string): void;
  end(): void;
}

export interface RawSseOptions {
  /** What to do when the stream is opened, instead of naming the address for messages. */
  readonly onOpen?: (stream: SseOpened) => void;
  /** What to do with a method, instead of what is usual. */
  readonly on?: Readonly<Record<string, (post: SsePosted) => void>>;
  readonly protocolVersion?: string;
  readonly capabilities?: object;
}

export interface RawSse {
  readonly url: string;
  readonly opened: SseOpened[];
  readonly posts: SsePosted[];
  of(method: string | undefined): SsePosted[];
  when(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

const encode = (data: unknown) => (typeof data === "string" ? data : JSON.stringify(data));

/** A server over HTTP with SSE that does to the letter what a test writes down, and what is usual otherwise. */
export async function startRawSse(options: RawSseOptions = {}): Promise<RawSse> {
  const opened: SseOpened[] = [];
  const posts: SsePosted[] = [];
  const { touch, when } = waiting();
  const http = createServer(async (request, response) => {
    response.on("close", () => queueMicrotask(touch));
    if (request.method === "GET") {
      const stream = streamOf(request.headers, response);
      opened.push(stream);
      if (options.onOpen === undefined) stream.event(`/messages?session=${opened.length}`, "endpoint");
      else options.onOpen(stream);
      touch();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Message;
    const path = request.url ?? "";
    const stream = opened[Number(/session=(\d+)/.exec(path)?.[1] ?? "1") - 1];
    if (stream === undefined) throw new Error("no such stream");
    const reply = (result: object) => stream.event({ jsonrpc: "2.0", id: message.id, result });
    const post: SsePosted = { message, path, headers: request.headers, response, stream, reply };
    posts.push(post);
    answer(options, post);
    touch();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`,
    opened,
    posts,
    of: (method) => posts.filter(({ message }) => message.method === method),
    when,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function streamOf(headers: IncomingHttpHeaders, response: ServerResponse): SseOpened {
  const begin = () => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  };
  return {
    headers,
    response,
    event(data, name = "message") {
      begin();
      response.write(`event: ${name}\ndata: ${encode(data)}\n\n`);
    },
    end: () => response.end(),
  };
}

function answer({ on = {}, protocolVersion = "2024-11-05", capabilities = { tools: {} } }: RawSseOptions, post: SsePosted): void {
  const { method, id } = post.message;
  const special = method === undefined ? undefined : on[method];
  if (special !== undefined) {
    special(post);
    return;
  }
  post.response.writeHead(202).end("Accepted");
  if (method === undefined || id === undefined) return;
  if (method === "initialize") post.reply({ protocolVersion, capabilities, serverInfo: { name: "raw", version: "1" } });
  else if (method === "tools/list") post.reply({ tools: [{ name: "echo", inputSchema: {} }] });
  else if (method === "tools/call") post.reply({ content: [{ type: "text", text: JSON.stringify(post.message.params?.arguments) }] });
  else post.stream.event({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
}

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { waiting } from "./waiting.ts";

export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** One POST that a server got. */
export interface Post {
  readonly message: Message;
  readonly raw: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly response: ServerResponse;
  /** The result as JSON, and nothing more. */
  reply(result: object): void;
  fail(code: number, status?: number): void;
  /** An event of a stream, which it opens first. */
  event(message: unknown): void;
  /** The result as the last event. */
  finish(result: object): void;
}

export interface RawOptions {
  readonly era?: "session" | "stateless";
  readonly capabilities?: object;
  /** What to do with a method, instead of what is usual. */
  readonly on?: Readonly<Record<string, (post: Post) => void>>;
  readonly sessionId?: () => string;
  /** What to do with a GET that goes on after an event, instead of opening a stream. */
  readonly onResume?: (lastEventId: string, response: ServerResponse) => void;
}

export interface RawServer {
  readonly url: string;
  readonly posts: Post[];
  /** Streams that were opened with GET. */
  readonly streams: Set<ServerResponse>;
  /** Messages with this method; without a method, answers to questions of the server. */
  of(method: string | undefined): Post[];
  /** The answer to a question that the server asked. */
  answerTo(id: unknown): Promise<Message>;
  when(condition: () => boolean): Promise<void>;
  push(message: unknown): void;
  close(): Promise<void>;
}

const lists: Readonly<Record<string, string>> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
};

/** A server that does to the letter what a test writes down, and what is usual otherwise. Listens on 127.0.0.1. */
export async function startRaw(options: RawOptions = {}): Promise<RawServer> {
  const posts: Post[] = [];
  const streams = new Set<ServerResponse>();
  const { touch, when } = waiting();
  const http = createServer(async (request, response) => {
    response.on("close", () => queueMicrotask(touch));
    const lastId = request.headers["last-event-id"];
    if (request.method === "GET" && typeof lastId === "string" && options.onResume !== undefined) {
      options.onResume(lastId, response);
      touch();
      return;
    }
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.add(response);
      response.on("close", () => streams.delete(response));
      touch();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString("utf8");
    if (raw === "") {
      response.writeHead(204).end();
      return;
    }
    const post = postOf(raw, request.headers, response);
    posts.push(post);
    answer(options, post);
    touch();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const of = (method: string | undefined) => posts.filter(({ message }) => message.method === method);
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    posts,
    streams,
    of,
    when,
    async answerTo(id) {
      const find = () => of(undefined).find(({ message }) => message.id === id);
      await when(() => find() !== undefined);
      return find()?.message ?? {};
    },
    push(message) {
      for (const stream of streams) stream.write(`data: ${JSON.stringify(message)}\n\n`);
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function postOf(raw: string, headers: Post["headers"], response: ServerResponse): Post {
  const message = JSON.parse(raw) as Message;
  const json = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...body }));
  };
  const event = (one: unknown) => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`);
  };
  return {
    message,
    raw,
    headers,
    response,
    event,
    reply: (result) => json(200, { result }),
    fail: (code, status = 200) => json(status, { error: { code, message: "no" } }),
    finish(result) {
      event({ jsonrpc: "2.0", id: message.id, result });
      response.end();
    },
  };
}

function answer({ era = "session", capabilities = { tools: {} }, on = {}, sessionId }: RawOptions, post: Post): void {
  const { method, id } = post.message;
  const special = method === undefined ? undefined : on[method];
  const seal = (result: object) => (era === "stateless" ? { resultType: "complete", ...result } : result);
  if (special !== undefined) special(post);
  else if (method === undefined || id === undefined) post.response.writeHead(202).end();
  else if (method === "initialize" && era === "session") {
    if (sessionId !== undefined) post.response.setHeader("mcp-session-id", sessionId());
    post.reply({ protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "raw", version: "1" } });
  } else if (method === "server/discover" && era === "stateless") post.reply(seal({ supportedVersions: ["2026-07-28"], capabilities }));
  else if (lists[method] !== undefined)
    post.reply(seal({ [lists[method] ?? ""]: method === "tools/list" ? [{ name: "echo", inputSchema: {} }] : [] }));
  else post.fail(-32601);
}

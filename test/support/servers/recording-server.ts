import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { call, defaultScript, fill, reaches, turn } from "./brain.ts";
import { type Flood, pour } from "./flood.ts";
import type { Behaviour, Item, Tool } from "./script.ts";
import { type BehaveTurn, failure, isStateless, type Message, type Received, type RecordedCall, type Script } from "./turn.ts";

export interface RecordingOptions extends Partial<Script> {
  /** The value of `authorization` that every request must carry, else 401. */
  readonly authorization?: string;
  readonly port?: number;
}

/** A small MCP server over HTTP that remembers every message with its exact text. Listens on 127.0.0.1. */
export interface RecordingServer {
  /** The endpoint, `http://127.0.0.1:<port>/mcp`. */
  readonly url: string;
  readonly port: number;
  /** Every `tools/call`, in order of arrival. Empty means: the server behind saw nothing. */
  readonly calls: RecordedCall[];
  /** Every request that only a decision lets through, `tools/call` among them. Empty means: the server behind saw nothing. */
  readonly reached: Received[];
  /** Every JSON-RPC message, answers to our own requests included. */
  readonly received: Received[];
  /** Every request line, `POST /mcp`. */
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> }[];
  /** What scripted floods wrote, oldest first. */
  readonly floods: readonly Readonly<Flood>[];
  /** Open GET streams. */
  readonly streams: ReadonlySet<ServerResponse>;
  /** Connections opened so far. */
  readonly connections: () => number;
  /** Requests whose answer nobody waited for: their connection ended before it. */
  readonly cutOff: () => number;
  /** Changes what the server offers; open streams get `list_changed`. */
  setTools(tools: readonly Tool[]): void;
  /** Changes what else it offers; open streams get the `list_changed` of that kind. */
  setItems(items: { readonly prompts?: readonly Item[]; readonly resources?: readonly Item[]; readonly templates?: readonly Item[] }): void;
  /** Scripts one tool, or one `<method> <prompt name or uri>`. */
  answer(tool: string, behaviour: Behaviour | ((args: unknown) => Behaviour)): void;
  setAuthorization(value: string | undefined): void;
  /** Old sessions get 404 from now on. */
  forgetSessions(): void;
  /** Sends a message on every open GET stream. */
  push(message: unknown): void;
  /** Resolves as soon as the condition holds; looked at whenever anything arrives, opens or ends. */
  when(condition: () => boolean): Promise<void>;
  /** Cuts every connection and stops listening. The same port can be taken again with `port`. */
  close(): Promise<void>;
}

export async function startRecordingServer(options: RecordingOptions = {}): Promise<RecordingServer> {
  const state = newState(options);
  const http = createServer((request, response) => void serve(state, request, response));
  http.on("connection", (socket: Socket) => {
    state.connections++;
    state.sockets.add(socket);
    socket.on("close", () => {
      state.sockets.delete(socket);
      touch(state);
    });
    touch(state);
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    calls: state.calls,
    received: state.received,
    reached: state.reached,
    requests: state.requests,
    floods: state.floods,
    streams: state.streams,
    connections: () => state.connections,
    cutOff: () => state.cutOff,
    setTools(tools) {
      state.script = { ...state.script, tools };
      for (const stream of state.streams) event(stream, JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }));
    },
    setItems(items) {
      state.script = { ...state.script, ...items };
      const kinds = new Set([...(items.prompts ? ["prompts"] : []), ...(items.resources || items.templates ? ["resources"] : [])]);
      for (const kind of kinds)
        for (const stream of state.streams) event(stream, JSON.stringify({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` }));
    },
    answer(tool, behaviour) {
      state.script = { ...state.script, answers: { ...state.script.answers, [tool]: behaviour } };
    },
    setAuthorization(value) {
      state.authorization = value;
    },
    forgetSessions: () => state.sessions.clear(),
    push(message) {
      for (const stream of state.streams) event(stream, JSON.stringify(message));
    },
    when: (condition) =>
      new Promise((resolve) => {
        state.waiting.add({ condition, resolve });
        touch(state);
      }),
    async close() {
      for (const socket of state.sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

interface State {
  script: Script;
  authorization: string | undefined;
  connections: number;
  cutOff: number;
  readonly calls: RecordedCall[];
  readonly reached: Received[];
  readonly received: Received[];
  /** Questions of ours that are not answered yet, by id. */
  readonly asked: Map<unknown, (answer: unknown) => void>;
  readonly requests: { method: string; path: string; headers: Readonly<Record<string, string>> }[];
  readonly floods: Flood[];
  readonly streams: Set<ServerResponse>;
  readonly sessions: Set<string>;
  readonly sockets: Set<Socket>;
  readonly waiting: Set<{ condition: () => boolean; resolve: () => void }>;
}

function newState({ authorization, port: _port, ...script }: RecordingOptions): State {
  return {
    script: { ...defaultScript(), ...script },
    authorization,
    connections: 0,
    cutOff: 0,
    calls: [],
    reached: [],
    received: [],
    asked: new Map(),
    requests: [],
    floods: [],
    streams: new Set(),
    sessions: new Set(),
    sockets: new Set(),
    waiting: new Set(),
  };
}

function touch(state: State): void {
  for (const waiter of state.waiting) {
    if (!waiter.condition()) continue;
    state.waiting.delete(waiter);
    waiter.resolve();
  }
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  state.requests.push({ method: request.method ?? "", path: request.url ?? "", headers });
  response.on("close", () => {
    if (!response.writableFinished) state.cutOff++;
    touch(state);
  });
  if (state.authorization !== undefined && headers.authorization !== state.authorization) {
    request.resume();
    response.writeHead(401, { "www-authenticate": "Bearer" }).end("who are you?");
  } else if (request.method === "GET") openStream(state, headers, response);
  else if (request.method === "DELETE") {
    state.sessions.delete(headers["mcp-session-id"] ?? "");
    response.writeHead(204).end();
  } else await post(state, request, headers, response);
  touch(state);
}

function openStream(state: State, headers: Readonly<Record<string, string>>, response: ServerResponse): void {
  if (!state.sessions.has(headers["mcp-session-id"] ?? "")) {
    response.writeHead(state.script.era === "stateless" ? 405 : 404).end();
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  state.streams.add(response);
  response.on("close", () => state.streams.delete(response));
}

async function post(
  state: State,
  request: IncomingMessage,
  headers: Readonly<Record<string, string>>,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  const raw = Buffer.concat(chunks).toString("utf8");
  let message: Message;
  try {
    message = JSON.parse(raw) as Message;
  } catch {
    json(response, 400, failure(null, -32700, "Parse error").message);
    return;
  }
  const received: Received = { raw, message, headers };
  state.received.push(received);
  const session = headers["mcp-session-id"];
  const needsSession = !isStateless(message) && message.method !== "initialize" && state.script.era !== "stateless";
  if (needsSession && (session === undefined || !state.sessions.has(session))) {
    json(response, session === undefined ? 400 : 404, failure(null, -32000, "Bad Request: no valid session").message);
    return;
  }
  // A server of 2025 that keeps sessions has never heard of a request without one.
  if (isStateless(message) && state.script.era === "session") {
    json(response, 400, failure(null, -32000, "Bad Request: server not initialized").message);
    return;
  }
  const recorded = call(received);
  if (recorded !== undefined) state.calls.push(recorded);
  if (reaches(message)) state.reached.push(received);
  if (message.method === undefined) state.asked.get(message.id)?.(message.result ?? { error: message.error });
  answerPost(state, message, response);
}

function answerPost(state: State, message: Message, response: ServerResponse): void {
  const next = turn(state.script, message);
  if (next.kind === "none") response.writeHead(202).end();
  else if (next.kind === "behave") behave(state, next, response);
  else if (next.opensSession === true) {
    const id = randomUUID();
    state.sessions.add(id);
    response.setHeader("mcp-session-id", id);
    json(response, 200, next.message);
  } else json(response, isStateless(message) && isError(next.message) ? 400 : 200, next.message);
}

function isError(message: unknown): boolean {
  return typeof message === "object" && message !== null && "error" in message;
}

function behave(state: State, next: BehaveTurn, response: ServerResponse): void {
  const { behaviour, id, echo } = next;
  const answer = { jsonrpc: "2.0", id, result: echo };
  switch (behaviour.kind) {
    case "echo":
      if (behaviour.delayMs === undefined) json(response, 200, answer);
      else setTimeout(() => json(response, 200, answer), behaviour.delayMs);
      return;
    case "held":
      void behaviour.until.then(() => json(response, 200, answer));
      return;
    case "result":
      json(response, 200, { ...answer, result: behaviour.result });
      return;
    case "error":
      json(response, 200, failure(id, behaviour.code, behaviour.message, behaviour.data).message);
      return;
    case "raw":
      response.writeHead(behaviour.status ?? 200, { "content-type": behaviour.contentType ?? "application/json" });
      response.end(behaviour.text.replaceAll("$ID", JSON.stringify(id)));
      return;
    case "stream":
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const message of behaviour.before) event(response, fill(message, next));
      if (behaviour.noAnswer !== true) event(response, JSON.stringify(answer));
      for (const message of behaviour.after ?? []) event(response, fill(message, next));
      response.end();
      return;
    case "flood":
      response.writeHead(200, { "content-type": behaviour.contentType ?? "application/json" });
      pourInto(state, behaviour, next, response);
      return;
    case "ask":
      void ask(state, behaviour, next, response);
      return;
    case "task":
      json(response, 200, { ...answer, result: { resultType: "task", ...behaviour.task } });
      return;
    case "status":
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? "");
      return;
    case "stall":
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"jsonrpc":"2.0","id":');
      return;
    case "drop":
      response.destroy();
      return;
    case "hang":
      return;
  }
}

function pourInto(state: State, behaviour: Behaviour & { kind: "flood" }, { id, token }: BehaveTurn, response: ServerResponse): void {
  const flood: Flood = { written: 0, over: false };
  state.floods.push(flood);
  response.on("poured", () => response.end());
  const filled = (text = "") => text.replaceAll("$ID", JSON.stringify(id)).replaceAll('"$TOKEN"', JSON.stringify(token ?? null));
  const { head, chunk, tail } = behaviour;
  pour(response, { ...behaviour, head: filled(head), chunk: filled(chunk), tail: filled(tail) }, flood);
  response.on("close", () => touch(state));
}

let questions = 0;

/** Asks in the way of the era, and answers with what it was told. */
async function ask(state: State, behaviour: Behaviour & { kind: "ask" }, next: BehaveTurn, response: ServerResponse): Promise<void> {
  const answered = (answers: unknown) => ({
    jsonrpc: "2.0",
    id: next.id,
    result: {
      ...(next.stateless ? { resultType: "complete" } : {}),
      content: [{ type: "text", text: JSON.stringify(answers) }],
      structuredContent: { answers },
    },
  });
  if (next.stateless) {
    if (next.inputResponses !== undefined) return json(response, 200, answered(next.inputResponses));
    const result = { resultType: "input_required", inputRequests: behaviour.questions, requestState: behaviour.state ?? "state-1" };
    return json(response, 200, { jsonrpc: "2.0", id: next.id, result });
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const answers = Object.entries(behaviour.questions).map(async ([key, question]) => {
    const id = `question-${++questions}`;
    const told = new Promise((resolve) => state.asked.set(id, resolve));
    event(response, JSON.stringify({ jsonrpc: "2.0", id, ...question }));
    return [key, await told] as const;
  });
  event(response, JSON.stringify(answered(Object.fromEntries(await Promise.all(answers)))));
  response.end();
}

function json(response: ServerResponse, status: number, message: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(message));
}

function event(response: ServerResponse, data: string): void {
  response.write(`event: message\ndata: ${data}\n\n`);
}

import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "undici";

/** One answer of the gate, as it came over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON-RPC answer: the body, or the last message of an event stream. Undefined where there is none. */
  readonly message: RpcAnswer | undefined;
  /** Every message of an event stream, in order. */
  readonly events: readonly unknown[];
}

export interface RpcAnswer {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly result?: { readonly [member: string]: unknown };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly [member: string]: unknown } };
  readonly [member: string]: unknown;
}

export type ClientEra = "session" | "stateless";

export interface CallOptions {
  readonly token?: string | undefined;
  /** `session` by default. */
  readonly era?: ClientEra;
  /** A server's own door; the aggregate by default. */
  readonly door?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  /** What the client declares, in its session or with the request. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Answers a question that comes on the stream of a request (era of sessions): members of the response, `result` or `error`. */
  readonly answers?: (question: AskedOfClient) => object | Promise<object>;
}

/** A request that came from the gate. */
export interface AskedOfClient {
  readonly id: unknown;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const SESSION_VERSION = "2025-11-25";
const STATELESS_VERSION = "2026-07-28";

/** A client of both eras that says exactly what a test wants it to say. */
export class GateClient {
  readonly #url: () => string;
  readonly #agent = new Agent({ connections: 64, headersTimeout: 60_000 });
  readonly #sessions = new Map<string, Promise<Answer>>();
  #id = 0;

  constructor(url: () => string) {
    this.#url = url;
  }

  /** A tool by the name it has at the door. */
  async call(tool: string, args: unknown, options: CallOptions): Promise<Answer> {
    return this.ask("tools/call", { name: tool, ...(args === undefined ? {} : { arguments: args }) }, options);
  }

  /** A request with everything its era wants around it. In the era of sessions one is opened first; if that is refused, that is the answer. */
  async ask(method: string, params: Readonly<Record<string, unknown>>, options: CallOptions): Promise<Answer> {
    const name = params.name ?? params.uri ?? params.taskId;
    return this.send(JSON.stringify(this.message(method, params, options)), { ...options, method, name });
  }

  /** A JSON-RPC request as `ask` sends it. */
  message(method: string, params: Readonly<Record<string, unknown>>, { era, meta, capabilities }: CallOptions): Record<string, unknown> {
    const declared = capabilities && { "io.modelcontextprotocol/clientCapabilities": capabilities };
    const around = era === "stateless" ? { ...statelessMeta, ...declared } : {};
    const _meta = { ...around, ...meta };
    this.#id += 1;
    return { jsonrpc: "2.0", id: this.#id, method, params: { ...params, ...(Object.keys(_meta).length === 0 ? {} : { _meta }) } };
  }

  /** Any body, with the headers that a request of this method would have. */
  async send(body: string | Buffer, options: CallOptions & { readonly method: string; readonly name?: unknown }): Promise<Answer> {
    const { era = "session", token, signal } = options;
    const headers: Record<string, string | undefined> = { ...plainHeaders(token) };
    if (era === "stateless") {
      headers["mcp-protocol-version"] = STATELESS_VERSION;
      headers["mcp-method"] = options.method;
      if (typeof options.name === "string") headers["mcp-name"] = headerText(options.name);
    } else {
      const opened = await this.session(options);
      if (opened.headers["mcp-session-id"] === undefined) return opened;
      headers["mcp-session-id"] = String(opened.headers["mcp-session-id"]);
      headers["mcp-protocol-version"] = SESSION_VERSION;
    }
    const sent = { ...headers, ...options.headers };
    const { answers, door } = options;
    const onMessage = async (message: unknown) => {
      if (answers === undefined || !isQuestion(message)) return;
      const answer = { jsonrpc: "2.0", id: message.id, ...(await answers(message)) };
      await this.post(JSON.stringify(answer), sent, door);
    };
    return this.post(body, sent, door, signal, onMessage);
  }

  /** The session of this token at this door: opened by the first who asks, and shared from then on. */
  async session(options: CallOptions): Promise<Answer> {
    const key = `${options.door ?? ""} ${options.token ?? ""} ${JSON.stringify(options.capabilities)}`;
    const opening = this.#sessions.get(key) ?? this.initialize(options);
    this.#sessions.set(key, opening);
    const opened = await opening.catch(() => undefined);
    if (opened?.headers["mcp-session-id"] === undefined) this.#sessions.delete(key);
    return opening;
  }

  /** Opens another session. */
  initialize({ token, door, capabilities = {} }: CallOptions): Promise<Answer> {
    const params = { protocolVersion: SESSION_VERSION, capabilities, clientInfo: { name: "test", version: "1" } };
    return this.post(JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params }), plainHeaders(token), door);
  }

  /** Sends these bytes and nothing else. */
  async post(
    body: string | Buffer,
    headers: Readonly<Record<string, string | undefined>>,
    door?: string,
    signal?: AbortSignal,
    onMessage: (message: unknown) => void = () => {},
  ): Promise<Answer> {
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const url = `${this.#url()}${door === undefined ? "/mcp" : `/servers/${door}/mcp`}`;
    const response = await request(url, {
      method: "POST",
      body,
      headers: Object.fromEntries(given),
      dispatcher: this.#agent,
      ...(signal === undefined ? {} : { signal }),
    });
    const streams = String(response.headers["content-type"]).startsWith("text/event-stream");
    const text = streams ? await readStream(response.body, onMessage) : await response.body.text();
    const events = streams ? eventsIn(text) : [];
    const message = events.length > 0 ? events.at(-1) : jsonOrNothing(text);
    return { status: response.statusCode, headers: response.headers, text, events, message: message as RpcAnswer | undefined };
  }

  /** Sessions that the gate forgot, e.g. by a restart. */
  forget(): void {
    this.#sessions.clear();
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await request(`${this.#url()}${path}`, { dispatcher: this.#agent });
    return { status: response.statusCode, body: jsonOrNothing(await response.body.text()) };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

export function plainHeaders(token: string | undefined): Record<string, string | undefined> {
  return { authorization: token, "content-type": "application/json", accept: "application/json, text/event-stream" };
}

const statelessMeta = {
  "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** As the revision of 2026-07-28 writes what no header carries. */
function headerText(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

function isQuestion(message: unknown): message is AskedOfClient {
  return typeof message === "object" && message !== null && "method" in message && "id" in message;
}

/** Reads a stream to its end, and tells of each message as soon as it is whole. */
async function readStream(body: AsyncIterable<Buffer>, onMessage: (message: unknown) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let told = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n", told); end >= 0; end = text.indexOf("\n\n", told)) {
      for (const message of eventsIn(text.slice(told, end))) onMessage(message);
      told = end + 2;
    }
  }
  return text;
}

function eventsIn(text: string): readonly unknown[] {
  return [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data]) => jsonOrNothing(data ?? "")).filter((event) => event !== undefined);
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer says, in one word, whatever form its era and the moment give it. */
export type Effect = "allow" | "deny" | "unknown" | "error" | "unauthenticated" | "fault";

export interface Told {
  readonly effect: Effect;
  /** Codes of the reasons that the caller was told. */
  readonly codes: readonly string[];
  readonly decisionId: string | undefined;
}

interface ToldDecision {
  readonly id?: string;
  readonly reasons?: readonly { readonly code: string }[];
}

/** Reads an answer as a caller would. `fault` is a message that was refused before it could be judged. */
export function told({ status, message }: Answer): Told {
  const { result, error } = message ?? {};
  const meta = result?._meta as Readonly<Record<string, ToldDecision>> | undefined;
  const decision = meta?.["toolgate/decision"] ?? (error?.data?.["toolgate/decision"] as ToldDecision | undefined);
  if (decision !== undefined) return { effect: "deny", codes: (decision.reasons ?? []).map(({ code }) => code), decisionId: decision.id };
  if (status === 401 || status === 503)
    return { effect: "unauthenticated", codes: [String(error?.data?.code)], decisionId: text(error?.data?.decision) };
  if (result !== undefined) return { effect: "allow", codes: [], decisionId: undefined };
  const named = text(error?.data?.decision);
  if ((error?.code === -32602 || error?.code === -32002) && named !== undefined && /^(Unknown|Resource not found)/.test(error.message))
    return { effect: "unknown", codes: [], decisionId: named };
  if (status !== 200 || (error !== undefined && error.code <= -32000)) return { effect: "fault", codes: [], decisionId: named };
  return { effect: "error", codes: [], decisionId: named };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

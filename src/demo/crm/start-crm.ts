import { hash, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type CrmState, exportDescriptions, newCrmServer } from "./crm-tools.ts";
import { demoCustomers } from "./customers.ts";
import { Journal, type JournalEntry } from "./journal.ts";

export interface CrmOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  /** The company secret without which every request is refused. */
  readonly secret: string;
  /** A file for the journal, one JSON line a message. It is emptied at the start. */
  readonly journalFile?: string;
}

export interface RunningCrm {
  /** The MCP endpoint. */
  readonly url: string;
  /** The journal as JSON lines, for holders of the secret. */
  readonly journalUrl: string;
  journal(): readonly JournalEntry[];
  /** Changes how export_customers describes itself, or changes it back, and tells every session. Returns the description. */
  toggleExport(): string;
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 4402;
const MAX_BODY_BYTES = 1_048_576;
const MOST_SESSIONS = 256;

/** Starts the demo's crm on 127.0.0.1: an MCP server of the session era, as a company would have it. */
export async function startCrm(options: CrmOptions): Promise<RunningCrm> {
  const state: CrmState = { customers: demoCustomers(), refunds: [], exportDescription: exportDescriptions[0] };
  const journal = new Journal(options.journalFile);
  const sessions = new Sessions(state);
  const guard = guardOf(options.secret);
  const http = createServer((request, response) => {
    handle(request, response).catch((cause: unknown) => {
      if (!response.headersSent) response.writeHead(cause instanceof SyntaxError ? 400 : 500);
      response.end();
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!guard(request.headers.authorization)) {
      journal.refused();
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      return;
    }
    if (request.url === "/journal" && request.method === "GET") {
      response.writeHead(200, { "content-type": "application/jsonl" });
      response.end(journal.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
      return;
    }
    if (request.url !== "/mcp") {
      response.writeHead(404).end();
      return;
    }
    const body = request.method === "POST" ? await readBody(request) : undefined;
    if (body !== undefined) journal.message(body);
    await sessions.handle(request, response, body);
  }

  http.listen(options.port ?? DEFAULT_PORT, "127.0.0.1");
  await once(http, "listening");
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: `${base}/mcp`,
    journalUrl: `${base}/journal`,
    journal: () => journal.entries,
    toggleExport: () =>
      sessions.describeExport(state.exportDescription === exportDescriptions[0] ? exportDescriptions[1] : exportDescriptions[0]),
    stop: async () => {
      http.close();
      await sessions.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

type Session = ReturnType<typeof newCrmServer> & { readonly transport: StreamableHTTPServerTransport };

/** The sessions of the crm; the oldest goes when there are too many. */
class Sessions {
  readonly #state: CrmState;
  readonly #open = new Map<string, Session>();

  constructor(state: CrmState) {
    this.#state = state;
  }

  async handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const session = typeof id === "string" ? this.#open.get(id) : await this.#begin();
    if (session === undefined) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "session not found" } }));
      return;
    }
    await session.transport.handleRequest(request, response, body);
  }

  /** A session is kept once the SDK accepted its initialize request; until then nothing holds it. */
  async #begin(): Promise<Session> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: true,
      onsessioninitialized: (id) => {
        this.#open.set(id, session);
        const oldest = this.#open.size > MOST_SESSIONS ? this.#open.values().next().value : undefined;
        if (oldest !== undefined) void oldest.transport.close();
      },
    });
    const session: Session = { ...newCrmServer(this.#state), transport };
    transport.onclose = () => void (transport.sessionId !== undefined && this.#open.delete(transport.sessionId));
    // The SDK's class and interface disagree about optional members under exactOptionalPropertyTypes.
    await session.server.connect(transport as Transport);
    return session;
  }

  describeExport(description: string): string {
    this.#state.exportDescription = description;
    for (const session of this.#open.values()) session.describeExport(description);
    return description;
  }

  async close(): Promise<void> {
    for (const session of [...this.#open.values()]) await session.transport.close();
  }
}

/** Compares digests, which have one length, so that neither the secret's length nor its start can be timed. */
function guardOf(secret: string): (authorization: string | undefined) => boolean {
  const wanted = hash("sha256", `Bearer ${secret}`, "buffer");
  return (authorization) => timingSafeEqual(hash("sha256", authorization ?? "", "buffer"), wanted);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  fromJsonSchema,
  type InputRequiredResult,
  inputRequired,
  McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { EraServer } from "./era-server.ts";
import type { Offer } from "./offer.ts";
import { type Asked, elicitationQuestion, type ReferenceTool, samplingQuestion, type Turn, text } from "./tools.ts";

type Answer = CallToolResult | InputRequiredResult;
type Args = Readonly<Record<string, unknown>>;

/** 2026-07-28: every request stands for itself, on the SDK's second version. */
export function statelessEra(offer: Offer): EraServer {
  const handler = createMcpHandler(() => newServer(offer), { legacy: "reject" });
  offer.onChange(() => handler.notify.toolsChanged());
  return {
    async handle(request, response) {
      const answer = await handler.fetch(toWebRequest(request, response));
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.flushHeaders();
      if (answer.body === null) response.end();
      // A client that goes away in the middle is its own affair.
      else await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response).catch(() => {});
    },
    close: () => handler.close(),
  };
}

/** A connection that closes before its answer is the client's cancellation. */
function toWebRequest(request: IncomingMessage, response: ServerResponse): Request {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const body = request.method === "POST" ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" as const } : {};
  return new Request(`http://127.0.0.1${request.url}`, { method: request.method ?? "GET", headers, signal: abort.signal, ...body });
}

function newServer(offer: Offer): McpServer {
  const server = new McpServer(
    { name: "reference-server", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true }, logging: {} } },
  );
  for (const tool of offer.tools) register(server, offer, tool);
  return server;
}

function register(server: McpServer, offer: Offer, tool: ReferenceTool): void {
  const inputSchema = fromJsonSchema<Args>({ ...tool.inputSchema });
  server.registerTool(tool.name, { description: tool.description, inputSchema }, async (args, context): Promise<Answer> => {
    const answer = await offer.run(tool.name, context.mcpReq.signal, () => tool.run(turn(offer, args, context)));
    // The SDK's results are mutable lists, ours are not.
    return structuredClone(answer) as Answer;
  });
}

function turn(offer: Offer, args: Args, { mcpReq }: ServerContext): Turn<Answer> {
  const progressToken = mcpReq._meta?.progressToken;
  // The SDK's type of the envelope is empty, its value is not.
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  const declared = envelope[CLIENT_CAPABILITIES_META_KEY];
  const ask = (what: Asked): Promise<Answer> => Promise.resolve(mcpReq.inputResponses === undefined ? question(what) : answered(mcpReq));
  return {
    args,
    signal: mcpReq.signal,
    can: (what) => typeof declared === "object" && declared !== null && what in declared,
    async progress(progress, total) {
      if (progressToken === undefined) return;
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total } });
    },
    log: (data) => mcpReq.log("info", data),
    changeTools: () => offer.change(),
    ask,
    // The SDK finds that the client did not declare what the question needs, and answers -32021.
    refuse: ask,
  };
}

function question(what: Asked): InputRequiredResult {
  const request =
    what === "sampling" ? inputRequired.createMessage(samplingQuestion().params) : inputRequired.elicit(elicitationQuestion().params);
  return inputRequired({ inputRequests: { [what]: request } });
}

function answered({ inputResponses }: ServerContext["mcpReq"]): CallToolResult {
  return structuredClone(text(`The client answered ${JSON.stringify(inputResponses)}`)) as CallToolResult;
}

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import type { EraServer } from "./era-server.ts";
import type { Offer } from "./offer.ts";
import { type Asked, elicitationQuestion, samplingQuestion, type ToolResult, type Turn, text } from "./tools.ts";

/** Of 2026-07-28, and said in this era too: a client that crosses the eras has to hear it. */
const MISSING_CAPABILITY = -32021;

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** 2025-11-25 and before: a session for each client, on the SDK's first version. */
export function sessionEra(offer: Offer): EraServer {
  const open = new Map<string, StreamableHTTPServerTransport>();

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void open.set(id, transport),
    });
    const server = newServer(offer);
    const forget = offer.onChange(() => void server.sendToolListChanged().catch(() => {}));
    // The SDK's class and interface disagree about optional members under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    server.onclose = () => {
      forget();
      if (transport.sessionId !== undefined) open.delete(transport.sessionId);
    };
    return transport;
  }

  return {
    async handle(request: IncomingMessage, response: ServerResponse) {
      const id = request.headers["mcp-session-id"];
      const transport = typeof id === "string" ? open.get(id) : await begin();
      if (transport === undefined) {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
        return;
      }
      await transport.handleRequest(request, response);
    },
    async close() {
      for (const transport of [...open.values()]) await transport.close();
    },
  };
}

function newServer(offer: Offer): Server {
  const server = new Server(
    { name: "reference-server", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true }, logging: {} } },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: offer.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema: { ...inputSchema } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = offer.tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    return { ...(await offer.run(tool.name, extra.signal, () => tool.run(turn(server, offer, params.arguments ?? {}, extra)))) };
  });
  return server;
}

function turn(server: Server, offer: Offer, args: Turn<ToolResult>["args"], extra: Extra): Turn<ToolResult> {
  const progressToken = extra._meta?.progressToken;
  return {
    args,
    signal: extra.signal,
    can: (what) => server.getClientCapabilities()?.[what] !== undefined,
    async progress(progress, total) {
      if (progressToken === undefined) return;
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total } });
    },
    log: (data) => extra.sendNotification({ method: "notifications/message", params: { level: "info", data } }),
    changeTools: () => offer.change(),
    ask: (what) => ask(extra, what),
    refuse: async (missing) => {
      throw new McpError(MISSING_CAPABILITY, `The client must declare ${missing}`, { requiredCapabilities: { [missing]: {} } });
    },
  };
}

async function ask(extra: Extra, what: Asked): Promise<ToolResult> {
  try {
    const answer = await (what === "sampling"
      ? extra.sendRequest(samplingQuestion(), CreateMessageResultSchema)
      : extra.sendRequest(elicitationQuestion(), ElicitResultSchema));
    return text(`The client answered ${JSON.stringify(answer)}`);
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
    return { ...text(`The client refused with ${error.code}`), isError: true };
  }
}

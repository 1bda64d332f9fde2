import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { definitions, LARGE_BYTES, LARGE_ID, resultText, STREAM_ID, STREAM_STEPS } from "./calls.ts";
import { listenAndTell } from "./child.ts";

/** The server behind floor and gate: MCP with sessions, as little work a call as plain `node:http` allows. A process of its own. */

interface Asked {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly protocolVersion?: string;
    readonly arguments?: { readonly id?: string };
    readonly _meta?: { readonly progressToken?: number | string };
  };
}

const largeResult = JSON.stringify({ content: [{ type: "text", text: "x".repeat(LARGE_BYTES) }] });
const tools = JSON.stringify(definitions());

function resultOf(asked: Asked): string | undefined {
  switch (asked.method) {
    case "tools/call":
      return asked.params?.arguments?.id === LARGE_ID ? largeResult : resultText(String(asked.params?.arguments?.id));
    case "tools/list":
      return `{"tools":${tools}}`;
    case "initialize":
      return JSON.stringify({
        protocolVersion: asked.params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "bench", version: "1" },
      });
    default:
      return undefined;
  }
}

function answer(body: Buffer, response: ServerResponse): void {
  const asked = JSON.parse(body.toString("utf8")) as Asked;
  if (asked.id === undefined) {
    response.writeHead(202).end();
    return;
  }
  if (asked.params?.arguments?.id === STREAM_ID) {
    stream(asked, response);
    return;
  }
  const result = resultOf(asked);
  const id = JSON.stringify(asked.id);
  const text =
    result === undefined
      ? `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`
      : `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
  const headers: Record<string, string | number> = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  if (asked.method === "initialize") headers["mcp-session-id"] = "bench";
  response.writeHead(200, headers).end(text);
}

/** Reports progress a thousand times, then answers. */
function stream(asked: Asked, response: ServerResponse): void {
  const progressToken = asked.params?._meta?.progressToken;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let progress = 1; progress <= STREAM_STEPS; progress++) {
    const params = { progressToken, progress, total: STREAM_STEPS };
    response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params })}\n\n`);
  }
  response.end(`event: message\ndata: {"jsonrpc":"2.0","id":${JSON.stringify(asked.id)},"result":${resultText(STREAM_ID)}}\n\n`);
}

const server = createServer({ keepAliveTimeout: 120_000 }, (request: IncomingMessage, response) => {
  if (request.method !== "POST") {
    response.writeHead(405, { "content-length": 0 }).end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks), response));
});

listenAndTell(server);

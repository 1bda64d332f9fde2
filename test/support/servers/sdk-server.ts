import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHandler, fromJsonSchema, McpServer } from "@modelcontextprotocol/server";

export interface SdkServer {
  readonly url: string;
  /** Resolves when somebody subscribed to changes. */
  readonly subscribed: Promise<void>;
  /** Offers a second tool from now on, and says so. */
  addTool(): void;
  close(): Promise<void>;
}

/** A server built on the official SDK v2 (2026-07-28, stateless), with one tool that adds. Listens on 127.0.0.1. */
export async function startSdkServer(): Promise<SdkServer> {
  let more = false;
  const subscribed = Promise.withResolvers<void>();
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: "sdk", version: "1" }, { capabilities: { tools: { listChanged: true } } });
      const mirrored = { type: "integer", "x-mcp-header": "First" } as const;
      const inputSchema = fromJsonSchema<{ a: number; b: number }>({
        type: "object",
        properties: { a: mirrored, b: { type: "integer" } },
        required: ["a", "b"],
      });
      server.registerTool("add", { description: "Adds two numbers.", inputSchema }, ({ a, b }) => ({
        content: [{ type: "text", text: String(a + b) }],
      }));
      if (more) server.registerTool("later", { description: "Was not there before." }, () => ({ content: [] }));
      return server;
    },
    { legacy: "reject" },
  );
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const body = request.method === "POST" ? { body: Buffer.concat(chunks) } : {};
    const url = `http://127.0.0.1${request.url}`;
    const answer = await handler.fetch(new Request(url, { method: request.method ?? "GET", headers, signal: abort.signal, ...body }));
    if (request.headers["mcp-method"] === "subscriptions/listen") subscribed.resolve();
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    subscribed: subscribed.promise,
    addTool() {
      more = true;
      handler.notify.toolsChanged();
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

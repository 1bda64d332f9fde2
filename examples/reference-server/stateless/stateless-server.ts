import {
  type CallToolResult,
  fromJsonSchema,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { complete } from "../completion.ts";
import type { Offer } from "../offer.ts";
import { listedPrompt } from "../prompts.ts";
import { listedTemplate, readResource } from "../resources.ts";
import type { ReferenceTool } from "../tools/index.ts";
import { ended, type Seal, turn } from "./stateless-turn.ts";
import { TASKS } from "./task-store.ts";

/** What opens the seals of `requestState`, and makes them. */
export interface Sealing {
  mint(state: unknown): Promise<string>;
  verify(sealed: string, context: ServerContext): Promise<unknown>;
}

/** The server for one request, on the SDK's second version. */
export function statelessServer(offer: Offer, sealing: Sealing): McpServer {
  const listChanged = true;
  const mcp = new McpServer(
    { name: "reference-server", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged },
        prompts: { listChanged },
        resources: { listChanged, subscribe: true },
        logging: {},
        completions: {},
        extensions: { [TASKS]: {} },
      },
      cacheHints: { "resources/read": { ttlMs: 1_000, cacheScope: "public" } },
      requestState: { verify: sealing.verify },
    },
  );
  const seal: Seal = (state) => sealing.mint(state);
  for (const tool of offer.tools) offerTool(mcp, offer, tool, seal);
  offerPrompts(mcp, offer, seal);
  offerResources(mcp, offer);
  mcp.server.setRequestHandler("completion/complete", ({ params }) => complete(params.ref, params.argument));
  return mcp;
}

function offerTool(mcp: McpServer, offer: Offer, tool: ReferenceTool, seal: Seal): void {
  const inputSchema = fromJsonSchema<Readonly<Record<string, unknown>>>({ ...tool.inputSchema });
  mcp.registerTool(tool.name, { description: tool.description, inputSchema }, async (args, context) => {
    const outcome = await offer.run(tool.name, context.mcpReq.signal, () => tool.run(turn(offer, args, context)));
    // The SDK's results are mutable lists, ours are not.
    return "kind" in outcome ? ended(outcome, seal) : (structuredClone(outcome) as CallToolResult);
  });
}

function offerPrompts({ server }: McpServer, offer: Offer, seal: Seal): void {
  server.setRequestHandler("prompts/list", () => ({ prompts: offer.prompts.map(listedPrompt) }));
  server.setRequestHandler("prompts/get", async ({ params }, context) => {
    const prompt = offer.prompts.find(({ name }) => name === params.name);
    if (prompt === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    const outcome = prompt.get(turn(offer, params.arguments ?? {}, context));
    return "kind" in outcome ? ended(outcome, seal) : { messages: structuredClone([...outcome.messages]) };
  });
}

function offerResources({ server }: McpServer, offer: Offer): void {
  server.setRequestHandler("resources/list", () => ({ resources: offer.resources.map((one) => ({ ...one })) }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [listedTemplate()] }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const contents = readResource(uri, offer.resources);
    if (contents === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Resource not found", { uri });
    return { contents: [contents] };
  });
}

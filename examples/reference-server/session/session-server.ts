import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  LoggingLevelSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { complete } from "../completion.ts";
import type { News, Offer } from "../offer.ts";
import { listedPrompt } from "../prompts.ts";
import { listedTemplate, readResource } from "../resources.ts";
import { failure, type ToolResult } from "../tools/index.ts";
import { type Extra, inRounds, type SessionContext } from "./session-turn.ts";

const RESOURCE_NOT_FOUND = -32002;

/** The server of one session, on the SDK's first version. */
export interface SessionServer {
  readonly server: Server;
  hear(news: News): Promise<void>;
}

export function sessionServer(offer: Offer): SessionServer {
  const listChanged = true;
  const server = new Server(
    { name: "reference-server", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged },
        prompts: { listChanged },
        resources: { listChanged, subscribe: true },
        logging: {},
        completions: {},
      },
    },
  );
  const contextOf = logging(server, offer);
  offerTools(server, offer, contextOf);
  offerPrompts(server, offer, contextOf);
  const subscribed = offerResources(server, offer);
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => complete(params.ref, params.argument));
  const tell = { tools: "sendToolListChanged", prompts: "sendPromptListChanged", resources: "sendResourceListChanged" } as const;
  return {
    server,
    async hear(news) {
      if ("list" in news) await server[tell[news.list]]();
      else if (subscribed.has(news.uri)) await server.sendResourceUpdated(news);
    },
  };
}

/** Messages are logged from `info`, until the client says from which level. */
function logging(server: Server, offer: Offer): (extra: Extra) => SessionContext {
  const levels = LoggingLevelSchema.options;
  let from = levels.indexOf("info");
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    from = levels.indexOf(params.level);
    return {};
  });
  return (extra) => ({ server, offer, extra, wantsLog: levels.indexOf("info") >= from });
}

function offerTools(server: Server, offer: Offer, contextOf: (extra: Extra) => SessionContext): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: offer.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema: { ...inputSchema } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = offer.tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    const call = () =>
      inRounds<ToolResult>(contextOf(extra), params.arguments ?? {}, async (turn) => tool.before?.(turn) ?? (await tool.run(turn)));
    return { ...(await offer.run(tool.name, extra.signal, () => call().catch(asFailure))) };
  });
}

/** A client that refuses to answer ends a tool, not the protocol. Codes that are the server's own stay errors. */
function asFailure(error: unknown): ToolResult {
  if (!(error instanceof McpError) || error.data !== undefined) throw error;
  return failure(`The client refused with ${error.code}`);
}

function offerPrompts(server: Server, offer: Offer, contextOf: (extra: Extra) => SessionContext): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: offer.prompts.map(listedPrompt) }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    const prompt = offer.prompts.find(({ name }) => name === params.name);
    if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    return { ...(await inRounds(contextOf(extra), params.arguments ?? {}, async (turn) => prompt.get(turn))) };
  });
}

/** Gives back what is subscribed to. */
function offerResources(server: Server, offer: Offer): ReadonlySet<string> {
  const subscribed = new Set<string>();
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: offer.resources.map((one) => ({ ...one })) }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [listedTemplate()] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const contents = readResource(uri, offer.resources);
    if (contents === undefined) throw new McpError(RESOURCE_NOT_FOUND, "Resource not found", { uri });
    return { contents: [contents] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  return subscribed;
}

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type CallToolResult, McpError, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { DEMO_AUDIENCE } from "../addresses.ts";
import { requestToken } from "../provider/index.ts";
import type { DemoSetUp } from "../set-up/index.ts";

export interface Reason {
  readonly code: string;
  readonly message?: string;
  readonly remedy?: string;
}

/** How a call ended, as the agent sees it. */
export interface Answer {
  readonly effect: "allow" | "deny" | "unknown";
  /** Why it was refused. */
  readonly reasons: readonly Reason[];
  /** The sentence that the model reads, or the text of the result. */
  readonly text: string;
  readonly structured?: unknown;
  readonly retryAfterMs?: number;
}

/** An agent that speaks for a user, connected with the official SDK client. */
export interface DemoAgent {
  /** "ann via support-bot". */
  readonly who: string;
  tools(): Promise<readonly string[]>;
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** Resolves with the next announcement that the list changed. */
  listChanged(): Promise<void>;
  close(): Promise<void>;
}

export async function connectAgent(setUp: DemoSetUp, user: string | undefined, agent: string): Promise<DemoAgent> {
  const token = await requestToken(setUp.tokenEndpoint, {
    client: agent,
    audience: DEMO_AUDIENCE,
    ...(user === undefined ? {} : { user }),
  });
  const transport = new StreamableHTTPClientTransport(new URL(`${setUp.gatewayUrl}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const client = new Client({ name: "toolgate-demo", version: "1.0.0" });
  const waiting: (() => void)[] = [];
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    for (const resolve of waiting.splice(0)) resolve();
  });
  // The SDK's class and interface disagree about optional members under exactOptionalPropertyTypes.
  await client.connect(transport as Transport);
  return {
    who: user === undefined ? agent : `${user} via ${agent}`,
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (tool, args) => call(client, tool, args),
    listChanged: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => client.close(),
  };
}

async function call(client: Client, name: string, args: Readonly<Record<string, unknown>>): Promise<Answer> {
  try {
    const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
    return answerOf(result);
  } catch (error) {
    if (error instanceof McpError && error.code === -32602)
      return { effect: "unknown", reasons: [{ code: "tool.unknown" }], text: error.message };
    throw error;
  }
}

interface ToldDecision {
  readonly reasons?: readonly Reason[];
  readonly retryAfterMs?: number;
}

function answerOf(result: CallToolResult): Answer {
  const text = result.content.map((block) => (block.type === "text" ? block.text : `[${block.type}]`)).join(" ");
  const decision = result._meta?.["toolgate/decision"] as ToldDecision | undefined;
  if (!decision) return { effect: "allow", reasons: [], text, structured: result.structuredContent };
  const { reasons = [] } = decision;
  return { effect: "deny", reasons, text, ...(decision.retryAfterMs === undefined ? {} : { retryAfterMs: decision.retryAfterMs }) };
}

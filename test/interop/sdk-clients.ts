import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { attempt, givenName, type Outcome, type Plan, type WantedCall, wanted } from "./plan.ts";

const info = { name: "interop", version: "1" };
const accepted = () => ({ action: "accept" as const, content: { name: givenName } });

/** What both SDKs have in common, as far as the plan needs it. */
interface Peer {
  readonly version: string | undefined;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Readonly<Record<string, unknown>>>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(prompt: { name: string; arguments: Record<string, string> }): Promise<{ messages: unknown[] }>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  readResource(resource: { uri: string }): Promise<{ contents: unknown[] }>;
  close(): Promise<void>;
}

export async function sdkV1(url: URL, bearer: string, plan: Plan): Promise<Outcome> {
  return run(plan, async () => {
    const client = new ClientV1(info, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, accepted);
    const transport = new TransportV1(url, { requestInit: { headers: { authorization: `Bearer ${bearer}` } } });
    // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    return {
      version: transport.protocolVersion,
      listTools: () => client.listTools(),
      callTool: async (call) => ({ ...(await client.callTool(call)) }),
      listPrompts: () => client.listPrompts(),
      getPrompt: (prompt) => client.getPrompt(prompt),
      listResources: () => client.listResources(),
      readResource: (resource) => client.readResource(resource),
      close: () => client.close(),
    };
  });
}

export function sdkV2(mode: "auto" | "legacy" | { pin: string }): (url: URL, bearer: string, plan: Plan) => Promise<Outcome> {
  return (url, bearer, plan) =>
    run(plan, async () => {
      const client = new ClientV2(info, { versionNegotiation: { mode }, capabilities: { elicitation: {} } });
      client.setRequestHandler("elicitation/create", accepted);
      await client.connect(new TransportV2(url, { requestInit: { headers: { authorization: `Bearer ${bearer}` } } }));
      return {
        version: client.getNegotiatedProtocolVersion(),
        listTools: () => client.listTools(),
        callTool: async (call) => ({ ...(await client.callTool(call)) }),
        listPrompts: () => client.listPrompts(),
        getPrompt: (prompt) => client.getPrompt(prompt),
        listResources: () => client.listResources(),
        readResource: (resource) => client.readResource(resource),
        close: () => client.close(),
      };
    });
}

async function run(plan: Plan, connect: () => Promise<Peer>): Promise<Outcome> {
  const outcome: Outcome = {};
  let peer: Peer | undefined;
  await attempt(outcome, "connect", async () => {
    peer = await connect();
    return peer.version ?? "";
  });
  if (peer === undefined) return outcome;
  try {
    await carryOut(peer, plan, outcome);
  } finally {
    await peer.close();
  }
  return outcome;
}

async function carryOut(peer: Peer, plan: Plan, outcome: Outcome): Promise<void> {
  const { tool, prompt, resource, question } = plan;
  const call = async (one: WantedCall) => {
    const result = await peer.callTool({ name: one.name, arguments: { ...one.args } });
    return wanted(wordsOf(result.content), one, result.isError === true);
  };
  await attempt(outcome, "tools", async () => listed((await peer.listTools()).tools, ({ name }) => name === tool.name));
  await attempt(outcome, "call", () => call(tool));
  if (prompt !== undefined) {
    await attempt(outcome, "prompt", async () => {
      listed((await peer.listPrompts()).prompts, ({ name }) => name === prompt.name);
      return (await peer.getPrompt({ name: prompt.name, arguments: { ...prompt.args } })).messages.length;
    });
  }
  if (resource !== undefined) {
    await attempt(outcome, "resource", async () => {
      listed((await peer.listResources()).resources, ({ uri }) => uri === resource);
      return (await peer.readResource({ uri: resource })).contents.length;
    });
  }
  if (question !== undefined) await attempt(outcome, "question", () => call(question));
}

function listed<T>(items: readonly T[], is: (item: T) => boolean): number {
  if (!items.some(is)) throw new Error(`not listed among ${items.length}`);
  return items.length;
}

function wordsOf(content: unknown): string {
  if (!Array.isArray(content)) return "";
  return content.map((block: { readonly text?: unknown }) => (typeof block.text === "string" ? block.text : "")).join(" ");
}

import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Revision } from "../requirements.ts";

/** A plain client of the gateway that says yes to every question, with the defaults that the form has. */
export interface Peer {
  tools(): Promise<readonly { readonly name: string; readonly inputSchema: object }[]>;
  call(name: string, args: Record<string, unknown>): Promise<Readonly<Record<string, unknown>>>;
  /** Names of prompts; none where the server has no prompts. */
  prompts(): Promise<readonly string[]>;
  prompt(name: string): Promise<unknown>;
  /** URIs; none where the server has no resources. */
  resources(): Promise<readonly string[]>;
  resource(uri: string): Promise<unknown>;
  close(): Promise<void>;
}

const info = { name: "conformance-driver", version: "1" };

export function connect(revision: Revision, url: URL, bearer: string): Promise<Peer> {
  const requestInit = { headers: { authorization: `Bearer ${bearer}` } };
  return revision === "2025-11-25" ? v1(url, requestInit) : v2(url, requestInit);
}

async function v1(url: URL, requestInit: RequestInit): Promise<Peer> {
  const client = new ClientV1(info, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: "accept",
    content: "requestedSchema" in params ? filled(params.requestedSchema.properties) : {},
  }));
  const transport = new TransportV1(url, { requestInit });
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    ...asPeer(client),
    async close() {
      await transport.terminateSession();
      await client.close();
    },
  };
}

async function v2(url: URL, requestInit: RequestInit): Promise<Peer> {
  const client = new ClientV2(info, { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    content: "requestedSchema" in params ? filled(params.requestedSchema.properties) : {},
  }));
  await client.connect(new TransportV2(url, { requestInit }));
  return { ...asPeer(client), close: () => client.close() };
}

function asPeer(client: ClientV1 | ClientV2): Omit<Peer, "close"> {
  const has = (what: "prompts" | "resources") => client.getServerCapabilities()?.[what] !== undefined;
  return {
    tools: async () => (await client.listTools()).tools,
    call: async (name, args) => ({ ...(await client.callTool({ name, arguments: args })) }),
    prompts: async () => (has("prompts") ? (await client.listPrompts()).prompts.map(({ name }) => name) : []),
    prompt: (name) => client.getPrompt({ name }),
    resources: async () => (has("resources") ? (await client.listResources()).resources.map(({ uri }) => uri) : []),
    resource: (uri) => client.readResource({ uri }),
  };
}

type Value = string | number | boolean | string[];

/** Defaults where the form has them, and what is shortest where it has none. */
function filled(properties: Readonly<Record<string, { readonly type?: unknown; readonly default?: unknown }>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valueFor(field)]));
}

function valueFor({ type, default: preset }: { readonly type?: unknown; readonly default?: unknown }): Value {
  if (typeof preset === "string" || typeof preset === "number" || typeof preset === "boolean") return preset;
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return 0;
  return type === "array" ? [] : "";
}

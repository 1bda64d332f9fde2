import { referencePrompts, referenceResources, referenceTemplate, referenceTools } from "../../examples/reference-server/index.ts";
import { type ServerAsk, serverAsks } from "../../src/core/server.ts";
import type { Listing } from "../../src/parts/upstream/index.ts";
import type { Era } from "./scenarios.ts";

/** Names of a company whose only business is to be tested. */
export const names = { bundle: "conformance", environment: "conformance", audience: "https://gate.conformance.example" } as const;

export type Places = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Company {
  readonly servers: readonly (CompanyServer | UnseenServer)[];
  /** As the configuration has them. */
  readonly places: Places;
  readonly issuer: string;
}

interface KnownServer {
  readonly id: string;
  /** As servers.yaml has it. */
  readonly transport: Readonly<Record<string, unknown>>;
  /** What it may ask of clients; nothing if absent. */
  readonly asks?: readonly ServerAsk[];
  /** Extensions that are passed through; none if absent. */
  readonly extensions?: readonly string[];
}

/** What of a server is approved. */
export interface Approved {
  /** Tools, each with arguments that it takes. */
  readonly tools: Readonly<Record<string, object>>;
  readonly prompts?: readonly string[];
  /** As resources.yaml has them, by entry. */
  readonly resources?: Readonly<Record<string, { readonly uri: string } | { readonly template: string }>>;
}

export interface CompanyServer extends KnownServer, Approved {}

/** A server that nobody saw before it was pinned: what is approved follows from what it offers. */
export interface UnseenServer extends KnownServer {
  approve(listing: Listing): Approved;
}

/** Our reference server in one era, with all that it offers but what comes and goes. */
export function referenceServer(id: string, era: Era): CompanyServer {
  const tools = Object.fromEntries(referenceTools.map(({ name }) => [name, samples[name] ?? {}]));
  const static_ = referenceResources.map(({ uri, name }) => [entryOf(name), { uri }] as const);
  return {
    id,
    transport: overHttp(id, era),
    tools,
    prompts: referencePrompts.map(({ name }) => name),
    resources: { ...Object.fromEntries(static_), template: { template: referenceTemplate.uriTemplate } },
    asks: serverAsks,
    extensions: era === "stateless" ? ["io.modelcontextprotocol/tasks"] : [],
  };
}

export function overHttp(place: string, era: Era): CompanyServer["transport"] {
  return { kind: "http", place, host_class: "loopback", era };
}

/** Arguments for those tools that take any. */
const samples: Readonly<Record<string, object>> = {
  test_x_mcp_header: { region: "europe" },
  json_schema_2020_12_tool: { contactMethod: "phone", phone: "1" },
  test_wait: { ms: 1 },
  test_touch_resource: { uri: "test://watched-resource" },
  test_sampling: { prompt: "Say hello." },
  test_elicitation: { message: "Who are you?" },
  greet: { name: "Ann" },
  slow_compute: { seconds: 0 },
  confirm_delete: { filename: "notes.txt" },
};

function entryOf(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}

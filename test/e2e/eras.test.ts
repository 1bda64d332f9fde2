import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type RunningReferenceServer, redPixel, referenceTools, startReferenceServer } from "../../examples/reference-server/index.ts";
import { overHttp, referenceServer } from "../conformance/company.ts";
import { type RunningGateway, startGateway } from "../conformance/gateway.ts";
import { everythingEntry, inputRequired, startEverything, startRecordingServer } from "../support/servers/index.ts";

// Real clients of both SDKs, through the gate as a process, to real servers of both eras.

interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
}

interface Peer {
  list(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  call(
    tool: string,
    args?: Record<string, unknown>,
    options?: { onprogress?: (progress: Progress) => void; signal?: AbortSignal },
  ): Promise<Record<string, unknown>>;
  /** Hears that the list of tools changed. */
  onListChanged(listener: () => void): void;
}

const info = { name: "eras", version: "1" };
const everythingTools = {
  echo: { message: "hello" },
  "get-sum": { a: 1, b: 2 },
  "get-env": {},
  "get-tiny-image": {},
  "trigger-long-running-operation": { duration: 0.1, steps: 2 },
};

/** What happened to calls in the reference servers. */
const events: string[] = [];
const closing: { stop(): Promise<void> }[] = [];
let gateway: RunningGateway;
const references: Record<string, RunningReferenceServer> = {};

beforeAll(async () => {
  for (const era of ["session", "stateless"] as const) {
    const server = await startReferenceServer({ era, onCall: (tool, what) => events.push(`${era} ${tool} ${what}`) });
    references[era] = server;
    closing.push(server);
  }
  const everything = await startEverything();
  closing.push({ stop: () => everything.close() });
  const asks = await startRecordingServer({ era: "stateless", answers: { echo: inputRequired } });
  closing.push({ stop: () => asks.close() });
  gateway = await startGateway(
    [
      referenceServer("ref-session", "session"),
      referenceServer("ref-stateless", "stateless"),
      { id: "everything-http", transport: overHttp("everything-http", "session"), tools: everythingTools },
      {
        id: "everything",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
        transport: { kind: "stdio", place: "everything", argv: ["${paths.entry}", "stdio"], era: "session" },
        tools: everythingTools,
      },
      { id: "asks", transport: overHttp("asks", "stateless"), tools: { echo: {} } },
    ],
    {
      "ref-session": { url: String(references.session?.url) },
      "ref-stateless": { url: String(references.stateless?.url) },
      "everything-http": { url: everything.url },
      everything: { executable: "node", paths: { entry: everythingEntry } },
      asks: { url: asks.url },
    },
  );
  closing.push(gateway);
}, 120_000);

afterAll(async () => {
  for (const one of closing.toReversed()) await one.stop();
});

async function v1(url: URL): Promise<Peer> {
  const client = new ClientV1(info);
  const transport = new TransportV1(url, { requestInit: { headers: { authorization: `Bearer ${gateway.bearer}` } } });
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  onTestFinished(async () => {
    await transport.terminateSession();
    await client.close();
  });
  return {
    list: () => client.listTools(),
    call: async (name, args = {}, options = {}) => ({ ...(await client.callTool({ name, arguments: args }, undefined, options)) }),
    onListChanged: (listener) => {
      client.fallbackNotificationHandler = async ({ method }) => {
        if (method === "notifications/tools/list_changed") listener();
      };
    },
  };
}

async function v2(url: URL): Promise<Peer> {
  const heard = { listener: () => {} };
  const client = new ClientV2(info, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
    listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => heard.listener() } },
  });
  const transport = new TransportV2(url, { requestInit: { headers: { authorization: `Bearer ${gateway.bearer}` } } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    list: () => client.listTools(),
    call: async (name, args = {}, options = {}) => ({ ...(await client.callTool({ name, arguments: args }, options)) }),
    onListChanged: (listener) => {
      heard.listener = listener;
    },
  };
}

/** The door of one server, where names stay as they are, or the aggregate, where they carry the server's id. */
function doorOf(server: string, door: "aggregate" | "own"): { readonly url: URL; nameOf(tool: string): string } {
  return door === "own"
    ? { url: new URL(`/servers/${server}/mcp`, gateway.url), nameOf: (tool) => tool }
    : { url: new URL("/mcp", gateway.url), nameOf: (tool) => `${server}__${tool}` };
}

async function recordsOf(tool: string, since: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await gateway.records()).slice(since).filter((record) => record.target === tool);
}

const clients = [
  { client: "SDK v1, a session", connect: v1, clientEra: "session" },
  { client: "SDK v2, stateless", connect: v2, clientEra: "stateless" },
] as const;
const eras = ["session", "stateless"] as const;
const ways = clients.flatMap((client) =>
  eras.flatMap((era) => (["aggregate", "own"] as const).map((door) => ({ ...client, era, door, server: `ref-${era}` }))),
);

describe.each(ways)("$client, to a server of the $era era at the $door door", ({ connect, clientEra, era, door, server }) => {
  test("lists the server's tools", async () => {
    const { url, nameOf } = doorOf(server, door);
    const names = (await (await connect(url)).list()).tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(referenceTools.map(({ name }) => nameOf(name))));
    if (door === "own") expect(names).toHaveLength(referenceTools.length);
  });

  test("calls, and the call stands on record with the client's era", async () => {
    const { url, nameOf } = doorOf(server, door);
    const peer = await connect(url);
    const since = (await gateway.records()).length;
    const result = await peer.call(nameOf("test_x_mcp_header"), { region: "Zürich", tier: 3, urgent: true });
    expect(result).toMatchObject({ content: [{ type: "text", text: "region Zürich" }] });
    const records = await recordsOf(`${server}.test_x_mcp_header`, since);
    // The SDK of the stateless era learns from a refusal which arguments it has to repeat in headers, and calls again.
    const refusals = records.filter(({ kind }) => kind === "refusal");
    expect(refusals.length).toBeLessThanOrEqual(clientEra === "stateless" ? 1 : 0);
    expect(records.slice(refusals.length)).toMatchObject([
      { kind: "intent", era: clientEra, door: door === "own" ? server : "aggregate" },
      { kind: "outcome", era: clientEra, effect: "allow" },
    ]);
  });

  test("hears progress", async () => {
    const { url, nameOf } = doorOf(server, door);
    const heard: Progress[] = [];
    await (await connect(url)).call(nameOf("test_tool_with_progress"), {}, { onprogress: (progress) => heard.push(progress) });
    expect(heard).toMatchObject([0, 50, 100].map((progress) => ({ progress, total: 100 })));
  });

  test("cancels a call, and the server behind hears it", async () => {
    const { url, nameOf } = doorOf(server, door);
    const peer = await connect(url);
    const since = (await gateway.records()).length;
    const seen = events.length;
    const cancelling = new AbortController();
    const call = peer.call(nameOf("test_wait"), { ms: 30_000 }, { signal: cancelling.signal });
    const rejected = expect(call).rejects.toThrow();
    await vi.waitUntil(() => events.slice(seen).includes(`${era} test_wait called`), { timeout: 10_000 });
    cancelling.abort();
    await rejected;
    await vi.waitUntil(() => events.slice(seen).includes(`${era} test_wait cancelled`), { timeout: 10_000 });
    await vi.waitUntil(async () => (await recordsOf(`${server}.test_wait`, since)).length === 2, { timeout: 10_000 });
    expect((await recordsOf(`${server}.test_wait`, since))[1]).toMatchObject({ kind: "outcome", effect: "cancelled" });
  });

  test("reads a tool's failure as a result that is an error", async () => {
    const { url, nameOf } = doorOf(server, door);
    expect(await (await connect(url)).call(nameOf("test_error_handling"))).toMatchObject({
      isError: true,
      content: [{ type: "text", text: "This tool intentionally returns an error for testing" }],
    });
  });

  test("reads an error of the server as that error", async () => {
    const { url, nameOf } = doorOf(server, door);
    // This client declared nothing, so a server that needs a model's answer has to refuse.
    await expect((await connect(url)).call(nameOf("test_missing_capability"))).rejects.toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { sampling: {} } },
    });
  });

  test("gets images and resources byte for byte", async () => {
    const { url, nameOf } = doorOf(server, door);
    const { content } = await (await connect(url)).call(nameOf("test_multiple_content_types"));
    expect(content).toEqual([
      { type: "text", text: "Multiple content types test:" },
      { type: "image", data: redPixel, mimeType: "image/png" },
      {
        type: "resource",
        resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"test":"data","value":123}' },
      },
    ]);
  });

  test("hears that the list of tools changed", async () => {
    const peer = await connect(doorOf(server, door).url);
    await peer.list();
    let changes = 0;
    peer.onListChanged(() => changes++);
    // The client's stream opens in the background; a change before that is nobody's news.
    await vi.waitUntil(
      () => {
        if (changes === 0) references[era]?.changeTools();
        return changes > 0;
      },
      // The gate looks at a server's lists at most once a second: two changes within one would cancel each other out.
      { timeout: 15_000, interval: 1_500 },
    );
  });
});

describe.each(clients)("$client, to server-everything", ({ connect }) => {
  test("calls it over streamable HTTP, with progress and an image", async () => {
    const peer = await connect(new URL("/servers/everything-http/mcp", gateway.url));
    expect(await peer.call("get-sum", { a: 2, b: 40 })).toMatchObject({ content: [{ text: expect.stringContaining("42") }] });
    const heard: number[] = [];
    const args = { duration: 0.1, steps: 2 };
    await peer.call("trigger-long-running-operation", args, { onprogress: ({ progress }) => heard.push(progress) });
    expect(heard).toEqual([1, 2]);
    const { content } = await peer.call("get-tiny-image");
    expect(content).toContainEqual({ type: "image", mimeType: "image/png", data: expect.stringMatching(/^[A-Za-z0-9+/]{100,}=*$/) });
  });

  test("finds an empty environment in it over stdio: no PATH, no HOME, no secret", async () => {
    const peer = await connect(new URL("/mcp", gateway.url));
    expect(await peer.call("everything__get-env")).toMatchObject({ content: [{ type: "text", text: "{}" }] });
  });
});

describe.each(clients)("$client, where a server asks for something", ({ connect }) => {
  test.each([
    ["test_sampling", "sampling/createMessage", { prompt: "Say hello." }],
    ["test_elicitation", "elicitation/create", { message: "Who are you?" }],
  ])("that nobody can answer, %s is refused and the question is on record", async (tool, method, args) => {
    const since = (await gateway.records()).length;
    const peer = await connect(new URL("/servers/ref-session/mcp", gateway.url));
    await peer.call(tool, args).catch(() => {});
    const asked = (await gateway.records()).slice(since).filter(({ kind }) => kind === "question");
    expect(asked).toMatchObject([{ method, effect: "deny", reasons: [{ code: "question.client_incapable" }] }]);
  });

  test("a stateless server that heeds what was declared refuses by itself", async () => {
    const peer = await connect(new URL("/servers/ref-stateless/mcp", gateway.url));
    await expect(peer.call("test_elicitation", { message: "Who are you?" })).rejects.toMatchObject({ code: -32021 });
  });

  test("a stateless server that asks all the same gave no valid answer", async () => {
    const since = (await gateway.records()).length;
    const peer = await connect(new URL("/servers/asks/mcp", gateway.url));
    expect(await peer.call("echo")).toMatchObject({
      isError: true,
      _meta: { "toolgate/decision": { reasons: [{ code: "upstream.invalid_answer" }] } },
    });
    expect(await recordsOf("asks.echo", since)).toMatchObject([
      { kind: "intent" },
      { kind: "outcome", effect: "deny", reasons: [{ code: "upstream.invalid_answer" }] },
    ]);
  });
});

describe("headers that contradict the arguments", () => {
  async function ask(tool: string, args: Record<string, unknown>, headers: Record<string, string>) {
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const answer = await fetch(new URL("/servers/ref-stateless/mcp", gateway.url), {
      method: "POST",
      headers: {
        authorization: `Bearer ${gateway.bearer}`,
        "content-type": "application/json",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": tool,
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: args, _meta: meta } }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  test("are refused and recorded, and the server saw nothing", async () => {
    const since = (await gateway.records()).length;
    const seen = events.length;
    expect((await ask("test_x_mcp_header", { region: "eu" }, { "mcp-param-region": "eu" })).status).toBe(200);
    expect(events.slice(seen)).toEqual(["stateless test_x_mcp_header called"]);
    const refused = await ask("test_x_mcp_header", { region: "eu" }, { "mcp-param-region": "us" });
    expect(refused).toMatchObject({ status: 400, body: { id: 1, error: { code: -32020 } } });
    expect(events.slice(seen)).toHaveLength(1);
    const [, , refusal] = await recordsOf("ref-stateless.test_x_mcp_header", since);
    expect(refusal).toMatchObject({ kind: "refusal", effect: "deny", reasons: [{ code: "gateway.invalid_request" }] });
  });

  test("say nothing about a tool that this caller does not know", async () => {
    const answer = await ask("test_extra", { region: "eu" }, { "mcp-param-region": "us" });
    expect(answer).toMatchObject({ status: 200, body: { error: { code: -32602, message: "Unknown tool: test_extra" } } });
  });
});

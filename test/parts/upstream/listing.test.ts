import { describe, expect, it } from "vitest";
import { pinOf } from "../../../src/core/tool.ts";
import type { Listing } from "../../../src/parts/upstream/index.ts";
import { ListingCache } from "../../../src/parts/upstream/listing-cache.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { startRecordingServer, type Tool } from "../../support/servers/index.ts";
import { closing, harness, overHttp, told } from "./harness.ts";

async function server(options: Parameters<typeof startRecordingServer>[0] = {}) {
  return closing(await startRecordingServer(options));
}

function tool(name: string, over: Partial<Tool> = {}): Tool {
  return { name, inputSchema: { type: "object" }, ...over };
}

function listed(crm: { readonly received: readonly { readonly message: { readonly method?: unknown } }[] }): number {
  return crm.received.filter(({ message }) => message.method === "tools/list").length;
}

describe("the listing of a server", () => {
  it("holds every page, each tool with the pin of its whole definition", async () => {
    const tools = Array.from({ length: 25 }, (_, i) => tool(`tool_${i}`, { title: `Tool ${i}`, unknown: { kept: true } }));
    const crm = await server({ tools, pageSize: 10 });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(tools.map(({ name }) => name));
    const live = listing.ok ? listing.value.tools.get("tool_7") : undefined;
    expect(live).toEqual({ definition: tools[7], pin: pinOf(tools[7] ?? tool(""), "session") });
    expect(listed(crm)).toBe(3);
  });

  it("is empty for a server that offers no tools at all", async () => {
    const crm = await server({ tools: [] });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing).toMatchObject({ ok: true, value: { tools: new Map() } });
  });

  it("leaves out what cannot be used and keeps the rest", async () => {
    const { upstream, logs } = harness();
    const bad = [
      { name: "", inputSchema: {} },
      { name: "no_schema" },
      { name: "list", inputSchema: [] },
      "text",
      { name: "a\nb", inputSchema: {} },
    ];
    const crm = await server({ tools: [tool("good"), ...(bad as Tool[])] });
    const listing = await upstream.connect(overHttp(crm.url)).listing();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(["good"]);
    expect(logs.filter(({ level }) => level === "warn")).toHaveLength(bad.length);
  });

  it("leaves out both tools of one name", async () => {
    const crm = await server({ tools: [tool("pay"), tool("read"), tool("pay", { description: "Another one." })] });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(["read"]);
  });

  it("leaves out a stateless tool whose x-mcp-header is against the specification", async () => {
    const inputSchema = { type: "object", properties: { n: { type: "number", "x-mcp-header": "N" } } };
    const crm = await server({ era: "stateless", tools: [tool("good"), tool("bad", { inputSchema })] });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(["good"]);
  });

  it.each([
    ["more tools", { list_max_tools: 4 }],
    ["more pages", { list_max_pages: 2 }],
    ["more bytes", { list_max_bytes: 300 }],
  ])("with %s than allowed is refused", async (_name, config) => {
    const crm = await server({ tools: Array.from({ length: 6 }, (_, i) => tool(`tool_${i}`)), pageSize: 2 });
    const listing = await harness(config).upstream.connect(overHttp(crm.url)).listing();
    expect(listing.ok).toBe(false);
  });

  it("whose pages lead back to themselves is refused", async () => {
    const crm = await server({ tools: [tool("a"), tool("b")], pageSize: 0 });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing).toMatchObject({ ok: false, error: { code: "upstream.invalid_answer" } });
  });

  it("is read once for all who ask at the same time, then kept", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    await Promise.all([connection.listing(), connection.listing(), connection.listing()]);
    await connection.listing();
    expect(listed(crm)).toBe(1);
  });

  it("is read again after its time, while what was read still counts", async () => {
    const crm = await server({ listChanged: false });
    const { upstream, clock } = harness({ refresh_ms: 30_000 });
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    clock.advance(30_000);
    crm.setTools([tool("new")]);
    expect([...(connection.current()?.tools.keys() ?? [])]).toEqual(["echo"]);
    const listing = await connection.listing();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(["new"]);
    expect(listed(crm)).toBe(2);
  });

  it("is known without waiting only after it was read", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(connection.current()).toBeUndefined();
    await connection.listing();
    expect(connection.current()?.tools.has("echo")).toBe(true);
  });

  it("is no longer believed once the server says that its tools changed, until it was read again", async () => {
    const crm = await server();
    const { upstream, changed, when } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    await crm.when(() => crm.streams.size === 1);
    expect(changed).toEqual(["crm"]);
    crm.setTools([tool("new")]);
    await when(() => changed.length === 2);
    expect([...(connection.current()?.tools.keys() ?? [])]).toEqual(["new"]);
  });

  it("says nothing when it was read again and is the same", async () => {
    const crm = await server();
    const { upstream, clock, changed } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    clock.advance(60_000);
    await connection.listing();
    expect(changed).toEqual(["crm"]);
  });

  it("counts for a while when the server cannot be reached, then no longer", async () => {
    const crm = await startRecordingServer();
    const { upstream, clock, changed } = harness({ refresh_ms: 30_000, believe_ms: 100_000 });
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    await crm.close();
    clock.advance(40_000);
    expect((await connection.listing()).ok).toBe(true);
    clock.advance(100_000);
    expect(connection.current()).toBeUndefined();
    expect(await connection.listing()).toMatchObject({ ok: false, error: { code: "upstream.unavailable" } });
    expect(changed).toEqual(["crm", "crm"]);
  });

  it("of a dead server is not asked for by every caller", async () => {
    const crm = await server({ authorization: "Bearer nobody knows" });
    const connection = harness().upstream.connect(overHttp(crm.url));
    for (let i = 0; i < 3; i++) expect(await connection.listing()).toMatchObject({ ok: false, error: { code: "upstream.unauthorized" } });
    expect(crm.requests).toHaveLength(1);
  });

  it("is found again when the server comes back", async () => {
    const crm = await startRecordingServer();
    await crm.close();
    const { upstream, clock } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    expect((await connection.listing()).ok).toBe(false);
    closing(await startRecordingServer({ port: crm.port }));
    clock.advance(1_000);
    expect((await connection.listing()).ok).toBe(true);
  });

  it("is read anew after a session was lost", async () => {
    const crm = await server();
    const { upstream, clock } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.forgetSessions();
    clock.advance(30_000);
    expect((await connection.listing()).ok).toBe(true);
    expect(crm.received.filter(({ message }) => message.method === "initialize")).toHaveLength(2);
  });

  it("does without a stream where the server has none", async () => {
    const crm = await server({ listChanged: false });
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    expect(crm.requests.map(({ method }) => method)).not.toContain("GET");
  });

  it("opens its stream again after the server cut it, and asks what changed meanwhile", async () => {
    const crm = await server();
    const { upstream, later, when } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    await crm.when(() => crm.streams.size === 1);
    for (const stream of crm.streams) stream.destroy();
    await when(() => later.length === 1);
    expect(later[0]?.ms).toBe(1_000);
    later.splice(0)[0]?.run();
    await crm.when(() => crm.streams.size === 1 && listed(crm) === 2);
    expect(connection.current()?.tools.has("echo")).toBe(true);
    // Cut again before a word was said on it: the next wait is longer.
    for (const stream of crm.streams) stream.destroy();
    await when(() => later.length === 1);
    expect(later[0]?.ms).toBe(2_000);
  });

  it("that was read while the tools changed is read again before it is believed", async () => {
    const live = { definition: tool("x"), pin: pinOf(tool("x"), "session") };
    const page = (name: string): Listing => ({
      era: "session",
      protocolVersion: "2025-11-25",
      readAt: 0,
      tools: new Map([[name, live]]),
      prompts: new Map(),
      resources: new Map(),
      templates: new Map(),
      offers: { completions: false, logging: false, subscriptions: false, extensions: {} },
    });
    const cacheOf = (read: () => string): ListingCache =>
      new ListingCache({
        clock: manualClock(0),
        refreshMs: 10,
        believeMs: 10,
        onChange: () => {},
        read: async () => ({ ok: true, value: page(read()) }),
      });
    let reads = 0;
    const once = cacheOf(() => {
      if (++reads === 1) once.doubt();
      return `read_${reads}`;
    });
    const listing = await once.get();
    expect(listing.ok && [...listing.value.tools.keys()]).toEqual(["read_2"]);
    const restless = cacheOf(() => {
      restless.doubt();
      return "never";
    });
    expect(await restless.get()).toMatchObject({ ok: false, error: { code: "upstream.unavailable" } });
    expect(restless.current()).toBeUndefined();
  });

  it("whose reading throws is a failure like others", async () => {
    const credentialFor = () => Promise.reject(new Error("broken"));
    const crm = await server();
    const listing = await harness({}, { credentialFor }).upstream.connect(overHttp(crm.url)).listing();
    expect(listing).toMatchObject({ ok: false, error: { code: "upstream.unavailable", detail: expect.stringContaining("broken") } });
  });
});

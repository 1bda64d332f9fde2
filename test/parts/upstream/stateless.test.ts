import { describe, expect, it } from "vitest";
import { type Behaviour, inputRequired, type ServedEra, startRecordingServer } from "../../support/servers/index.ts";
import { call, closing, harness, overHttp, told } from "./harness.ts";

async function server(options: Parameters<typeof startRecordingServer>[0] = {}) {
  return closing(await startRecordingServer({ era: "stateless", ...options }));
}

describe("a call over HTTP in the stateless era", () => {
  it("needs no initialize and carries version, client and no capabilities in each request", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    const reply = await connection.call(call({ argsText: '{"n":1.50}' }));
    expect(reply).toMatchObject({ ok: true, value: { era: "stateless" } });
    expect(crm.received.map(({ message }) => message.method)).not.toContain("initialize");
    expect(crm.calls[0]?.argsText).toBe('{"n":1.50}');
    for (const { message } of crm.received) {
      expect(message.params?._meta).toMatchObject({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "toolgate" },
        "io.modelcontextprotocol/clientCapabilities": {},
      });
    }
  });

  it("repeats method and tool in headers, also a name that no header could carry", async () => {
    const name = "überweisung";
    const crm = await server({ tools: [{ name, inputSchema: { type: "object" } }] });
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection, { tool: name })).toBe("result");
    expect(crm.calls[0]?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": `=?base64?${Buffer.from(name).toString("base64")}?=`,
    });
    expect(crm.calls[0]?.headers).not.toHaveProperty("mcp-session-id");
  });

  it("repeats the arguments that the schema asks for as headers, and no others", async () => {
    const inputSchema = {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        deep: { type: "object", properties: { count: { type: "integer", "x-mcp-header": "Count" } } },
        secret: { type: "string" },
        absent: { type: "boolean", "x-mcp-header": "Absent" },
      },
    };
    const crm = await server({ tools: [{ name: "echo", inputSchema }] });
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.listing();
    await connection.call(call({ argsText: '{"region":"eu ","deep":{"count":7},"secret":"x","absent":null}' }));
    const params = Object.entries(crm.calls[0]?.headers ?? {}).filter(([header]) => header.startsWith("mcp-param-"));
    expect(Object.fromEntries(params)).toEqual({ "mcp-param-region": "=?base64?ZXUg?=", "mcp-param-count": "7" });
  });

  it("carries the progress token beside the other members of _meta", async () => {
    const crm = await server();
    crm.answer("echo", {
      kind: "stream",
      before: [{ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "$TOKEN", progress: 1 } }],
    });
    const seen: unknown[] = [];
    const reply = await harness()
      .upstream.connect(overHttp(crm.url))
      .call(call({ onProgress: (step) => seen.push(step) }));
    expect(reply.ok).toBe(true);
    expect(seen).toEqual([{ progress: 1 }]);
  });

  it("that is given up closes its stream and sends nothing more", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url, "auto"));
    await connection.listing();
    crm.answer("echo", { kind: "hang" });
    expect(await told(connection, { timeoutMs: 40 })).toBe("upstream.timeout dispatched");
    expect(crm.received.map(({ message }) => message.method)).not.toContain("notifications/cancelled");
  });

  const refused: [string, Behaviour, string][] = [
    ["a question for input", inputRequired, "which its definition does not let it ask"],
    ["a type of result that is not known", { kind: "result", result: { resultType: "later" } }, '"later"'],
  ];
  it.each(refused)("answered with %s is refused", async (_name, behaviour, detail) => {
    const crm = await server();
    crm.answer("echo", behaviour);
    const reply = await harness().upstream.connect(overHttp(crm.url)).call(call());
    expect(reply).toMatchObject({
      ok: false,
      error: { code: "upstream.invalid_answer", dispatched: true, detail: expect.stringContaining(detail) },
    });
  });

  it("answered with a result that names no type is complete, as the revision wants it read", async () => {
    const crm = await server();
    crm.answer("echo", { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}' });
    const reply = await harness().upstream.connect(overHttp(crm.url)).call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { kind: "result", text: '{"content":[]}' } } });
  });

  it("learns of changed tools from a subscription", async () => {
    const crm = await server();
    const { upstream } = harness();
    await upstream.connect(overHttp(crm.url)).listing();
    await crm.when(() => crm.received.some(({ message }) => message.method === "subscriptions/listen"));
    const listen = crm.received.find(({ message }) => message.method === "subscriptions/listen");
    expect(listen?.message.params?.notifications).toEqual({ toolsListChanged: true });
    expect(listen?.headers["mcp-method"]).toBe("subscriptions/listen");
  });
});

describe("the question for the era", () => {
  const eras: [ServedEra, string][] = [
    ["session", "session"],
    ["stateless", "stateless"],
    ["both", "stateless"],
  ];
  it.each(eras)("finds that a server of the %s era speaks %s", async (era, spoken) => {
    const crm = await server({ era });
    const listing = await harness().upstream.connect(overHttp(crm.url)).listing();
    expect(listing).toMatchObject({ ok: true, value: { era: spoken } });
  });

  it("is not asked of a server whose era the definition states", async () => {
    const crm = await server({ era: "both" });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    expect(await told(connection)).toBe("result");
    expect(crm.received.map(({ message }) => message.method)).not.toContain("server/discover");
  });

  it("is refused by a server that must be stateless and is not", async () => {
    const crm = await server({ era: "session" });
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    expect(await told(connection)).toBe("upstream.invalid_answer not dispatched");
    expect(crm.received.map(({ message }) => message.method)).toEqual(["server/discover"]);
  });

  it("is asked once, and its answer is kept when the session is lost", async () => {
    const crm = await server({ era: "session" });
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.forgetSessions();
    expect(await told(connection)).toBe("result");
    expect(crm.received.filter(({ message }) => message.method === "server/discover")).toHaveLength(1);
  });

  it("is asked again when a server no longer speaks what it offered", async () => {
    const crm = await server();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    crm.answer("echo", { kind: "error", code: -32022, message: "unsupported", data: { supported: ["2025-11-25"] } });
    expect(await told(connection)).toBe("upstream.unavailable dispatched");
    await crm.when(() => crm.received.filter(({ message }) => message.method === "server/discover").length === 2);
  });
});

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CallOptions, type Company, type CompanyServer, type Gate, type LogRecord, plainHeaders, startGate } from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { ways } from "./whole-company.ts";

// Requests of an extension that nobody here knows more of than the names that a server's definition passes.

const extension = "com.example/search";
const capabilities = { elicitation: { form: {} }, extensions: { [extension]: { depth: 1 } } };

function searching(era: "session" | "stateless"): CompanyServer {
  const methods = ["search/query", "search/purge", "search/secret"];
  const row = {
    asks: ["elicitation"],
    extensions: [extension, "com.example/absent"],
    extension_methods: { [extension]: methods, "com.example/absent": ["absent/query"] },
  };
  return { era, row, tools: { echo: {} } };
}

const company: Company = {
  servers: { desk: searching("session"), shelf: searching("stateless") },
  roles: {
    all: { grants: ["*/*"], asks: ["*/*"], methods: ["*/search/query", "*/search/secret", "*/absent/*"] },
    purge: { methods: ["desk/search/purge"] },
  },
  budgets: { searches: { unit: "calls", limit: 100_000, window: { kind: "fixed", seconds: 3600 }, per: ["user"] } },
  policies: {
    searches: `# kinds: [extension]
constrain contains {"code": "searches.too_deep", "message": "Not deeper than 3."} if {
	input.extension.id in ["desk.search/query", "shelf.search/query"]
	deep(input.args)
}
default deep(_) := false
deep(args) if args.depth > 3
oblige contains {"type": "budget", "name": "searches", "cost": 1} if input.extension.extension == "${extension}"
oblige contains {"type": "limit_result", "bytes": 4000} if input.extension.method == "search/query"
redact contains {"path": "/secret"} if input.extension.method == "search/secret"
`,
  },
};

let gate: Gate;
let token: string;
beforeAll(async () => {
  const script = { extensions: { [extension]: {} } };
  gate = await startGate({ company, servers: { desk: script, shelf: script } });
  for (const server of Object.values(gate.servers)) {
    for (const method of ["search/query", "search/purge", "absent/query"])
      server.answer(method, { kind: "result", result: { hits: [1, 2] } });
    server.answer("search/secret", { kind: "result", result: { secret: "hidden", hits: [] } });
  }
  token = await gate.token();
});
afterAll(() => gate.stop());

type Params = Readonly<Record<string, unknown>>;

/** What the client got, what the server got, and what is on record of it. */
async function ask(door: string | undefined, era: "session" | "stateless", method: string, params: Params, options: CallOptions = {}) {
  const before = (await gate.records()).length;
  const reached = door === undefined ? 0 : (gate.servers[door]?.reached.length ?? 0);
  const around = { token, era, capabilities, ...(door === undefined ? {} : { door }), ...options };
  const answer = await gate.client.ask(method, params, around);
  const records = (await gate.records()).slice(before).filter((record) => record.method === method);
  const received = door === undefined ? [] : (gate.servers[door]?.reached.slice(reached) ?? []);
  return { answer, records, received, params: received[0]?.message.params };
}

const withoutMeta = ({ _meta, ...rest }: Params = {}) => rest;

describe.each(ways)("at the server $server, for a client of the $client era, a method of an extension", ({ client, server }) => {
  test("that a role grants is judged, carried and recorded", async () => {
    const params = { query: "a", depth: 2, filters: { tags: ["x", null, 1.5] } };
    const { answer, records, received } = await ask(server, client, "search/query", params);
    expect(answer.message?.result, answer.text).toMatchObject({
      hits: [1, 2],
      ...(client === "stateless" ? { resultType: "complete" } : {}),
    });
    if (client === "session") expect(answer.message?.result).not.toHaveProperty("resultType");
    expect(received).toHaveLength(1);
    expect(received[0]?.message).toMatchObject({ method: "search/query", params });
    if (server === "shelf") {
      expect(received[0]?.headers["mcp-method"]).toBe("search/query");
      const declared = { "io.modelcontextprotocol/clientCapabilities": { extensions: capabilities.extensions } };
      expect(received[0]?.message.params?._meta).toMatchObject(declared);
      expect(JSON.stringify(received[0]?.message.params?._meta)).not.toContain("elicitation");
    }
    expect(records.map(({ kind, target }) => [kind, target])).toEqual([
      ["intent", `${server}.search/query`],
      ["outcome", `${server}.search/query`],
    ]);
    const about = { id: `${server}.search/query`, method: "search/query", extension };
    expect(records[0]).toMatchObject({
      input: { method: "search/query", extension: about, args: params },
      decision: { permits: [{ rule: "role", id: "all" }] },
      reservation: { levels: [{ budget: "searches" }] },
    });
  });

  test("that no role grants looks like one that there is not, and reaches no server", async () => {
    const purge = await ask(server, client, "search/purge", {});
    const made = await ask(server, client, "search/made-up", {});
    const words = ({ answer: { status, message } }: typeof purge) =>
      JSON.stringify({ status, error: message?.error }).replaceAll(/made-up|purge/g, "x");
    expect(words(purge)).toBe(words(made));
    expect(purge.answer.message?.error?.code).toBe(-32601);
    expect(purge.received).toEqual([]);
    expect(purge.records).toMatchObject([{ kind: "refusal", target: `${server}.search/purge`, reasons: [{ code: "extension.unknown" }] }]);
  });

  test("that policy constrains by its arguments is refused with the reason, and reaches no server", async () => {
    const { answer, records, received } = await ask(server, client, "search/query", { depth: 4 });
    expect(answer.message?.error).toMatchObject({
      code: 403,
      message: "Not deeper than 3.",
      data: { "toolgate/decision": { reasons: [{ code: "searches.too_deep" }] } },
    });
    expect(received).toEqual([]);
    expect(records).toMatchObject([{ kind: "refusal", reasons: [{ code: "searches.too_deep" }] }]);
  });

  test("of which the client did not declare the extension is refused in the words of its era, and reaches no server", async () => {
    const { answer, records, received } = await ask(server, client, "search/query", {}, { capabilities: {} });
    expect(answer.message?.error?.code).toBe(client === "stateless" ? -32021 : -32601);
    if (client === "stateless") {
      expect(answer.status).toBe(400);
      expect(answer.message?.error?.data).toMatchObject({ requiredCapabilities: { extensions: { [extension]: {} } } });
    }
    expect(received).toEqual([]);
    expect(records).toMatchObject([{ kind: "refusal", reasons: [{ code: "extension.undeclared" }] }]);
  });

  test("that is not granted tells nobody who did not declare the extension that it is there", async () => {
    const { answer } = await ask(server, client, "search/purge", {}, { capabilities: {} });
    expect(answer.message?.error?.code).toBe(-32601);
  });

  test("of an extension that the server does not have now is unknown, and reaches no server", async () => {
    const declared = { extensions: { "com.example/absent": {} } };
    const { answer, records, received } = await ask(server, client, "absent/query", {}, { capabilities: declared });
    expect(answer.message?.error, answer.text).toEqual({ code: -32601, message: "Method not found: absent/query" });
    expect(received).toEqual([]);
    expect(records).toMatchObject([{ kind: "refusal", reasons: [{ code: "extension.unknown" }] }]);
  });

  test("has its result redacted, and withheld where it is too large", async () => {
    const secret = await ask(server, client, "search/secret", {});
    expect(JSON.stringify(secret.answer.message?.result)).not.toContain("hidden");
    expect(secret.answer.message?.result).toMatchObject({ hits: [] });
    gate.servers[server]?.answer("search/query", { kind: "result", result: { hits: ["x".repeat(5_000)] } });
    const large = await ask(server, client, "search/query", {});
    gate.servers[server]?.answer("search/query", { kind: "result", result: { hits: [1, 2] } });
    expect(large.answer.message?.error?.data).toMatchObject({ "toolgate/decision": { reasons: [{ code: "result.too_large" }] } });
  });

  test("cannot ask anybody anything", async () => {
    gate.servers[server]?.answer("search/query", { kind: "ask", questions: { who: nameQuestion } });
    let asked = 0;
    const answers = () => {
      asked += 1;
      return { result: { action: "accept", content: { name: "ann" } } };
    };
    const { answer } = await ask(server, client, "search/query", {}, { answers });
    gate.servers[server]?.answer("search/query", { kind: "result", result: { hits: [1, 2] } });
    expect(asked).toBe(0);
    expect(answer.message?.result).not.toMatchObject({ resultType: "input_required" });
    expect(answer.text).not.toContain("What is your name?");
  });

  test("cannot send anybody to an address", async () => {
    const address = { mode: "url", elicitationId: "e1", url: "https://evil.example/", message: "Open this." };
    gate.servers[server]?.answer("search/query", { kind: "error", code: -32042, message: "Open this.", data: { elicitations: [address] } });
    const { answer } = await ask(server, client, "search/query", {});
    gate.servers[server]?.answer("search/query", { kind: "result", result: { hits: [1, 2] } });
    expect(answer.message?.error?.code).toBe(403);
    expect(answer.text).not.toContain("evil.example");
  });

  test("receives the parameters that were judged, letter by letter", async () => {
    await fc.assert(
      fc.asyncProperty(parameters, async (params) => {
        const { answer, records, received } = await ask(server, client, "search/query", params);
        expect(answer.message?.result, answer.text).toBeDefined();
        expect(received).toHaveLength(1);
        expect(withoutMeta(received[0]?.message.params)).toEqual(params);
        const intent = records.find((record: LogRecord) => record.kind === "intent");
        expect((intent?.input as { args?: unknown } | undefined)?.args).toEqual(params);
      }),
      { numRuns: 25 },
    );
  });
});

/** Small letters alone: names that differ only in case are refused. */
const parameters = fc.dictionary(
  fc
    .string({ minLength: 1, maxLength: 8 })
    .filter((key) => !["__proto__", "_meta", "depth", "name", "uri", "taskId"].includes(key) && key === key.toLowerCase()),
  fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.integer(), { maxLength: 3 })),
  { maxKeys: 5 },
);

describe.each(["session", "stateless"] as const)("for a client of the %s era, the aggregate", (era) => {
  test("has no methods of extensions, and says so of any method alike", async () => {
    for (const method of ["search/query", "search/made-up"]) {
      const { answer } = await ask(undefined, era, method, {});
      const message = `Method not found: ${method}. Methods of extensions are called at the door of their server, not here`;
      expect(answer.message?.error).toEqual({ code: -32601, message });
    }
    expect(Object.values(gate.servers).some(({ reached }) => reached.some(({ message }) => message.method === "search/made-up"))).toBe(
      false,
    );
  });
});

test("notifications of extensions are passed to nobody", async () => {
  const opened = await gate.client.session({ token, door: "desk", capabilities });
  const headers = { ...plainHeaders(token), "mcp-session-id": String(opened.headers["mcp-session-id"]) };
  const before = gate.servers.desk?.reached.length;
  const sent = await gate.client.post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/search", params: {} }), headers, "desk");
  expect(sent.status).toBe(202);
  expect(gate.servers.desk?.reached.length).toBe(before);
  expect(gate.servers.desk?.received.some(({ message }) => message.method === "notifications/search")).toBe(false);
});

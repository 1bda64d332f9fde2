import { describe, expect, it } from "vitest";
import type { UpstreamAsk } from "../../../src/parts/upstream/index.ts";
import { closing, definition, harness, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, startRaw } from "./raw-server.ts";

async function start(options: RawOptions) {
  return closing(await startRaw(options));
}

describe("a server of 2025 over HTTP that fails at anything before initialize", () => {
  const failures: [string, (post: Post) => void][] = [
    ["with status 500", (post) => post.response.writeHead(500).end("oops")],
    ["with status 400", (post) => post.response.writeHead(400).end()],
    ["with status 404", (post) => post.response.writeHead(404).end()],
    ["with an error", (post) => post.fail(-32600, 400)],
    ["by cutting the connection", (post) => post.response.destroy()],
    ["with something that is no JSON", (post) => post.response.writeHead(200, { "content-type": "text/html" }).end("<html>")],
    ["with an endless page", (post) => post.response.writeHead(200, { "content-type": "application/json" }).end("x".repeat(2_000_000))],
    ["by saying nothing", () => {}],
  ];
  it.each(failures)("%s is initialized after one question", async (_name, fail) => {
    const crm = await start({ on: { "server/discover": fail, "tools/call": (post) => post.reply({ content: [] }) } });
    const connection = harness({ handshake_timeout_ms: 500 }).upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    expect(crm.posts.map(({ message }) => message.method).slice(0, 3)).toEqual([
      "server/discover",
      "initialize",
      "notifications/initialized",
    ]);
    expect(crm.of("server/discover")).toHaveLength(1);
  });

  it("is not taken for one where the gateway's credential is refused", async () => {
    const crm = await start({ on: { "server/discover": (post) => post.response.writeHead(401).end() } });
    expect(await told(harness().upstream.connect(overHttp(crm.url)))).toBe("upstream.unauthorized not dispatched");
    expect(crm.of("initialize")).toEqual([]);
  });
});

describe("the answer to the question for the era", () => {
  it("is told in the log with the time it was asked, kept for an hour, and asked for again", async () => {
    let session = 0;
    const crm = await start({ sessionId: () => `s${++session}`, on: { "tools/call": (post) => refuseOld(post, session) } });
    const { upstream, clock, logs } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    const opened = () => logs.filter(({ message }) => message === "a server was opened").map(({ fields }) => fields);
    const first = new Date(clock.now()).toISOString();
    expect(await told(connection)).toBe("result");
    expect(opened()).toEqual([{ server: "crm", era: "session", era_asked_at: first, protocol: "2025-11-25" }]);
    clock.advance(3_599_000);
    session++;
    expect(await told(connection)).toBe("result");
    expect(opened()[1]).toMatchObject({ era_asked_at: first });
    expect(crm.of("server/discover")).toHaveLength(1);
    clock.advance(1_000);
    session++;
    expect(await told(connection)).toBe("result");
    expect(opened()[2]).toMatchObject({ era_asked_at: new Date(clock.now()).toISOString() });
    expect(crm.of("server/discover")).toHaveLength(2);
  });
});

/** Knows the newest session alone. */
function refuseOld(post: Post, newest: number): void {
  if (post.headers["mcp-session-id"] === `s${newest}`) post.reply({ content: [] });
  else post.response.writeHead(404).end();
}

describe("a request whose session was lost", () => {
  const asks: [string, UpstreamAsk, RawOptions["on"], boolean][] = [
    ["a prompt that is the same", { method: "prompts/get", paramsText: '"name":"p"', name: "p" }, {}, true],
    [
      "a prompt that is another one",
      { method: "prompts/get", paramsText: '"name":"p"', name: "p" },
      { "prompts/list": (post) => post.reply({ prompts: [{ name: "p", description: post.headers["mcp-session-id"] }] }) },
      false,
    ],
    ["a resource", { method: "resources/read", paramsText: '"uri":"a:b"', name: "a:b" }, {}, true],
    [
      "a resource of templates that are other ones",
      { method: "resources/read", paramsText: '"uri":"a:b"', name: "a:b" },
      {
        "resources/templates/list": (post) =>
          post.reply({ resourceTemplates: [{ uriTemplate: "a:{x}", name: String(post.headers["mcp-session-id"]) }] }),
      },
      false,
    ],
    [
      "a completion where prompts are other ones",
      { method: "completion/complete", paramsText: '"ref":{}' },
      { "prompts/list": (post) => post.reply({ prompts: [{ name: "p", description: post.headers["mcp-session-id"] }] }) },
      false,
    ],
  ];
  it.each(asks)("for %s is sent again only if that is what was approved", async (_name, ask, on, again) => {
    let session = 0;
    const method = ask.method;
    const crm = await start({
      capabilities: { tools: {}, prompts: {}, resources: {} },
      sessionId: () => `s${++session}`,
      on: { "prompts/list": (post) => post.reply({ prompts: [{ name: "p" }] }), ...on, [method]: (post) => refuseOld(post, session) },
    });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    session = 7;
    expect(await told(connection, { ask })).toBe(again ? "result" : "upstream.unavailable dispatched");
    expect(crm.of(method)).toHaveLength(again ? 2 : 1);
  });
});

describe("a server whose place is not what the bundle allows", () => {
  it("is reached by nobody", async () => {
    const crm = await start({});
    const server = definition({ kind: "sse", place: { url: crm.url }, hostClass: "public", era: "session" });
    const connection = harness().upstream.connect(server);
    expect(await told(connection)).toBe("upstream.wrong_place not dispatched");
    expect(await connection.listing()).toMatchObject({ ok: false, error: { code: "upstream.wrong_place" } });
    connection.watch("a:b", () => {})();
    expect(crm.posts).toEqual([]);
  });
});

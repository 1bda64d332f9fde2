import { describe, expect, it } from "vitest";
import type { ServerDefinition } from "../../../src/core/server.ts";
import type { UpstreamCall } from "../../../src/parts/upstream/index.ts";
import { call, closing, harness, type Over, overHttp } from "./harness.ts";
import { startRaw } from "./raw-server.ts";

const TASKS = "io.modelcontextprotocol/tasks";
const elicitation = { method: "elicitation/create", params: { message: "Who?", requestedSchema: {} } };
const everything = { asks: ["elicitation", "roots", "sampling"], extensions: [TASKS] } as const;
const client = { elicitation: { form: true, url: false }, roots: true, extensions: { [TASKS]: {} } } as const;

async function outcome(result: object | string, over: Over = {}, server: Partial<ServerDefinition> = everything) {
  const { ask } = call(over);
  const crm = closing(
    await startRaw({
      era: "stateless",
      on: {
        [ask.method]: (post) => {
          const text = typeof result === "string" ? result : JSON.stringify(result);
          post.response.writeHead(200, { "content-type": "application/json" });
          post.response.end(`{"jsonrpc":"2.0","id":${String(post.message.id)},"result":${text}}`);
        },
      },
    }),
  );
  const reply = await harness()
    .upstream.connect(overHttp(crm.url, "stateless", server))
    .call(call({ capabilities: client, ...over }));
  return reply.ok ? reply.value.outcome : `${reply.error.code} ${reply.error.dispatched ? "dispatched" : "not dispatched"}`;
}

const refusal = "upstream.invalid_answer dispatched";
const required = (members: object) => ({ resultType: "input_required", ...members });

describe("a stateless server that wants to know something first", () => {
  it("tells its questions without _meta, and its state", async () => {
    const roots = { method: "roots/list" };
    const sampling = { method: "sampling/createMessage", params: { messages: [], maxTokens: 9, _meta: { x: 1 } } };
    const told = await outcome(required({ inputRequests: { who: elicitation, where: roots, what: sampling }, requestState: "sealed" }));
    expect(told).toEqual({
      kind: "input_required",
      questions: new Map<string, unknown>([
        ["who", elicitation],
        ["where", { method: "roots/list", params: {} }],
        ["what", { method: "sampling/createMessage", params: { messages: [], maxTokens: 9 } }],
      ]),
      requestState: "sealed",
    });
  });

  it("may want nothing but its state back", async () => {
    expect(await outcome(required({ requestState: "" }))).toEqual({ kind: "input_required", questions: new Map(), requestState: "" });
  });

  const may: [string, UpstreamCall["ask"]][] = [
    ["prompts/get", { method: "prompts/get", paramsText: '"name":"p"', name: "p" }],
    ["resources/read", { method: "resources/read", paramsText: '"uri":"a:b"', name: "a:b" }],
  ];
  it.each(may)("may want so for %s too", async (_method, ask) => {
    expect(await outcome(required({ requestState: "s" }), { ask })).toMatchObject({ kind: "input_required" });
  });

  const mayNot: [string, UpstreamCall["ask"]][] = [
    ["completion/complete", { method: "completion/complete", paramsText: '"ref":{}' }],
    ["tasks/get", { method: "tasks/get", paramsText: '"taskId":"t"', name: "t" }],
    ["tasks/update", { method: "tasks/update", paramsText: '"taskId":"t"', name: "t" }],
    ["tasks/cancel", { method: "tasks/cancel", paramsText: '"taskId":"t"', name: "t" }],
  ];
  it.each(mayNot)("may not for %s", async (_method, ask) => {
    expect(await outcome(required({ requestState: "s" }), { ask })).toBe(refusal);
  });

  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`q${i}`, elicitation]));
  const odd: [string, object | string][] = [
    ["nothing at all", required({})],
    ["no questions and no state", required({ inputRequests: {} })],
    ["a list of questions", required({ inputRequests: [elicitation] })],
    ["a question that is a text", required({ inputRequests: { who: "you" } })],
    ["a question without a method", required({ inputRequests: { who: {} } })],
    ["a question of another method", required({ inputRequests: { who: { method: "tools/call", params: {} } } })],
    ["a method from the prototype", required({ inputRequests: { who: { method: "toString", params: {} } } })],
    ["an elicitation without params", required({ inputRequests: { who: { method: "elicitation/create" } } })],
    ["params that are a list", required({ inputRequests: { who: { method: "elicitation/create", params: [] } } })],
    ["17 questions", required({ inputRequests: many(17) })],
    ["a key with a line break", required({ inputRequests: { "a\nb": elicitation } })],
    ["an endless key", required({ inputRequests: { ["k".repeat(257)]: elicitation } })],
    ["a state that is no text", required({ requestState: { a: 1 } })],
    ["a state of more than 64 KiB", required({ requestState: "é".repeat(32_769) })],
    [
      "a question with a number that no double holds",
      '{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"n":9007199254740993}}}}',
    ],
    ["a key twice", '{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"},"q":{"method":"roots/list"}}}'],
  ];
  it.each(odd)("with %s is refused", async (name, result) => {
    expect(await outcome(result)).toBe(name === "a key twice" ? "upstream.ambiguous dispatched" : refusal);
  });

  it("with 16 questions is heard", async () => {
    expect(await outcome(required({ inputRequests: many(16) }))).toMatchObject({ kind: "input_required" });
  });

  it("that its definition does not let ask is refused", async () => {
    expect(await outcome(required({ inputRequests: { who: elicitation } }), {}, { asks: ["roots"] })).toBe(refusal);
  });
});

describe("a stateless server that makes a task of a call", () => {
  const task = { resultType: "task", taskId: "t-1", status: "working", createdAt: "x", lastUpdatedAt: "x", ttlMs: null };

  it("gives its members, as parsed", async () => {
    expect(await outcome(task)).toEqual({ kind: "task", task });
  });

  it.each<[string, Over, Partial<ServerDefinition>, object]>([
    ["whose definition does not pass tasks", {}, { ...everything, extensions: [] }, task],
    ["for a client that knows no tasks", { capabilities: { extensions: {} } }, everything, task],
    ["for something that is no tool", { ask: { method: "resources/read", paramsText: '"uri":"a:b"' } }, everything, task],
    ["without an id", {}, everything, { ...task, taskId: "" }],
    ["with an endless id", {}, everything, { ...task, taskId: "t".repeat(1_025) }],
    ["with an id that is no text", {}, everything, { ...task, taskId: 7 }],
  ])("%s is refused", async (_name, over, server, result) => {
    expect(await outcome(result, over, server)).toBe(refusal);
  });
});

describe("a server with sessions", () => {
  it.each([
    ["a question", required({ requestState: "s" })],
    ["a task", { resultType: "task", taskId: "t" }],
    ["something unknown", { resultType: "later" }],
  ])("may not answer with %s in the manner of the other era", async (_name, result) => {
    const crm = closing(await startRaw({ on: { "tools/call": (post) => post.reply(result) } }));
    const reply = await harness()
      .upstream.connect(overHttp(crm.url, "session", everything))
      .call(call({ capabilities: client }));
    expect(reply).toMatchObject({ ok: false, error: { code: "upstream.invalid_answer", dispatched: true } });
  });
});

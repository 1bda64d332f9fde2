import { request } from "node:http";
import { expect, test, vi } from "vitest";
import type { Answer } from "../../../src/gateway/index.ts";
import { listedTool, refusedBy } from "../../support/fake-gateway.ts";
import { doorUnderTest, envelope, STATELESS_VERSION } from "./door-under-test.ts";
import { openStream } from "./sse.ts";

const DECISION = "dec_0" as Answer["decisionId"];
const SERVER_INFO = { "io.modelcontextprotocol/serverInfo": { name: "toolgate", title: "Toolgate", version: "0.1.0" } };

test("server/discover tells version, capabilities and name", async () => {
  const door = await doorUnderTest({ lists: { ttl_ms: 1234 } });
  const answer = await door.ask("server/discover");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["mcp-session-id"]).toBeUndefined();
  expect(answer.json()).toEqual({
    jsonrpc: "2.0",
    id: 7,
    result: {
      supportedVersions: [STATELESS_VERSION],
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      },
      resultType: "complete",
      ttlMs: 1234,
      cacheScope: "private",
      _meta: SERVER_INFO,
    },
  });
  expect(door.gateway.asked.admits).toMatchObject([
    { era: "stateless", protocolVersion: STATELESS_VERSION, client: { name: "test", version: "1" } },
  ]);
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.");
  expect((await door.ask("server/discover")).json()).toMatchObject({
    id: 7,
    error: { code: 403, message: "This agent is suspended or retired." },
  });
});

test("a client need not give its name", async () => {
  const door = await doorUnderTest();
  const meta = envelope({ "io.modelcontextprotocol/clientInfo": undefined });
  expect((await door.ask("tools/call", { name: "t" }, { meta })).statusCode).toBe(200);
  expect(door.gateway.asked.calls[0]!.exchange).toMatchObject({ client: { name: "unnamed", version: "0" } });
});

test.each([
  ["no _meta", {}],
  ["no protocol version", envelope({ "io.modelcontextprotocol/protocolVersion": undefined })],
  ["no client capabilities", envelope({ "io.modelcontextprotocol/clientCapabilities": undefined })],
  ["a version that is no text", envelope({ "io.modelcontextprotocol/protocolVersion": 5 })],
  ["capabilities that are a list", envelope({ "io.modelcontextprotocol/clientCapabilities": [] })],
  ["a client without a name", envelope({ "io.modelcontextprotocol/clientInfo": { version: "1" } })],
])("a request with %s is refused with 400 and -32602", async (_what, meta) => {
  const door = await doorUnderTest();
  expect((await door.ask("tools/call", { name: "t" })).statusCode).toBe(200);
  const answer = await door.ask("tools/call", { name: "t" }, { meta });
  expect([answer.statusCode, answer.json()]).toMatchObject([400, { id: 7, error: { code: -32602 } }]);
  expect(door.gateway.asked.calls).toHaveLength(1);
});

test("the version header alone does not replace _meta", async () => {
  const door = await doorUnderTest();
  const answer = await door.post(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "t" } }), {
    "mcp-protocol-version": STATELESS_VERSION,
    "mcp-method": "tools/call",
    "mcp-name": "t",
  });
  expect([answer.statusCode, answer.json()]).toMatchObject([400, { id: 7, error: { code: -32602 } }]);
});

test("a version that we do not speak is named, with those we do", async () => {
  const door = await doorUnderTest();
  for (const version of ["v999.0.0", "2027-01-01", "2025-11-25"]) {
    const answer = await door.ask(
      "server/discover",
      {},
      { headers: { "mcp-protocol-version": version }, meta: envelope({ "io.modelcontextprotocol/protocolVersion": version }) },
    );
    expect([answer.statusCode, answer.json()]).toMatchObject([
      400,
      { id: 7, error: { code: -32022, data: { supported: [STATELESS_VERSION], requested: version } } },
    ]);
  }
});

test.each([
  ["another version", { "mcp-protocol-version": "2025-11-25" }],
  ["no version", { "mcp-protocol-version": undefined }],
  ["another method", { "mcp-method": "tools/list" }],
  ["the method in capitals", { "mcp-method": "TOOLS/CALL" }],
  ["no method", { "mcp-method": undefined }],
  ["another tool", { "mcp-name": "crm__get_customer" }],
  ["the tool in capitals", { "mcp-name": "CRM__REFUND" }],
  ["no tool", { "mcp-name": undefined }],
  ["broken Base64", { "mcp-name": "=?base64?Y3JtX19yZWZ1bmQ?=" }],
  ["another tool in Base64", { "mcp-name": `=?base64?${btoa("other")}?=` }],
])("headers with %s contradict the body and are refused", async (_what, headers) => {
  const door = await doorUnderTest();
  expect((await door.ask("tools/call", { name: "crm__refund" })).statusCode).toBe(200);
  const answer = await door.ask("tools/call", { name: "crm__refund" }, { headers });
  expect([answer.statusCode, answer.json()]).toMatchObject([400, { id: 7, error: { code: -32020 } }]);
  expect(door.gateway.asked.refusals.at(-1)).toMatchObject({ caller: "ann", code: "gateway.invalid_request", method: "tools/call" });
  expect(door.gateway.asked.calls).toHaveLength(1);
});

test("a tool name may come in Base64 and with space around it", async () => {
  const door = await doorUnderTest();
  for (const name of [`=?base64?${btoa("crm__refund")}?=`, "  crm__refund  "]) {
    const url = await door.listen().catch(() => new URL(`http://127.0.0.1:${(door.app.server.address() as { port: number }).port}/mcp`));
    const sent = request(url, {
      method: "POST",
      headers: {
        authorization: "Bearer ann",
        "content-type": "application/json",
        "mcp-protocol-version": STATELESS_VERSION,
        "mcp-method": "tools/call",
        "mcp-name": name,
      },
    });
    const status = new Promise((resolve) => sent.once("response", (response) => resolve(response.resume().statusCode)));
    sent.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "crm__refund", _meta: envelope() } }));
    expect(await status).toBe(200);
  }
  expect(door.gateway.asked.calls).toHaveLength(2);
});

test.each([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "tasks/list",
  "tasks/get",
  "unknown/method",
])("%s is not found, with 404", async (method) => {
  const door = await doorUnderTest();
  const answer = await door.ask(method);
  expect([answer.statusCode, answer.json()]).toMatchObject([404, { id: 7, error: { code: -32601 } }]);
  expect(door.gateway.asked.refusals).toMatchObject([{ code: "gateway.unsupported_method", method }]);
});

test("a notification is accepted and dropped, unless its headers contradict it", async () => {
  const door = await doorUnderTest();
  const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
  expect((await door.post(note, { "mcp-protocol-version": STATELESS_VERSION })).statusCode).toBe(202);
  expect((await door.post(note, { "mcp-protocol-version": STATELESS_VERSION, "mcp-method": "tools/call" })).json()).toMatchObject({
    id: null,
    error: { code: -32020 },
  });
});

test("the list carries what the era wants to know, page by page", async () => {
  const door = await doorUnderTest({ lists: { page_size: 1 } });
  door.gateway.items.tools = ["a", "b"].map(listedTool);
  const first = (await door.ask("tools/list")).json().result;
  expect(first).toMatchObject({ tools: [{ name: "a" }], resultType: "complete", ttlMs: 5000, cacheScope: "private", _meta: SERVER_INFO });
  const second = (await door.ask("tools/list", { cursor: first.nextCursor })).json().result;
  expect(second).toMatchObject({ tools: [{ name: "b" }], resultType: "complete" });
  expect(second.nextCursor).toBeUndefined();
  const refused = await door.ask("tools/list", { cursor: "x" });
  expect([refused.statusCode, refused.json()]).toMatchObject([200, { error: { code: -32602 } }]);
});

test("each kind of answer has its form", async () => {
  const door = await doorUnderTest();
  const answered = async (answer: Answer) => {
    door.gateway.answer = () => answer;
    return await door.ask("tools/call", { name: "t", arguments: {} });
  };
  const text = async (result: string) => (await answered({ kind: "result", text: result, decisionId: DECISION, era: "session" })).body;
  const about = `"_meta":${JSON.stringify(SERVER_INFO)}`;
  expect(await text('{"content":[]}')).toBe(`{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",${about},"content":[]}}`);
  expect(await text('{"content":[],"resultType":"complete"}')).toBe(
    `{"jsonrpc":"2.0","id":7,"result":{${about},"content":[],"resultType":"complete"}}`,
  );
  expect(await text('{"a":{"resultType":"x"}}')).toBe(
    `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",${about},"a":{"resultType":"x"}}}`,
  );
  expect(await text(" { } ")).toBe(`{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",${about}}}`);
  expect((await answered({ kind: "refused", ...refusedBy("refunds.too_much", "Too much.") })).json().result).toMatchObject({
    resultType: "complete",
    isError: true,
  });
  const missing = await answered({
    kind: "error",
    code: -32021,
    message: "needs sampling",
    data: { requiredCapabilities: { sampling: {} } },
    decisionId: DECISION,
    era: "session",
  });
  expect([missing.statusCode, missing.json().error.data]).toEqual([400, { requiredCapabilities: { sampling: {} } }]);
  expect((await answered({ kind: "error", code: -32020, message: "no", decisionId: DECISION, era: "session" })).statusCode).toBe(200);
  expect((await answered({ kind: "unknown", decisionId: DECISION })).json()).toMatchObject({
    error: { code: -32602, message: "Unknown tool: t" },
  });
});

test("a connection that closes cancels its call, and only then", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  let aborted: Promise<unknown> | undefined;
  door.gateway.answer = async (asked) => {
    aborted = new Promise((resolve) => asked.signal.addEventListener("abort", resolve, { once: true }));
    await aborted;
    return { kind: "cancelled", decisionId: DECISION };
  };
  const headers = {
    authorization: "Bearer ann",
    "content-type": "application/json",
    "mcp-protocol-version": STATELESS_VERSION,
    "mcp-method": "tools/call",
    "mcp-name": "t",
  };
  const sent = request(url, { method: "POST", headers });
  sent.on("error", () => {});
  sent.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", _meta: envelope() } }));
  await vi.waitUntil(() => aborted !== undefined);
  sent.destroy();
  await aborted;

  door.gateway.answer = () => ({ kind: "result", text: "{}", decisionId: DECISION, era: "session" });
  expect((await door.ask("tools/call", { name: "t" })).statusCode).toBe(200);
  expect(door.gateway.asked.calls[1]!.request.signal.aborted).toBe(false);
});

const listenHeaders = {
  authorization: "Bearer ann",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": STATELESS_VERSION,
  "mcp-method": "subscriptions/listen",
};
const listenBody = (notifications: unknown, id: unknown = "sub") =>
  JSON.stringify({ jsonrpc: "2.0", id, method: "subscriptions/listen", params: { notifications, _meta: envelope() } });
const messageOf = (frame: string | undefined) => JSON.parse(String(frame).replace("event: message\ndata: ", ""));

test("subscriptions/listen acknowledges first, then tells changes of the list, each with the subscription's id", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const stream = await openStream(url, listenHeaders, listenBody({ toolsListChanged: true, promptsListChanged: false }));
  const about = { "io.modelcontextprotocol/subscriptionId": "sub" };
  expect(messageOf(await stream.next())).toEqual({
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: { notifications: { toolsListChanged: true }, _meta: about },
  });
  door.gateway.changeList();
  expect(messageOf(await stream.next())).toEqual({ jsonrpc: "2.0", method: "notifications/tools/list_changed", params: { _meta: about } });
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.");
  door.gateway.changeList();
  expect(messageOf(await stream.next())).toMatchObject({ id: "sub", result: { resultType: "complete", _meta: about } });
  expect(await stream.next()).toBeUndefined();
});

test("a subscription to nothing that we have is acknowledged and complete", async () => {
  const door = await doorUnderTest();
  door.gateway.offered = { ...door.gateway.offered, prompts: false };
  const stream = await openStream(await door.listen(), listenHeaders, listenBody({ promptsListChanged: true }));
  expect(messageOf(await stream.next())).toMatchObject({ params: { notifications: {} } });
  expect(messageOf(await stream.next())).toMatchObject({ id: "sub", result: { resultType: "complete" } });
  expect(await stream.next()).toBeUndefined();
});

test("a subscription without a filter, refused, or one too many is not opened", async () => {
  const door = await doorUnderTest({ limits: { streams_per_caller: 1 } });
  const url = await door.listen();
  expect((await door.ask("subscriptions/listen")).json()).toMatchObject({ id: 7, error: { code: -32602 } });
  const first = await openStream(url, listenHeaders, listenBody({ toolsListChanged: true }));
  expect(await first.next()).toContain("acknowledged");
  const second = await door.ask("subscriptions/listen", { notifications: { toolsListChanged: true } });
  expect([second.statusCode, second.json().id]).toEqual([429, 7]);
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.");
  expect((await door.ask("subscriptions/listen", { notifications: { toolsListChanged: true } })).json()).toMatchObject({
    error: { code: 403 },
  });
});

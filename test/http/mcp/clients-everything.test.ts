import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Answer, GatewayRequest } from "../../../src/gateway/index.ts";
import { resultOf } from "../../support/fake-gateway.ts";
import { type DoorUnderTest, doorUnderTest } from "./door-under-test.ts";

/** Everything besides tools, with the official clients of both eras; tools are tried in clients.test.ts. */

const DECISION = "dec_0" as Answer["decisionId"];
const requestInit = { headers: { authorization: "Bearer ann" } };
const info = { name: "sdk", version: "1" };
const URI = "file:///handbook/a";

const served: Readonly<Record<string, object>> = {
  "prompts/get": { messages: [{ role: "user", content: { type: "text", text: "hello" } }] },
  "resources/read": { contents: [{ uri: URI, text: "the handbook" }] },
  "completion/complete": { completion: { values: ["T-1"], total: 1, hasMore: false } },
};

async function door(): Promise<{ gate: DoorUnderTest; url: URL }> {
  const gate = await doorUnderTest();
  gate.gateway.answer = ({ asked }) => resultOf(served[asked.method] ?? { content: [] });
  return { gate, url: await gate.listen() };
}

async function v1(url: URL, capabilities: object = {}): Promise<ClientV1> {
  const client = new ClientV1(info, { capabilities });
  const transport = new TransportV1(url, {
    requestInit,
    reconnectionOptions: { initialReconnectionDelay: 10, maxReconnectionDelay: 10, reconnectionDelayGrowFactor: 1, maxRetries: 5 },
  });
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  return client;
}

async function v2(url: URL, mode: "legacy" | { pin: string }): Promise<ClientV2> {
  const client = new ClientV2(info, { versionNegotiation: { mode } });
  await client.connect(new TransportV2(url, { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

interface Peer {
  listPrompts(): Promise<unknown>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<unknown>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  complete(params: { ref: { type: "ref/prompt"; name: string }; argument: { name: string; value: string } }): Promise<unknown>;
}

const peers: [string, (url: URL) => Promise<Peer>][] = [
  ["SDK v1", (url) => v1(url)],
  ["SDK v2 with a session", (url) => v2(url, "legacy")],
  ["SDK v2 stateless", (url) => v2(url, { pin: "2026-07-28" })],
];

test.each(peers)("%s lists, gets, reads and completes", async (_name, connect) => {
  const { url } = await door();
  const peer = await connect(url);
  expect(await peer.listPrompts()).toMatchObject({ prompts: [{ name: "crm__summary" }] });
  expect(await peer.getPrompt({ name: "crm__summary", arguments: { ticket: "T-1" } })).toMatchObject(served["prompts/get"]!);
  expect(await peer.listResources()).toMatchObject({ resources: [{ uri: URI }] });
  expect(await peer.listResourceTemplates()).toMatchObject({ resourceTemplates: [{ uriTemplate: "test://t/{id}" }] });
  expect(await peer.readResource({ uri: URI })).toMatchObject(served["resources/read"]!);
  const ref = { type: "ref/prompt", name: "crm__summary" } as const;
  expect(await peer.complete({ ref, argument: { name: "ticket", value: "T" } })).toMatchObject(served["completion/complete"]!);
});

test.each(peers)("%s meets a resource that does not exist as its own error", async (_name, connect) => {
  const { gate, url } = await door();
  gate.gateway.answer = () => ({ kind: "unknown", decisionId: DECISION });
  const peer = await connect(url);
  await expect(peer.readResource({ uri: "test://nowhere" })).rejects.toMatchObject({ data: { uri: "test://nowhere" } });
});

test("SDK v1 answers what it is asked in the middle of a call", async () => {
  const { gate, url } = await door();
  const client = await v1(url, { elicitation: {}, sampling: {}, roots: {} });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { name: "Ann" } }));
  client.setRequestHandler(CreateMessageRequestSchema, async () => ({
    model: "m",
    role: "assistant",
    content: { type: "text", text: "Paris" },
  }));
  client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: "file:///home" }] }));
  const told: unknown[] = [];
  gate.gateway.answer = async ({ ask }) => {
    told.push(
      await ask?.({ method: "elicitation/create", params: { message: "Name?", requestedSchema: { type: "object", properties: {} } } }),
    );
    told.push(await ask?.({ method: "sampling/createMessage", params: { messages: [], maxTokens: 5 } }));
    told.push(await ask?.({ method: "roots/list", params: {} }));
    return resultOf({ content: [] });
  };
  await client.callTool({ name: "t" });
  expect(told).toMatchObject([
    { kind: "result", result: { action: "accept", content: { name: "Ann" } } },
    { kind: "result", result: { content: { text: "Paris" } } },
    { kind: "result", result: { roots: [{ uri: "file:///home" }] } },
  ]);
});

test("SDK v1 hears log messages from its level, and that a resource changed", async () => {
  const { gate, url } = await door();
  const client = await v1(url);
  const heard: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.push(params.uri));
  gate.gateway.answer = ({ onLog }) => {
    onLog?.({ level: "info", data: "quiet" });
    onLog?.({ level: "error", data: "loud" });
    return resultOf({ content: [] });
  };
  await client.setLoggingLevel("warning");
  await client.callTool({ name: "t" });
  expect(heard).toEqual([{ level: "error", data: "loud" }]);
  await client.subscribeResource({ uri: URI });
  await vi.waitUntil(() => gate.gateway.watched.length > 0);
  gate.gateway.changeResource(URI);
  await vi.waitUntil(() => heard.length === 2);
  expect(heard[1]).toBe(URI);
  await client.unsubscribeResource({ uri: URI });
  await vi.waitUntil(() => gate.gateway.watched.length === 0);
});

test("SDK v1 comes back by itself when its connection breaks, and gets its answer", async () => {
  const { gate, url } = await door();
  const client = await v1(url);
  const asked = Promise.withResolvers<GatewayRequest>();
  const end = Promise.withResolvers<void>();
  gate.gateway.answer = async (request) => {
    asked.resolve(request);
    await end.promise;
    return resultOf({ content: [{ type: "text", text: "after all" }] });
  };
  const progress: number[] = [];
  const call = client.callTool({ name: "t" }, undefined, { onprogress: (told) => void progress.push(told.progress) });
  (await asked.promise).onProgress?.({ progress: 1 });
  await vi.waitUntil(() => progress.length === 1);
  gate.app.server.closeAllConnections();
  (await asked.promise).onProgress?.({ progress: 2 });
  end.resolve();
  expect(await call).toMatchObject({ content: [{ text: "after all" }] });
  expect(progress).toEqual([1, 2]);
});

test("SDK v2 answers questions of the stateless era with its request", async () => {
  const { gate, url } = await door();
  const client = new ClientV2(info, { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { name: "Ann" } }));
  await client.connect(new TransportV2(url, { requestInit }));
  onTestFinished(() => client.close());
  const question = {
    method: "elicitation/create",
    params: { mode: "form", message: "Name?", requestedSchema: { type: "object", properties: {} } },
  };
  const text = JSON.stringify({ resultType: "input_required", inputRequests: { who: question }, requestState: "sealed" });
  gate.gateway.answer = ({ resumed }) =>
    resumed === undefined
      ? { kind: "input_required", text, decisionId: DECISION }
      : resultOf({ content: [{ type: "text", text: "done" }] });
  expect(await client.callTool({ name: "t", arguments: {} })).toMatchObject({ content: [{ text: "done" }] });
  expect(gate.gateway.asked.calls.map(({ request }) => request.resumed)).toMatchObject([
    undefined,
    { inputResponses: { who: { action: "accept", content: { name: "Ann" } } }, requestState: "sealed" },
  ]);
  expect(gate.gateway.asked.calls[0]!.exchange.capabilities).toEqual({ elicitation: { form: true, url: false }, extensions: {} });
});

import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Answer } from "../../../src/gateway/index.ts";
import { listedTool, refusedBy } from "../../support/fake-gateway.ts";
import { type DoorUnderTest, doorUnderTest } from "./door-under-test.ts";

const DECISION = "dec_0" as Answer["decisionId"];
const requestInit = { headers: { authorization: "Bearer ann" } };
const info = { name: "sdk", version: "1" };

interface Peer {
  list(): Promise<{ tools: { name: string }[]; nextCursor?: string | undefined }>;
  call(
    name: string,
    args: Record<string, unknown>,
    options?: { onprogress?: (progress: { progress: number }) => void; signal?: AbortSignal },
  ): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

async function v1(url: URL): Promise<Peer> {
  const client = new ClientV1(info);
  const transport = new TransportV1(url, { requestInit });
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  return {
    list: () => client.listTools(),
    call: async (name, args, options) => ({ ...(await client.callTool({ name, arguments: args }, undefined, options)) }),
    close: () => transport.terminateSession(),
  };
}

function v2(mode: "auto" | "legacy" | { pin: string }): (url: URL) => Promise<Peer> {
  return async (url) => {
    const client = new ClientV2(info, { versionNegotiation: { mode } });
    const transport = new TransportV2(url, { requestInit });
    await client.connect(transport);
    onTestFinished(() => client.close());
    return {
      list: () => client.listTools(),
      call: async (name, args, options) => ({ ...(await client.callTool({ name, arguments: args }, options)) }),
      close: () => transport.terminateSession(),
    };
  };
}

const peers: [string, (url: URL) => Promise<Peer>, "session" | "stateless"][] = [
  ["SDK v1", v1, "session"],
  ["SDK v2 with a session", v2("legacy"), "session"],
  ["SDK v2 stateless", v2({ pin: "2026-07-28" }), "stateless"],
];

async function connected(connect: (url: URL) => Promise<Peer>): Promise<{ door: DoorUnderTest; peer: Peer }> {
  const door = await doorUnderTest();
  return { door, peer: await connect(await door.listen()) };
}

test.each(peers)("%s lists, calls and leaves", async (_name, connect, era) => {
  const { door, peer } = await connected(connect);
  expect((await peer.list()).tools.map((tool) => tool.name)).toEqual(["crm__get_customer", "crm__refund"]);
  expect(await peer.call("crm__refund", { amount: 5 })).toMatchObject({ content: [{ type: "text", text: "called crm__refund" }] });
  expect(door.gateway.asked.calls[0]).toMatchObject({
    exchange: { era, client: info },
    request: { asked: { args: { amount: 5 } } },
  });
  await peer.close();
  expect(door.sessions.open_.size).toBe(0);
});

test.each(peers)("%s reads a refusal as a result that is an error", async (_name, connect) => {
  const { door, peer } = await connected(connect);
  door.gateway.answer = () => ({
    kind: "refused",
    ...refusedBy("refunds.too_much", "Refunds above 1000 are never allowed.", "Ask for less."),
  });
  expect(await peer.call("crm__refund", {})).toMatchObject({
    isError: true,
    content: [{ text: "Refunds above 1000 are never allowed. Ask for less." }],
  });
});

test.each(peers)("%s meets an unknown tool as a protocol error", async (_name, connect) => {
  const { door, peer } = await connected(connect);
  door.gateway.answer = () => ({ kind: "unknown", decisionId: DECISION });
  await expect(peer.call("nothing", {})).rejects.toMatchObject({ code: -32602, message: expect.stringContaining("Unknown tool: nothing") });
});

test.each(peers)("%s hears progress", async (_name, connect) => {
  const { door, peer } = await connected(connect);
  door.gateway.answer = (asked) => {
    for (const progress of [1, 2, 3]) asked.onProgress?.({ progress, total: 3 });
    return { kind: "result", text: '{"content":[]}', decisionId: DECISION, era: "session" };
  };
  const heard: number[] = [];
  await peer.call("t", {}, { onprogress: ({ progress }) => heard.push(progress) });
  expect(heard).toEqual([1, 2, 3]);
});

test.each(peers)("%s can cancel", async (_name, connect) => {
  const { door, peer } = await connected(connect);
  const cancelling = new AbortController();
  let signal: AbortSignal | undefined;
  door.gateway.answer = async (asked) => {
    signal = asked.signal;
    await new Promise((resolve) => asked.signal.addEventListener("abort", resolve, { once: true }));
    return { kind: "cancelled", decisionId: DECISION };
  };
  const call = peer.call("t", {}, { signal: cancelling.signal });
  const rejected = expect(call).rejects.toThrow();
  await vi.waitUntil(() => signal !== undefined);
  cancelling.abort();
  await rejected;
  await vi.waitUntil(() => signal?.aborted);
});

test("SDK v1 walks through the pages and hears that the list changed", async () => {
  const door = await doorUnderTest({ lists: { page_size: 2 } });
  door.gateway.items.tools = ["a", "b", "c"].map(listedTool);
  const changes: unknown[] = [];
  const client = new ClientV1(info, { listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => changes.push(1) } } });
  const transport = new TransportV1(await door.listen(), { requestInit });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  const first = await client.listTools();
  const second = await client.listTools({ cursor: first.nextCursor });
  expect([...first.tools, ...second.tools].map((tool) => tool.name)).toEqual(["a", "b", "c"]);
  await vi.waitUntil(() => {
    door.gateway.changeList();
    return changes.length > 0;
  });
});

test("SDK v2 finds the stateless era by itself", async () => {
  const door = await doorUnderTest();
  const peer = await v2("auto")(await door.listen());
  await peer.list();
  expect(door.gateway.asked.lists).toMatchObject([{ exchange: { era: "stateless" } }]);
});

import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type RunningReferenceServer, startReferenceServer } from "../../examples/reference-server/index.ts";

// What the suite does not ask of the reference server, and tests of the gateway count on.

const info = { name: "reference", version: "1" };
const content = { name: "Ann", color: "blue", ok: true, context: "a test", confirm: true };
const elicited = { action: "accept" as const, content };
const sampled = { role: "assistant" as const, content: { type: "text" as const, text: "Hello" }, model: "none" };
const rooted = { roots: [{ uri: "file:///home", name: "home" }] };
const references: Record<string, RunningReferenceServer> = {};

beforeAll(async () => {
  for (const era of ["session", "stateless"] as const) references[era] = await startReferenceServer({ era });
});
afterAll(async () => {
  for (const server of Object.values(references)) await server.stop();
});

interface Peer {
  readonly client: ClientV1 | ClientV2;
  /** Methods of the notifications that came. */
  readonly heard: readonly string[];
  listen(): Promise<unknown>;
}

async function v1(): Promise<Peer> {
  const client = new ClientV1(info, { capabilities: { elicitation: {}, sampling: {}, roots: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => elicited);
  client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
  client.setRequestHandler(ListRootsRequestSchema, () => rooted);
  const heard: string[] = [];
  client.fallbackNotificationHandler = async ({ method }) => void heard.push(method);
  // The SDK's own transport does not satisfy its interface under exactOptionalPropertyTypes.
  await client.connect(new TransportV1(new URL(String(references.session?.url))) as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  return { client, heard, listen: () => client.subscribeResource({ uri: "test://watched-resource" }) };
}

async function v2(): Promise<Peer> {
  const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
  const client = new ClientV2(info, { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities });
  client.setRequestHandler("elicitation/create", () => elicited);
  client.setRequestHandler("sampling/createMessage", () => sampled);
  client.setRequestHandler("roots/list", () => rooted);
  const heard: string[] = [];
  client.fallbackNotificationHandler = async ({ method }) => void heard.push(method);
  await client.connect(new TransportV2(new URL(String(references.stateless?.url))));
  onTestFinished(() => client.close());
  const wanted = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
  return { client, heard, listen: () => client.listen({ ...wanted, resourceSubscriptions: ["test://watched-resource"] }) };
}

describe.each([
  { era: "session", connect: v1 },
  { era: "stateless", connect: v2 },
])("the reference server of the $era era", ({ era, connect }) => {
  test.each([
    ["elicitation", "Hello, Ann!"],
    ["sampling", "Hello"],
    ["list_roots", 'Roots: [{"uri":"file:///home","name":"home"}]'],
    ["request_state", "state-ok"],
    ["multi_round", "Ann likes blue."],
    ["tampered_state", "confirmed"],
  ])("asks in rounds: %s", async (tool, words) => {
    const { client } = await connect();
    const answer = await client.callTool({ name: `test_input_required_result_${tool}`, arguments: {} });
    expect(answer).toMatchObject({ content: [{ type: "text", text: words }] });
  });

  test("asks before it answers a prompt", async () => {
    const { client } = await connect();
    const { messages } = await client.getPrompt({ name: "test_input_required_result_prompt" });
    expect(messages).toMatchObject([{ content: { text: "Context: a test" } }]);
  });

  test("tells of changes of every list, and of a resource", async () => {
    const { client, heard, listen } = await connect();
    await listen();
    const triggers = ["test_trigger_tool_change", "test_trigger_prompt_change", "test_trigger_resource_change"];
    const news = ["tools/list_changed", "prompts/list_changed", "resources/list_changed", "resources/updated"];
    // A stream opens in the background; a change before that is nobody's news.
    await vi.waitUntil(
      async () => {
        for (const name of triggers) await client.callTool({ name, arguments: {} });
        await client.callTool({ name: "test_touch_resource", arguments: { uri: "test://watched-resource" } });
        return news.every((one) => heard.includes(`notifications/${one}`));
      },
      { timeout: 10_000, interval: 50 },
    );
  });

  test("offers what comes and goes", async () => {
    const { client } = await connect();
    const counts = async () => [
      (await client.listTools()).tools.length,
      (await client.listPrompts()).prompts.length,
      (await client.listResources()).resources.length,
    ];
    const before = await counts();
    const change = () => (["tools", "prompts", "resources"] as const).map((list) => references[era]?.change(list));
    change();
    const after = await counts();
    expect(after.map((count, index) => Math.abs(count - (before[index] ?? 0)))).toEqual([1, 1, 1]);
    change();
    expect(await counts()).toEqual(before);
  });
});

test("a session carries out in the call what is a task elsewhere", async () => {
  const { client } = await v1();
  const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args });
  expect(await call("slow_compute", { seconds: 0, label: "now" })).toMatchObject({ content: [{ text: "computed now" }] });
  expect(await call("confirm_delete", { filename: "a" })).toMatchObject({ content: [{ text: "deleted" }] });
  expect(await call("test_tool_with_task")).toMatchObject({ content: [{ text: "Hello, Ann!" }] });
});

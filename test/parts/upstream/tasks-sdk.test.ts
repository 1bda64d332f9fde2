import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import type { Progress } from "../../../src/parts/upstream/index.ts";
import { call, closing, harness, type Over, overHttp, told } from "./harness.ts";

const accepted = { kind: "result", result: { action: "accept", content: { name: "Ann" } } } as const;

describe("tasks of a server on the official SDK", () => {
  async function sdk() {
    const taskStore = new InMemoryTaskStore();
    const taskMessageQueue = new InMemoryTaskMessageQueue();
    const server = new McpServer(
      { name: "tasks", version: "1" },
      { capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } }, taskStore, taskMessageQueue },
    );
    const finish: (() => Promise<void>)[] = [];
    server.experimental.tasks.registerToolTask(
      "research",
      { execution: { taskSupport: "required" } },
      {
        async createTask({ taskStore: store, sendRequest }) {
          const made = await store.createTask({ ttl: 60_000, pollInterval: 200 });
          finish.push(async () => {
            await store.updateTaskStatus(made.taskId, "input_required", "Asking");
            const about = { timeout: 10_000, relatedTask: { taskId: made.taskId } };
            const answer = await sendRequest(
              { method: "elicitation/create", params: { message: "Who?", requestedSchema: { type: "object", properties: {} } } },
              ElicitResultSchema,
              about,
            );
            await store.storeTaskResult(made.taskId, "completed", { content: [{ type: "text", text: JSON.stringify(answer.content) }] });
          });
          return { task: made };
        },
        getTask: async ({ taskStore: store, taskId }) => await store.getTask(taskId),
        getTaskResult: async ({ taskStore: store, taskId }) => (await store.getTaskResult(taskId)) as { content: [] },
      },
    );
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    const http = createServer((request, response) => void transport.handleRequest(request, response));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    closing({
      async close() {
        taskStore.cleanup();
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      },
    });
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, finish, taskStore };
  }

  it("are driven, and their questions answered", async () => {
    const server = await sdk();
    const run = harness();
    const connection = run.upstream.connect(overHttp(server.url, "auto", { asks: ["elicitation"] }));
    expect(await connection.listing()).toMatchObject({ ok: true, value: { protocolVersion: "2025-11-25" } });
    const seen: Progress[] = [];
    const over: Over = { tool: "research", argsText: "{}", onQuestion: () => Promise.resolve(accepted) };
    const reply = connection.call(call({ ...over, onProgress: (progress) => seen.push(progress) }));
    await run.when(() => run.later.some(({ ms }) => ms === 200));
    const finished = server.finish[0]?.();
    for (const { run: now } of run.later.splice(0)) now();
    expect(await reply).toMatchObject({
      ok: true,
      value: { outcome: { kind: "result", result: { content: [{ text: '{"name":"Ann"}' }] } } },
    });
    expect(await reply).toMatchObject({ value: { outcome: { text: expect.not.stringContaining("related-task") } } });
    await finished;
    expect(seen.map(({ message }) => message)).toContain("Asking");
  });

  it("are cancelled when the caller gives up", async () => {
    const server = await sdk();
    const run = harness();
    const connection = run.upstream.connect(overHttp(server.url));
    await connection.listing();
    const controller = new AbortController();
    const reply = told(connection, { tool: "research", argsText: "{}", signal: controller.signal });
    await run.when(() => run.later.some(({ ms }) => ms === 200));
    const cancelled = Promise.withResolvers<void>();
    const update = server.taskStore.updateTaskStatus.bind(server.taskStore);
    server.taskStore.updateTaskStatus = async (...args) => {
      await update(...args);
      if (args[1] === "cancelled") cancelled.resolve();
    };
    controller.abort();
    expect(await reply).toBe("upstream.cancelled dispatched");
    await cancelled.promise;
  });
});

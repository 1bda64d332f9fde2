import { afterEach, describe, expect, test } from "vitest";
import { type CallOptions, type Gate, startGate, told } from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { wholeCompany, wholeServers } from "./whole-company.ts";

// Tasks of the extension of 2026-07-28: a tool of the stateless server answers with one, and the client asks what became of it.

const capabilities = { elicitation: { form: {} }, extensions: { "io.modelcontextprotocol/tasks": {} } };
const task = {
  taskId: "the-servers-own-id",
  status: "working",
  createdAt: "2026-11-21T10:00:00Z",
  lastUpdatedAt: "2026-11-21T10:00:00Z",
  ttlMs: 60_000,
  pollIntervalMs: 100,
};

let gate: Gate;
afterEach(() => gate.stop());

async function begun(state: Readonly<Record<string, unknown>> = task): Promise<string> {
  gate = await startGate({ company: wholeCompany, servers: wholeServers });
  gate.servers.shelf?.answer("echo", { kind: "task", task: state });
  const answer = await ask("tools/call", { name: "echo", arguments: {} });
  expect(answer.message?.result, answer.text).toMatchObject({ resultType: "task", status: state.status });
  return String(answer.message?.result?.taskId);
}

async function ask(method: string, params: Readonly<Record<string, unknown>>, options: CallOptions = {}) {
  return gate.client.ask(method, params, { token: await gate.token(), door: "shelf", era: "stateless", capabilities, ...options });
}

const reached = () => gate.servers.shelf?.reached.map(({ message }) => message.method) ?? [];

describe("a task of a server", () => {
  test("is named by an id that says nothing of the server's, and is found by it", async () => {
    const taskId = await begun();
    expect(taskId).not.toContain("the-servers-own-id");
    const answer = await ask("tasks/get", { taskId });
    expect(answer.message?.result, answer.text).toMatchObject({ resultType: "complete", status: "working", taskId });
    expect(gate.servers.shelf?.reached.at(-1)?.message.params).toMatchObject({ taskId: "the-servers-own-id" });
    const records = (await gate.records()).filter(({ method }) => method === "tasks/get");
    expect(records.map(({ kind, target }) => [kind, target])).toEqual([
      ["intent", "shelf.echo"],
      ["outcome", "shelf.echo"],
    ]);
  });

  test("gives its result as the tool would", async () => {
    const result = { content: [{ type: "text", text: "done" }] };
    const taskId = await begun({ ...task, status: "completed", result });
    const answer = await ask("tasks/get", { taskId });
    expect(answer.message?.result).toMatchObject({ status: "completed", result });
  });

  test("is cancelled by its id", async () => {
    const taskId = await begun();
    const answer = await ask("tasks/cancel", { taskId });
    expect(answer.message?.error, answer.text).toBeUndefined();
    expect(reached()).toContain("tasks/cancel");
  });

  test.each(["tasks/get", "tasks/cancel", "tasks/update"])("is none for another principal that swaps in its id: %s", async (method) => {
    const taskId = await begun();
    const before = reached().length;
    const answer = await ask(
      method,
      { taskId, ...(method === "tasks/update" ? { inputResponses: {} } : {}) },
      { token: await gate.token({ user: "eve" }) },
    );
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
    expect(reached()).toHaveLength(before);
    expect((await gate.records()).at(-1)).toMatchObject({ method, reasons: [{ code: "task.unknown" }] });
  });

  test.each(["tasks/get", "tasks/cancel", "tasks/update"])("that nobody began is unknown: %s", async (method) => {
    await begun();
    const before = reached().length;
    const answer = await ask(method, { taskId: "made-up", ...(method === "tasks/update" ? { inputResponses: {} } : {}) });
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
    expect(reached()).toHaveLength(before);
  });

  test("is judged again with each question for it", async () => {
    const taskId = await begun();
    await gate.swap({}, { ...wholeCompany, roles: { all: { grants: ["desk/*"] } } });
    const before = reached().length;
    const answer = await ask("tasks/get", { taskId });
    expect(told(answer).effect).not.toBe("allow");
    expect(reached()).toHaveLength(before);
  });

  test("asks its client what policy lets it ask, and gets the answer", async () => {
    const taskId = await begun({ ...task, status: "input_required", inputRequests: { who: nameQuestion } });
    const answer = await ask("tasks/get", { taskId });
    expect(answer.message?.result, answer.text).toMatchObject({
      status: "input_required",
      inputRequests: { who: { method: "elicitation/create" } },
    });
    const updated = await ask("tasks/update", { taskId, inputResponses: { who: { action: "accept", content: { name: "ann" } } } });
    expect(updated.message?.error, updated.text).toBeUndefined();
    const sent = gate.servers.shelf?.reached.filter(({ message }) => message.method === "tasks/update").at(-1);
    expect(sent?.message.params?.inputResponses).toEqual({ who: { action: "accept", content: { name: "ann" } } });
  });

  test("is made of a call only for a client that said that it knows tasks", async () => {
    gate = await startGate({ company: wholeCompany, servers: wholeServers });
    gate.servers.shelf?.answer("echo", { kind: "task", task });
    const answer = await ask("tools/call", { name: "echo", arguments: {} }, { capabilities: {} });
    expect(answer.text).not.toContain("the-servers-own-id");
    expect(answer.message?.result?.resultType).not.toBe("task");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientMethod, type Method, methods, revisions } from "../../src/core/methods.ts";
import { type Gate, startGate } from "../support/gate.ts";
import { clientEras, servers, wholeCompany, wholeServers } from "./whole-company.ts";

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ company: wholeCompany, servers: wholeServers });
});
afterAll(() => gate.stop());

const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };

type Params = Readonly<Record<string, unknown>>;

/** Parameters with which each request of a client is well formed, at the door of a server. A method without an entry is a type error. */
const examples: Readonly<Record<Extract<ClientMethod, string>, (server: string) => Params>> = {
  initialize: () => ({ protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } }),
  "server/discover": () => ({}),
  ping: () => ({}),
  "tools/list": () => ({}),
  "tools/call": () => ({ name: "echo", arguments: { a: 1 } }),
  "resources/list": () => ({}),
  "resources/templates/list": () => ({}),
  "resources/read": (server) => ({ uri: `${server}://notes/one` }),
  "resources/subscribe": (server) => ({ uri: `${server}://notes/one` }),
  "resources/unsubscribe": (server) => ({ uri: `${server}://notes/one` }),
  "prompts/list": () => ({}),
  "prompts/get": () => ({ name: "greet", arguments: { who: "bob" } }),
  "completion/complete": () => ({ ref: { type: "ref/prompt", name: "greet" }, argument: { name: "who", value: "b" } }),
  "logging/setLevel": () => ({ level: "error" }),
  "subscriptions/listen": () => ({ notifications: {} }),
  "tasks/get": () => ({ taskId: "made-up" }),
  "tasks/update": () => ({ taskId: "made-up", inputResponses: {} }),
  "tasks/cancel": () => ({ taskId: "made-up" }),
  "tasks/result": () => ({ taskId: "made-up" }),
  "tasks/list": () => ({}),
  "notifications/initialized": () => ({}),
  "notifications/cancelled": () => ({ requestId: 1 }),
  "notifications/progress": () => ({ progressToken: 1, progress: 1 }),
  "notifications/roots/list_changed": () => ({}),
};

const requests = (Object.entries(methods) as [ClientMethod, Method][]).filter(
  ([, { from, kind }]) => from === "client" && kind === "request",
);

function isIn(era: "session" | "stateless", { since, until }: Method): boolean {
  const latest = era === "session" ? "2025-11-25" : "2026-07-28";
  const at = revisions.indexOf(latest);
  return revisions.indexOf(since) <= at && at <= revisions.indexOf(until);
}

describe.each(clientEras)("a client of the %s era", (era) => {
  const judged = requests.filter(([, method]) => isIn(era, method) && method.judge.by !== "none");

  test.each(judged)("leaves a record of %s that names the bundle", async (method, { judge }) => {
    // Only a server with the extension has tasks.
    for (const door of method.startsWith("tasks/") ? (["shelf"] as const) : servers) {
      const token = await gate.token();
      const before = (await gate.records()).length;
      // Opening the session is the request, where the method is initialize.
      const params = examples[method](door);
      if (method === "initialize") await gate.client.initialize({ token, door });
      else await gate.client.ask(method, params, { token, door, era, capabilities });
      const fresh = (await gate.records()).slice(before);
      const name = judge.by === "admit" ? "admit" : method;
      expect(
        fresh.filter((record) => record.method === name && record.bundle?.digest !== undefined).length,
        `${method} at ${door}`,
      ).toBeGreaterThan(0);
    }
  });

  const foreign = requests.filter(([, method]) => !isIn(era, method));
  test.each(foreign)("is told that %s does not exist, and the servers see nothing", async (method) => {
    for (const door of servers) {
      const token = await gate.token();
      await gate.client.ask("tools/list", {}, { token, door, era });
      const reached = gate.servers[door]?.reached.length;
      const answer = await gate.client.ask(method, examples[method](door), { token, door, era });
      expect(answer.message?.error?.code, method).toBe(-32601);
      expect(gate.servers[door]?.reached.length).toBe(reached);
    }
  });
});

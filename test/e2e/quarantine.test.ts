import { afterEach, describe, expect, test, vi } from "vitest";
import { lift, quarantine } from "../gateway/quarantine/quarantining.ts";
import { newKey, startKeyServer } from "../parts/identity/key-server.ts";
import { openEvents } from "../support/event-reader.ts";
import {
  type Answer,
  type CallOptions,
  type Company,
  type Gate,
  type GateOptions,
  issuer,
  plainHeaders,
  startGate,
  told,
} from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { clientEras, ways, wholeCompany, wholeServers } from "./whole-company.ts";
import { wholeRequests } from "./whole-requests.ts";

// What operators quarantine gets nothing through, whichever way it tries; each test asserts that the server behind saw nothing.

const tasks = { extensions: { "io.modelcontextprotocol/tasks": {} } };
let gate: Gate;
afterEach(() => gate.stop());

async function start(options: GateOptions = {}): Promise<void> {
  gate = await startGate({ company: wholeCompany, servers: wholeServers, ...options });
}

const put = (...[kind, subject, more]: Parameters<typeof quarantine> extends [unknown, ...infer Rest] ? Rest : never) =>
  quarantine(gate.started.built.parts.operations, kind, subject, more);
const free = (id: string) => lift(gate.started.built.parts.operations, id);
const reached = () => Object.values(gate.servers).flatMap((server) => server.reached).length;

/** Why it was refused; of a list or a connection too. */
const why = (answer: Answer) => told(answer).codes;

/** Asks, and expects that nothing of it arrives anywhere. */
async function expectRefused(code: string, ask: () => Promise<Answer>): Promise<Answer> {
  const before = reached();
  const answer = await ask();
  expect(why(answer), answer.text).toEqual([code]);
  expect(reached()).toBe(before);
  const last = (await gate.records()).findLast(
    ({ kind }) => kind === "refusal" || kind === "outcome" || kind === "list" || kind === "admit",
  );
  expect(last).toMatchObject({ effect: "deny", reasons: [{ code }] });
  return answer;
}

describe.each(ways)("a quarantined agent, as a $client client of $server", ({ client, server }) => {
  test("gets nothing through a session, or under a token, from before: no call, read, prompt, completion, list or connection", async () => {
    await start();
    const options: CallOptions = { token: await gate.token(), era: client, door: server };
    for (const { method, params } of wholeRequests(server))
      expect(told(await gate.client.ask(method, params, options)).effect, method).toBe("allow");
    const id = await put("agent", "desk-bot");
    for (const { method, params } of wholeRequests(server))
      await expectRefused("agent.quarantined", () => gate.client.ask(method, params, options));
    for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
      await expectRefused("agent.quarantined", () => gate.client.ask(method, {}, options));
    await expectRefused("agent.quarantined", () =>
      client === "session" ? gate.client.initialize(options) : gate.client.ask("server/discover", {}, options),
    );
    await free(id);
    expect(told(await gate.call("echo", {}, options)).effect).toBe("allow");
  });
});

describe.each(clientEras)("in the %s era", (era) => {
  test("a child agent gets nothing under a token whose chain has a quarantined one, by its client id or its id in the catalog", async () => {
    await start({ company: { ...wholeCompany, agents: { child: {}, planner: { match: [{ issuer, client_id: "planner-client" }] } } } });
    const chain = { act: { sub: "child", act: { sub: "planner-client" } } };
    const token = await gate.token({ agent: "child", user: "ann", groups: ["staff"], claims: chain });
    const alone = await gate.token({ agent: "child", user: "ann", groups: ["staff"], claims: { act: { sub: "child" } } });
    const options: CallOptions = { token, era };
    expect(told(await gate.call("desk__echo", {}, options)).effect).toBe("allow");
    for (const subject of ["planner-client", "planner"]) {
      const id = await put("agent", subject);
      await expectRefused("agent.quarantined", () => gate.call("desk__echo", {}, options));
      expect(told(await gate.call("desk__echo", {}, { token: alone, era })).effect, "nobody behind it").toBe("allow");
      await free(id);
    }
  });

  test("a quarantined tool is gone from the aggregate and from its server's own door, and a call says why to who may know it", async () => {
    await start();
    const token = await gate.token();
    await put("tool", "desk.echo");
    expect(await gate.list({ token, era })).toEqual(["desk__note", "shelf__echo", "shelf__note"]);
    expect(await gate.list({ token, era, door: "desk" })).toEqual(["note"]);
    await expectRefused("tool.quarantined", () => gate.call("desk__echo", {}, { token, era }));
    await expectRefused("tool.quarantined", () => gate.call("echo", {}, { token, era, door: "desk" }));
    expect(told(await gate.call("desk__note", {}, { token, era })).effect).toBe("allow");
    // To somebody without a permit it is what it always was: unknown.
    const eve = await gate.token({ user: "eve", groups: [] });
    const about = async (tool: string) => {
      const { message } = await gate.call(tool, {}, { token: eve, era });
      return { ...message?.error, data: undefined, message: message?.error?.message.replace(tool, "") };
    };
    expect(await about("desk__echo")).toEqual(await about("desk__nothing"));
  });

  test("a quarantined server offers nothing and is left alone; the others are as before", async () => {
    await start();
    const token = await gate.token();
    await put("server", "desk");
    const received = gate.servers.desk?.received.length;
    expect(await gate.list({ token, era })).toEqual(["shelf__echo", "shelf__note"]);
    expect(await gate.list({ token, era, door: "desk" })).toEqual([]);
    for (const { method, params } of wholeRequests("desk"))
      await expectRefused("server.quarantined", () => gate.client.ask(method, params, { token, era, door: "desk" }));
    expect(told(await gate.call("shelf__echo", {}, { token, era })).effect).toBe("allow");
    expect(gate.servers.desk?.received.length).toBe(received);
  });

  test("variants of a name slip through nowhere, and a mark on a variant blocks nobody", async () => {
    await start();
    const token = await gate.token();
    for (const subject of ["desk.Echo", "DESK.echo", "desk.echo ", "desk.ｅcho", "desk.%65cho", "desk__echo"]) await put("tool", subject);
    for (const subject of ["Desk", "ｄesk"]) await put("server", subject);
    for (const subject of ["ANN", "a\u200bnn", "аnn"]) await put("user", subject);
    for (const subject of ["Desk-bot", "desk\u2010bot"]) await put("agent", subject);
    expect(told(await gate.call("desk__echo", {}, { token, era })).effect).toBe("allow");
    await put("tool", "desk.echo");
    const before = reached();
    for (const name of [
      "desk__echo",
      "desk__Echo",
      "DESK__echo",
      "desk__echo ",
      "desk__ｅcho",
      "desk__%65cho",
      "desk.echo",
      "desk__desk.echo",
    ])
      expect(told(await gate.call(name, {}, { token, era })).effect, name).not.toBe("allow");
    for (const door of ["Desk", "desk%00", "%64esk "])
      expect((await gate.call("echo", {}, { token, era, door })).status, door).not.toBe(200);
    await expectRefused("tool.quarantined", () => gate.call("echo", {}, { token, era, door: "%64esk" }));
    expect(reached()).toBe(before);
  });
});

test("a quarantined user gets nothing through another issuer either, unless only one issuer's is meant", async () => {
  const [keys, key] = await Promise.all([startKeyServer(), newKey("partner-1")]);
  keys.keys = [key.jwk];
  const [partner, audience] = ["https://partner.example.com", "https://gate.example.com"];
  const entry = { audience, jwks_uri: keys.jwksUri };
  const match = [issuer, partner].map((from) => ({ issuer: from, client_id: "desk-bot" }));
  const company: Company = { ...wholeCompany, agents: { "desk-bot": { match } } };
  try {
    await start({
      company,
      config: {
        issuers: [
          { issuer, ...entry },
          { issuer: partner, ...entry },
        ],
      },
    });
    const [home, away] = await Promise.all([issuer, partner].map((from) => gate.token({ key, issuer: from })));
    for (const token of [home, away]) expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
    const id = await put("user", "ann");
    for (const token of [home, away]) await expectRefused("user.quarantined", () => gate.call("desk__echo", {}, { token }));
    await free(id);
    await put("user", "ann", { issuer: partner });
    expect(told(await gate.call("desk__echo", {}, { token: home })).effect).toBe("allow");
    await expectRefused("user.quarantined", () => gate.call("desk__echo", {}, { token: away }));
  } finally {
    await keys.stop();
  }
});

test("a quarantined session gets nothing, its stream ends and cannot be taken up again; another session of the same agent goes on", async () => {
  await start();
  const token = await gate.token();
  const opened = await gate.client.session({ token, door: "desk" });
  const session = String(opened.headers["mcp-session-id"]);
  const headers = { ...plainHeaders(token), "mcp-session-id": session, "mcp-protocol-version": "2025-11-25", accept: "text/event-stream" };
  const url = `${gate.url}/servers/desk/mcp`;
  const news = await openEvents(url, "GET", headers);
  const first = await news.when(({ id }) => id !== undefined);
  expect(told(await gate.call("echo", {}, { token, door: "desk" })).effect).toBe("allow");
  await put("session", session);
  await news.ended;
  await expectRefused("session.quarantined", () => gate.call("echo", {}, { token, door: "desk" }));
  expect((await openEvents(url, "GET", { ...headers, "last-event-id": first.id })).status).toBe(403);
  expect((await openEvents(url, "GET", headers)).status).toBe(403);
  expect(told(await gate.call("echo", {}, { token: await gate.token({ lifetime: 299 }), door: "desk" })).effect).toBe("allow");
});

test("a task from before is neither polled, answered nor cancelled", async () => {
  await start();
  gate.servers.shelf?.answer("echo", {
    kind: "task",
    task: { taskId: "own", status: "working", createdAt: "2026-11-21T10:00:00Z", lastUpdatedAt: "2026-11-21T10:00:00Z", ttlMs: 60_000 },
  });
  const options: CallOptions = { token: await gate.token(), era: "stateless", door: "shelf", capabilities: tasks };
  const begun = await gate.call("echo", {}, options);
  const taskId = begun.message?.result?.taskId;
  expect(taskId, begun.text).toBeDefined();
  for (const [kind, subject] of [
    ["agent", "desk-bot"],
    ["tool", "shelf.echo"],
  ] as const) {
    const id = await put(kind, subject);
    await expectRefused(`${kind}.quarantined`, () => gate.client.ask("tasks/get", { taskId }, options));
    await expectRefused(`${kind}.quarantined`, () => gate.client.ask("tasks/update", { taskId, inputResponses: {} }, options));
    await expectRefused(`${kind}.quarantined`, () => gate.client.ask("tasks/cancel", { taskId }, options));
    await free(id);
  }
  expect(told(await gate.client.ask("tasks/get", { taskId }, options)).effect).toBe("allow");
});

test("a call that waits for an answer is given up at once, and the answer goes nowhere", async () => {
  await start();
  gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
  const capabilities = { elicitation: { form: {} } };
  const options: CallOptions = { token: await gate.token(), era: "stateless", door: "desk", capabilities };
  const asked = await gate.call("echo", {}, options);
  const { requestState, inputRequests } = asked.message?.result ?? {};
  expect(requestState, asked.text).toBeDefined();
  const received = () => gate.servers.desk?.received.map(({ message }) => message) ?? [];
  const answers = () => received().filter((message) => message.method === undefined).length;
  const before = answers();
  const id = await put("server", "desk");
  await vi.waitFor(async () =>
    expect((await gate.records()).at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code: "question.abandoned" }] }),
  );
  const inputResponses = Object.fromEntries(
    Object.keys(inputRequests as object).map((key) => [key, { action: "accept", content: { name: "ann" } }]),
  );
  const brought = { name: "echo", arguments: {}, inputResponses, requestState };
  await expectRefused("server.quarantined", () => gate.client.ask("tools/call", brought, options));
  // It waits no longer, so that lifting it does not bring it back.
  await free(id);
  expect((await gate.client.ask("tools/call", brought, options)).message?.error?.code).toBe(-32602);
  expect(answers()).toBe(before);
});

test("whoever hears of a resource hears no more of it, and cannot subscribe again", async () => {
  await start();
  const uri = "desk://notes/one";
  const token = await gate.token();
  const opened = await gate.client.session({ token, door: "desk" });
  const session = { "mcp-session-id": String(opened.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
  const news = await openEvents(`${gate.url}/servers/desk/mcp`, "GET", { ...plainHeaders(token), ...session, accept: "text/event-stream" });
  expect((await gate.client.ask("resources/subscribe", { uri }, { token, door: "desk" })).message?.result).toEqual({});
  const desk = gate.servers.desk;
  await desk?.when(() => desk.received.some(({ message }) => message.method === "resources/subscribe"));
  const tell = () => desk?.push({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
  const heard = () => news.events.filter(({ message }) => message?.method === "notifications/resources/updated").length;
  await vi.waitFor(() => {
    tell();
    expect(heard()).toBeGreaterThan(0);
  });
  const id = await put("tool", "desk.notes");
  await desk?.when(() => desk.received.some(({ message }) => message.method === "resources/unsubscribe"));
  const before = heard();
  tell();
  await expectRefused("tool.quarantined", () => gate.client.ask("resources/subscribe", { uri }, { token, door: "desk" }));
  await expectRefused("tool.quarantined", () => gate.client.ask("resources/read", { uri }, { token, door: "desk" }));
  expect(heard()).toBe(before);
  await free(id);
  expect(told(await gate.client.ask("resources/read", { uri }, { token, door: "desk" })).effect).toBe("allow");
});

test("a list that is open hears of a quarantine, and of its end", async () => {
  await start();
  const token = await gate.token();
  const opened = await gate.client.session({ token });
  const session = { "mcp-session-id": String(opened.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
  const news = await openEvents(`${gate.url}/mcp`, "GET", { ...plainHeaders(token), ...session, accept: "text/event-stream" });
  const changes = () => news.events.filter(({ message }) => message?.method === "notifications/tools/list_changed").length;
  await put("tool", "desk.echo", { until: Date.now() + 1_500 });
  await news.when(() => changes() === 1);
  expect(await gate.list({ token })).not.toContain("desk__echo");
  await news.when(() => changes() === 2);
  expect(await gate.list({ token })).toContain("desk__echo");
  expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
});

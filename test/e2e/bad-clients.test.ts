import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type EventReader, openEvents } from "../support/event-reader.ts";
import { type Gate, plainHeaders, startGate, told } from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { servers } from "./whole-company.ts";
import { askProperly, whole, wholeRequests } from "./whole-requests.ts";

// Clients that go away in the middle, and clients that use what belongs to others.

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
let gate: Gate;
beforeEach(async () => {
  gate = await startGate({ ...whole, clock });
});
afterEach(async () => {
  await vi.waitFor(async () => expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } }));
  await gate.stop();
});

type Headers = Readonly<Record<string, string | undefined>>;
const url = (door: string) => `${gate.url}/servers/${door}/mcp`;

/** A fresh session at a server's door, and the headers of its requests. */
async function opened(user = "ann", door = "desk"): Promise<Headers> {
  const token = await gate.token({ user });
  const answer = await gate.client.initialize({ token, door, capabilities });
  return { ...plainHeaders(token), "mcp-session-id": String(answer.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
}
const message = (id: unknown, method: string, params: object) => JSON.stringify({ jsonrpc: "2.0", id, method, params });
const calling = (headers: Headers, id: number, door = "desk"): Promise<EventReader> =>
  openEvents(url(door), "POST", headers, message(id, "tools/call", { name: "echo", arguments: {}, _meta: { progressToken: id } }));
const say = (headers: Headers, said: object, door = "desk") => gate.client.post(JSON.stringify({ jsonrpc: "2.0", ...said }), headers, door);
const outcomes = async (target: string) => (await gate.records()).filter((one) => one.kind === "outcome" && one.target === target);
const accepted = (name: string) => ({ action: "accept", content: { name } });

describe("a client that drops", () => {
  test.each(servers)(
    "cancels its stateless request, of whatever kind: the server %s hears of it, and the record says so",
    async (server) => {
      const token = await gate.token();
      for (const { method, params, scripted, target } of wholeRequests(server)) {
        gate.servers[server]?.answer(scripted, { kind: "hang" });
        const before = gate.servers[server]?.reached.length ?? 0;
        const cutOff = gate.servers[server]?.cutOff() ?? 0;
        const gone = new AbortController();
        const asked = gate.client.ask(method, params, { token, door: server, era: "stateless", signal: gone.signal });
        await gate.servers[server]?.when(() => gate.servers[server]?.reached.length === before + 1);
        const answered = await askProperly(gate, "tools/call", { name: "note", arguments: {} }, { token, door: server, era: "stateless" });
        expect(told(answered).effect).toBe("allow");
        gone.abort();
        await expect(asked).rejects.toThrow();
        await vi.waitFor(async () => expect((await outcomes(target)).at(-1)).toMatchObject({ method, effect: "cancelled" }));
        await gate.servers[server]?.when(() => (gate.servers[server]?.cutOff() ?? 0) > cutOff);
        if (server === "desk") {
          const cancelled = () => gate.servers.desk?.received.filter(({ message }) => message.method === "notifications/cancelled") ?? [];
          const id = gate.servers.desk?.reached[before]?.message.id;
          await gate.servers.desk?.when(() => cancelled().some(({ message }) => message.params?.requestId === id));
        }
        gate.servers[server]?.answer(scripted, { kind: "echo" });
      }
    },
  );

  test.each(servers)("leaves a session's call at %s going on: its outcome is on record, and nobody is charged twice", async (server) => {
    const release = Promise.withResolvers<void>();
    gate.servers[server]?.answer("echo", { kind: "held", until: release.promise });
    const headers = await opened("ann", server);
    const gone = new AbortController();
    const body = message(7, "tools/call", { name: "echo", arguments: {} });
    const asked = gate.client.post(body, headers, server, gone.signal);
    await gate.servers[server]?.when(() => gate.servers[server]?.calls.length === 1);
    gone.abort();
    await expect(asked).rejects.toThrow();
    // Under way still: its id is taken, and nothing was cancelled.
    const taken = await gate.client.post(body, headers, server);
    expect([taken.status, taken.message?.error?.code]).toEqual([400, -32600]);
    expect(await outcomes(`${server}.echo`)).toEqual([]);
    release.resolve();
    await vi.waitFor(async () => expect(await outcomes(`${server}.echo`)).toMatchObject([{ effect: "allow" }]));
    expect(gate.servers[server]?.calls).toHaveLength(1);
    expect(gate.servers[server]?.received.some(({ message }) => message.method === "notifications/cancelled")).toBe(false);
  });

  test("while it is asked something in a session can come back and answer", async () => {
    gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const headers = await opened();
    const first = await calling(headers, 7);
    const question = await first.when(({ message }) => message?.method === "elicitation/create");
    first.drop();
    const back = await openEvents(url("desk"), "GET", { ...headers, accept: "text/event-stream", "last-event-id": question.id });
    expect((await say(headers, { id: question.message?.id, result: accepted("ann") })).status).toBe(202);
    const answer = await back.when(({ message }) => message?.id === 7);
    expect(answer.message?.result?.structuredContent).toEqual({ answers: { q: accepted("ann") } });
    expect(await outcomes("desk.echo")).toMatchObject([{ effect: "allow" }]);
  });

  test("in the middle of its own request is no request", async () => {
    const token = await gate.token();
    await askProperly(gate, "tools/call", { name: "note", arguments: {} }, { token, door: "desk", era: "stateless" });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"'));
        controller.error(new Error("gone"));
      },
    });
    const init = {
      method: "POST",
      body,
      duplex: "half",
      headers: { authorization: token, "content-type": "application/json" },
    } as RequestInit;
    await expect(fetch(url("desk"), init)).rejects.toThrow();
    const answered = await askProperly(gate, "tools/call", { name: "note", arguments: {} }, { token, door: "desk", era: "stateless" });
    expect(told(answered).effect).toBe("allow");
    expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["note", "note"]);
  });
});

describe("what belongs to another", () => {
  test("a session: for anybody else, and at any other door, it looks like one that does not exist", async () => {
    const [ann, eve] = [await opened("ann"), await opened("eve")];
    const stolen = { ...eve, "mcp-session-id": ann["mcp-session-id"] };
    const nobodys = { ...eve, "mcp-session-id": "ses_00000000-0000-7000-8000-000000000000" };
    const attempts = async (headers: Headers, door: string) => {
      const texts: string[] = [];
      for (const method of ["GET", "POST", "DELETE"] as const) {
        clock.advance(1_500);
        const body = method === "POST" ? message(1, "tools/call", { name: "echo", arguments: {} }) : null;
        const wanted = method === "GET" ? { ...headers, accept: "text/event-stream" } : headers;
        const answer = await fetch(url(door), { method, headers: definedOf(wanted), body });
        expect([method, answer.status]).toEqual([method, 404]);
        texts.push(await answer.text());
        expect((await gate.records()).at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code: "gateway.invalid_request" }] });
      }
      return texts;
    };
    const looks = await attempts(nobodys, "desk");
    expect(await attempts(stolen, "desk")).toEqual(looks);
    expect(await attempts(ann, "shelf")).toEqual(looks);
    expect(gate.servers.desk?.calls).toEqual([]);
    expect(told(await say(ann, { id: 2, method: "tools/call", params: { name: "echo", arguments: {} } })).effect).toBe("allow");
  });

  test("a question: answered by another session it stays open, and what the other said reaches nobody", async () => {
    gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const ann = await opened("ann");
    const under = await calling(ann, 7);
    const question = await under.when(({ message }) => message?.method === "elicitation/create");
    const { id } = question.message ?? {};
    const stateless = { ...plainHeaders(await gate.token()), "mcp-protocol-version": "2026-07-28" };
    const thieves = [
      await opened("eve"),
      await opened("ann"),
      { ...(await opened("eve")), "mcp-session-id": ann["mcp-session-id"] },
      stateless,
    ];
    const heard: number[] = [];
    for (const thief of thieves) {
      clock.advance(1_500);
      const answer = await say(thief, { id, result: accepted("eve") });
      heard.push(answer.status);
      expect(answer.message?.error, answer.text).toBeDefined();
      expect((await gate.records()).at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code: "gateway.invalid_request" }] });
    }
    expect(heard).toEqual([400, 400, 404, 400]);
    expect((await say(ann, { id, result: accepted("ann") })).status).toBe(202);
    const answered = await under.when(({ message }) => message?.id === 7);
    expect(answered.message?.result?.structuredContent).toEqual({ answers: { q: accepted("ann") } });
    // And once only.
    clock.advance(1_500);
    expect((await say(ann, { id, result: accepted("again") })).status).toBe(400);
    expect(gate.servers.desk?.received.some(({ raw }) => /"eve"|"again"/.test(raw))).toBe(false);
  });

  test("a stream, a subscription and a call: who knows their ids can neither read nor end them", async () => {
    const release = Promise.withResolvers<void>();
    gate.servers.desk?.answer("echo", { kind: "held", until: release.promise });
    const [ann, eve] = [await opened("ann"), await opened("eve")];
    const uri = "desk://notes/one";
    const news = await openEvents(url("desk"), "GET", { ...ann, accept: "text/event-stream" });
    expect((await say(ann, { id: 1, method: "resources/subscribe", params: { uri } })).message?.result).toEqual({});
    const listening = await gate.token({ user: "ann" });
    const subscription = message(77, "subscriptions/listen", { notifications: { toolsListChanged: true }, _meta: meta });
    const stateless = { "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" };
    const listen = await openEvents(url("desk"), "POST", { ...plainHeaders(listening), ...stateless }, subscription);
    await listen.when(({ message }) => message?.method === "notifications/subscriptions/acknowledged");
    const under = say(ann, { id: 5, method: "tools/call", params: { name: "echo", arguments: { a: 1 } } });
    await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 1);
    const first = await news.when(({ id }) => id !== undefined);

    expect((await openEvents(url("desk"), "GET", { ...eve, accept: "text/event-stream", "last-event-id": first.id })).status).toBe(404);
    for (const requestId of [5, 77])
      expect((await say(eve, { method: "notifications/cancelled", params: { requestId } })).status).toBe(202);
    await say(eve, { id: 2, method: "resources/unsubscribe", params: { uri } });
    // A subscription of her own under the same id ends nobody else's.
    const own = await openEvents(url("desk"), "POST", { ...plainHeaders(await gate.token({ user: "eve" })), ...stateless }, subscription);
    own.drop();

    release.resolve();
    expect((await under).message?.result?.structuredContent).toEqual({ echo: { a: 1 } });
    await gate.servers.desk?.when(
      () => gate.servers.desk?.received.some(({ message }) => message.method === "resources/subscribe") === true,
    );
    await vi.waitFor(() => {
      gate.servers.desk?.push({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
      expect(news.events.some(({ message }) => message?.method === "notifications/resources/updated")).toBe(true);
    });
    gate.servers.desk?.setTools([{ name: "echo", description: "Another one.", inputSchema: { type: "object" } }]);
    await listen.when(({ message }) => message?.method === "notifications/tools/list_changed");
    expect((await outcomes("desk.echo")).map(({ effect }) => effect)).toEqual(["allow"]);
    news.drop();
    listen.drop();
  });

  test("a question that was never asked is answered in vain, under any id", async () => {
    const ann = await opened("ann");
    const replica = (await say(ann, { id: 1, method: "ping" })).status;
    expect(replica).toBe(200);
    for (const id of [1, "1", "question-1", `r0_${"0".repeat(8)}-${"0".repeat(32)}`, "x".repeat(200), "\u202e", -1, 2 ** 53 - 1]) {
      clock.advance(1_500);
      const answer = await say(ann, { id, result: accepted("ann") });
      expect([answer.status, answer.message?.jsonrpc, answer.message?.error?.code], answer.text).toEqual([400, "2.0", -32600]);
      expect((await gate.records()).at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code: "gateway.invalid_request" }] });
    }
    const many = await Promise.all(Array.from({ length: 500 }, (_, id) => say(ann, { id, error: { code: 1, message: "no" } })));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([400]));
    expect(gate.servers.desk?.reached).toEqual([]);
    expect(told(await say(ann, { id: 2, method: "tools/call", params: { name: "echo", arguments: {} } })).effect).toBe("allow");
  });
});

const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };

function definedOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

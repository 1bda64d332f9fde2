import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type EventReader, openEvents, type StreamEvent } from "../support/event-reader.ts";
import { plainHeaders } from "../support/gate.ts";
import { type Replicas, redisFound, startReplicas, to, type Which } from "../support/replicas.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { wholeCompany, wholeServers } from "./whole-company.ts";

// What one replica holds in memory - a stream, a call under way - is reached through the other.

const why = redisFound.kind === "missing" ? ` (left out: ${redisFound.reason})` : "";
const capabilities = { elicitation: { form: {} } };

describe.skipIf(redisFound.kind === "missing")(`streams and calls of another replica${why}`, () => {
  let replicas: Replicas;
  let url: string;
  beforeAll(async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers });
    url = `${replicas.url}/servers/desk/mcp`;
  });
  afterAll(() => replicas?.stop());

  /** A fresh session, and the headers of its requests. */
  async function opened(user = "ann"): Promise<Readonly<Record<string, string | undefined>>> {
    const token = await replicas.gate.token({ user });
    const answer = await replicas.client.initialize({ token, door: "desk", capabilities });
    return { ...plainHeaders(token), "mcp-session-id": String(answer.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
  }
  type Headers = Awaited<ReturnType<typeof opened>>;
  const call = (headers: Headers, replica: Which, id: number): Promise<EventReader> =>
    openEvents(
      url,
      "POST",
      { ...headers, ...to(replica) },
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name: "echo", arguments: { id }, _meta: { progressToken: id } },
      }),
    );
  const listen = (headers: Headers, replica: Which, after?: string): Promise<EventReader> =>
    openEvents(url, "GET", { ...headers, accept: "text/event-stream", ...to(replica), "last-event-id": after });
  const say = (headers: Headers, replica: Which, message: object) =>
    replicas.client.post(JSON.stringify({ jsonrpc: "2.0", ...message }), { ...headers, ...to(replica) }, "desk");

  test("a stream that broke off is resumed through the other replica, and nothing is missing or told twice", async () => {
    replicas.gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const headers = await opened();
    const first = await call(headers, 0, 7);
    const question = await first.when(({ message }) => message?.method === "elicitation/create");
    expect(question.id).toBeDefined();
    first.drop();
    const resumed = await listen(headers, 1, question.id);
    expect(resumed.status).toBe(200);
    const accepted = { id: question.message?.id, result: { action: "accept", content: { name: "ann" } } };
    expect((await say(headers, 1, accepted)).status).toBe(202);
    const answer = await resumed.when(({ message }) => message?.id === 7);
    expect(answer.message?.result?.structuredContent).toMatchObject({ answers: { q: { action: "accept" } } });
    expect(resumed.events.filter(({ message }) => message?.method === "elicitation/create")).toEqual([]);
    resumed.drop();
  });

  test("a stream of another session or principal is resumed by nobody, whichever replica is asked", async () => {
    replicas.gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const headers = await opened();
    const first = await call(headers, 0, 8);
    const question = await first.when(({ message }) => message?.method === "elicitation/create");
    const [same, foreign] = [await opened(), await opened("eve")];
    for (const thief of [same, foreign]) {
      for (const replica of [0, 1] as const) {
        const stolen = await listen(thief, replica, question.id);
        stolen.drop();
        expect(stolen.events.filter(({ message }) => message !== undefined)).toEqual([]);
        const answer = { id: question.message?.id, result: { action: "accept", content: { name: "eve" } } };
        await say(thief, replica, answer);
      }
    }
    await say(headers, 1, { id: question.message?.id, result: { action: "accept", content: { name: "ann" } } });
    const result = await first.when(({ message }) => message?.id === 8);
    expect(JSON.stringify(result.message)).toContain("ann");
    expect(JSON.stringify(result.message)).not.toContain("eve");
  });

  test("what a client subscribed to through one replica is told on its stream at the other", async () => {
    const server = replicas.gate.servers.desk;
    const headers = await opened();
    const stream = await listen(headers, 0);
    const uri = "desk://notes/one";
    const subscribed = await say(headers, 1, { id: 20, method: "resources/subscribe", params: { uri } });
    expect(subscribed.message?.result, subscribed.text).toEqual({});
    await server?.when(() => server.received.some(({ message }) => message.method === "resources/subscribe"));
    const isNews = ({ message }: StreamEvent) => message?.method === "notifications/resources/updated";
    // The replica opens its own stream at the server in its own time.
    await vi.waitFor(
      () => {
        server?.push({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
        expect(stream.events.some(isNews)).toBe(true);
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(stream.events.find(isNews)?.message?.params).toEqual({ uri });
    stream.drop();
  });

  test("a session that is ended through one replica has no stream left on the other", async () => {
    const headers = await opened();
    const stream = await listen(headers, 0);
    expect(stream.status).toBe(200);
    const ended = await openEvents(url, "GET", { ...headers, accept: "text/event-stream", ...to(1), "mcp-session-id": "ses_none" });
    expect(ended.status).toBe(404);
    const gone = await fetch(url, { method: "DELETE", headers: { ...strings(headers), ...to(1) } });
    expect(gone.status).toBe(204);
    await stream.ended;
    for (const replica of [0, 1] as const) expect((await listen(headers, replica)).status).toBe(404);
  });

  test("a call is cancelled through the replica that does not have it, and its server hears of that", async () => {
    const server = replicas.gate.servers.desk;
    server?.answer("echo", { kind: "hang" });
    const headers = await opened();
    const before = server?.calls.length ?? 0;
    const under = call(headers, 0, 9).catch(() => undefined);
    await server?.when(() => server.calls.length > before);
    expect((await say(headers, 1, { method: "notifications/cancelled", params: { requestId: 9 } })).status).toBe(202);
    await server?.when(() => server.received.some(({ message }) => message.method === "notifications/cancelled"));
    const reader = await under;
    await reader?.ended;
    expect(reader?.events.filter(({ message }) => message?.id === 9) ?? []).toEqual([]);
  });

  test("a cancellation in another session of the same principal reaches nothing", async () => {
    const server = replicas.gate.servers.desk;
    const release = Promise.withResolvers<void>();
    server?.answer("echo", { kind: "held", until: release.promise });
    const [mine, other] = [await opened(), await opened()];
    const before = server?.calls.length ?? 0;
    const under = replicas.client.post(
      JSON.stringify({ jsonrpc: "2.0", id: 10, method: "tools/call", params: { name: "echo", arguments: { n: 10 } } }),
      { ...mine, ...to(0) },
      "desk",
    );
    await server?.when(() => server.calls.length > before);
    for (const replica of [0, 1] as const) await say(other, replica, { method: "notifications/cancelled", params: { requestId: 10 } });
    release.resolve();
    expect((await under).message?.result?.structuredContent).toMatchObject({ echo: { n: 10 } });
  });
});

function strings(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

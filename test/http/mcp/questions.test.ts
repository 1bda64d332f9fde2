import { expect, test, vi } from "vitest";
import type { Question, QuestionAnswer } from "../../../src/core/question.ts";
import { fakeSessions, resultOf } from "../../support/fake-gateway.ts";
import { call, type DoorUnderTest, doorUnderTest } from "./door-under-test.ts";
import { replicaHub } from "./replica-hub.ts";
import { openStream, type Stream } from "./sse.ts";

const QUESTION: Question = {
  method: "elicitation/create",
  params: { message: "Your name?", requestedSchema: { type: "object", properties: {} } },
};
const CAN = { elicitation: {}, sampling: {}, roots: {} };
const accepted = { action: "accept", content: { name: "Ann" } };
const headersOf = (session: string, token = "ann") => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  "mcp-session-id": session,
  accept: "application/json, text/event-stream",
});
const reply = (id: string, result: object = accepted) => ({ jsonrpc: "2.0", id, result });

/** A door whose gateway asks once in each call, and answers with what it was told. */
async function asking(door: DoorUnderTest): Promise<QuestionAnswer[]> {
  const told: QuestionAnswer[] = [];
  door.gateway.answer = async ({ ask }) => {
    const answer = await ask?.(QUESTION);
    if (answer !== undefined) told.push(answer);
    return resultOf({ content: [], told: answer ?? "not asked" });
  };
  return told;
}

/** A call under way whose question has been heard. */
async function asked(url: URL, session: string, token = "ann", id = 2): Promise<{ stream: Stream; id: string }> {
  const stream = await openStream(url, headersOf(session, token), JSON.stringify(call("t", {}, id)));
  const question = await stream.message();
  expect(question).toMatchObject({ jsonrpc: "2.0", method: QUESTION.method, params: QUESTION.params });
  return { stream, id: question.id };
}

async function prepared(config: Parameters<typeof doorUnderTest>[0] = {}) {
  const door = await doorUnderTest(config);
  const told = await asking(door);
  const url = await door.listen();
  const session = await door.open("ann", "/mcp", "2025-11-25", CAN);
  return { door, told, url, session };
}

test("a client is asked on the stream of its request, answers in its session, and the request goes on", async () => {
  const { door, told, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  const answered = await door.say(session, reply(id));
  expect([answered.statusCode, answered.body]).toEqual([202, ""]);
  expect(await stream.message()).toMatchObject({ id: 2, result: { told: { kind: "result", result: accepted } } });
  expect(await stream.next()).toBeUndefined();
  expect(told).toHaveLength(1);
});

test("an error is an answer too", async () => {
  const { door, told, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  await door.say(session, { jsonrpc: "2.0", id, error: { code: -1, message: "the user said no", data: { secret: 1 } } });
  await stream.message();
  expect(told).toEqual([{ kind: "error", error: { code: -1, message: "the user said no" } }]);
});

test("who declared nothing, or reads no events, is not asked", async () => {
  const { door, session } = await prepared();
  const declared = await door.open();
  expect((await door.say(declared, call())).json().result.told).toBe("not asked");
  expect((await door.say(session, call(), { accept: "application/json" })).json().result.told).toBe("not asked");
  expect((await door.ask("tools/call", { name: "t" })).json().result.told).toBe("not asked");
});

test("answering another session's question changes nothing, whoever tries", async () => {
  const { door, told, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  const own = await door.open("ann", "/mcp", "2025-11-25", CAN);
  const bob = await door.open("bob", "/mcp", "2025-11-25", CAN);
  const attempts = [
    await door.say(own, reply(id, { action: "decline" })),
    await door.say(bob, reply(id, { action: "decline" }), { authorization: "Bearer bob" }),
    await door.say(bob, reply("never-asked"), { authorization: "Bearer bob" }),
  ];
  for (const attempt of attempts) expect([attempt.statusCode, attempt.json()]).toMatchObject([400, { id: null, error: { code: -32600 } }]);
  const stolen = await door.say(session, reply(id, { action: "decline" }), { authorization: "Bearer bob" });
  expect(stolen.statusCode).toBe(404);
  expect(door.gateway.asked.refusals).toHaveLength(4);
  expect(told).toEqual([]);
  await door.say(session, reply(id));
  expect(await stream.message()).toMatchObject({ result: { told: { result: accepted } } });
});

test("answering twice counts once", async () => {
  const { door, told, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  const answers = await Promise.all([door.say(session, reply(id)), door.say(session, reply(id, { action: "decline" }))]);
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([202, 400]);
  await stream.message();
  expect(told).toEqual([{ kind: "result", result: accepted }]);
  expect((await door.say(session, reply(id))).statusCode).toBe(400);
});

test("an answer with the headers of the stateless era is refused: it has no such questions", async () => {
  const { door, told, url, session } = await prepared();
  const { id } = await asked(url, session);
  expect((await door.say(session, reply(id), { "mcp-protocol-version": "2026-07-28" })).statusCode).toBe(400);
  expect(told).toEqual([]);
});

test("a question that waits too long is taken back and answered with an error", async () => {
  const { door, told, url, session } = await prepared({ questions: { answer_s: 1 } });
  const { stream, id } = await asked(url, session);
  expect(await stream.message()).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
  expect(await stream.message()).toMatchObject({ id: 2, result: { told: { kind: "error" } } });
  expect(told).toMatchObject([{ kind: "error", error: { message: "The client did not answer in time" } }]);
  expect((await door.say(session, reply(id))).statusCode).toBe(400);
});

test.each(["cancelled", "ended"])("a question does not outlive its call when that is %s", async (how) => {
  const { door, told, url, session } = await prepared();
  await asked(url, session);
  if (how === "cancelled") await door.say(session, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  else await door.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  await vi.waitUntil(() => told.length > 0);
  expect(told).toMatchObject([{ kind: "error" }]);
});

test("a client that lost its connection hears the question when it comes back, and can answer", async () => {
  const { door, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  const primed = String(stream.lastId()).replace(/_\d+$/, "_0");
  stream.close();
  const again = await openStream(url, { ...headersOf(session), "last-event-id": primed });
  expect((await again.message()).id).toBe(id);
  await door.say(session, reply(id));
  expect(await again.message()).toMatchObject({ id: 2, result: { told: { result: accepted } } });
  expect(await again.next()).toBeUndefined();
});

test("a client that stays away is not waited for", async () => {
  const { door, told, url, session } = await prepared();
  const { stream } = await asked(url, session);
  stream.close();
  await vi.waitUntil(
    () => {
      door.clock.advance(31_000);
      return told.length > 0;
    },
    { timeout: 15_000, interval: 1_000 },
  );
  expect(told).toMatchObject([{ kind: "error", error: { message: "The client is gone" } }]);
});

test("a server cannot keep a client busy without end", async () => {
  const { door, url, session } = await prepared();
  const told: QuestionAnswer[] = [];
  door.gateway.answer = async ({ ask }) => {
    await Promise.all(Array.from({ length: 100 }, async () => told.push((await ask?.(QUESTION)) as QuestionAnswer)));
    return resultOf({});
  };
  await asked(url, session);
  await vi.waitUntil(() => told.length === 68);
  expect(told.every((answer) => answer.kind === "error")).toBe(true);
});

test("an answer that comes to another replica is brought to the one that asked", async () => {
  const [hub, sessions] = [replicaHub(), fakeSessions()];
  const first = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r1") });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const told = await asking(first);
  const url = await first.listen();
  const session = await first.open("ann", "/mcp", "2025-11-25", CAN);
  const { stream, id } = await asked(url, session);
  expect(id).toMatch(/^r1-[0-9a-f]{32}$/);
  const bob = await second.open("bob", "/mcp", "2025-11-25", CAN);
  expect((await second.say(bob, reply(id), { authorization: "Bearer bob" })).statusCode).toBe(400);
  expect((await second.say(session, reply(id.replace("r1", "r9")))).statusCode).toBe(400);
  expect(told).toEqual([]);
  expect((await second.say(session, reply(id))).statusCode).toBe(202);
  expect((await second.say(session, reply(id))).statusCode).toBe(400);
  expect(await stream.message()).toMatchObject({ result: { told: { result: accepted } } });
});

test("a cancellation and the end of a session reach calls that other replicas hold", async () => {
  const hub = replicaHub();
  const replicas = hub.join("r1");
  const sessions = fakeSessions(100, replicas);
  const first = await doorUnderTest({}, undefined, { sessions, replicas });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const told = await asking(first);
  const url = await first.listen();
  const session = await first.open("ann", "/mcp", "2025-11-25", CAN);
  const other = await first.open("ann", "/mcp", "2025-11-25", CAN);
  await asked(url, session, "ann", 2);
  await asked(url, session, "ann", 3);
  await asked(url, other, "ann", 2);
  await second.say(session, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  await vi.waitUntil(() => told.length === 1);
  await second.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  await vi.waitUntil(() => told.length === 2);
  expect(told.every((answer) => answer.kind === "error")).toBe(true);
});

test("many sessions do not make room for more questions: they are counted by caller, and another caller has its own", async () => {
  const { door, url } = await prepared();
  const sessions = await Promise.all(Array.from({ length: 33 }, () => door.open("ann", "/mcp", "2025-11-25", CAN)));
  for (const session of sessions.slice(0, 32)) await asked(url, session);
  const one = await openStream(url, headersOf(String(sessions[32])), JSON.stringify(call("t")));
  expect((await one.message()).result.told.error.message).toBe("The client has too many questions to answer already");
  await asked(url, await door.open("bob", "/mcp", "2025-11-25", CAN), "bob");
});

test("closing the gateway takes an open question back and lets its call end with an answer, instead of cutting its stream", async () => {
  const { door, told, url, session } = await prepared();
  const { stream, id } = await asked(url, session);
  const closed = door.app.close();
  expect(await stream.message()).toMatchObject({ method: "notifications/cancelled", params: { requestId: id } });
  expect(await stream.message()).toMatchObject({
    id: 2,
    result: { told: { kind: "error", error: { message: "The gateway is closing" } } },
  });
  expect(await stream.next()).toBeUndefined();
  await closed;
  expect(told).toHaveLength(1);
});

test("a server that goes on asking while the gateway closes is told at once that nobody answers", async () => {
  const { door, url, session } = await prepared();
  const again = Promise.withResolvers<void>();
  door.gateway.answer = async ({ ask }) => {
    await ask?.(QUESTION);
    await again.promise;
    return resultOf({ told: await ask?.(QUESTION) });
  };
  const { stream } = await asked(url, session);
  const closed = door.app.close();
  expect(await stream.message()).toMatchObject({ method: "notifications/cancelled" });
  again.resolve();
  expect(await stream.message()).toMatchObject({ id: 2, result: { told: { kind: "error" } } });
  await closed;
});

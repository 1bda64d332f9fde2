import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, type Gate, startGate, told } from "../support/gate.ts";
import { type AskedQuestion, type Behaviour, nameQuestion } from "../support/servers/index.ts";
import { clientEras, ways } from "./whole-company.ts";
import { askProperly, whole } from "./whole-requests.ts";

// Servers that ask what nobody should be asked, too often, twice, or too late.

let gate: Gate;
beforeAll(async () => {
  gate = await startGate(whole);
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
  await gate.stop();
});

/** What was there when a test began. */
let records = 0;
let received = 0;
beforeEach(async () => {
  records = (await gate.records()).length;
  received = gate.servers.desk?.received.length ?? 0;
});

const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const accepted = { action: "accept", content: { name: "ann" } };
const SECRET = "what-nobody-should-read";

/** Calls `echo` with a client that would answer whatever it is asked. */
async function called(server: string, era: "session" | "stateless", behaviour: Behaviour) {
  gate.servers[server]?.answer("echo", behaviour);
  const heard: unknown[] = [];
  const answers = (question: unknown) => {
    heard.push(question);
    return { result: accepted };
  };
  const answer = await askProperly(gate, "tools/call", { name: "echo", arguments: {} }, { era, door: server, capabilities, answers });
  return { answer, heard, asked: answer.message?.result?.resultType === "input_required" };
}

/** How the gate answered the questions of a session server. */
const replies = (id: RegExp) =>
  (gate.servers.desk?.received ?? []).slice(received).filter(({ message }) => message.method === undefined && id.test(String(message.id)));
const fresh = async () => (await gate.records()).slice(records);
const questions = async () => (await fresh()).filter(({ kind }) => kind === "question");

const form = (requestedSchema: unknown): AskedQuestion => ({
  method: "elicitation/create",
  params: { mode: "form", message: SECRET, requestedSchema },
});
const url = (text: unknown): AskedQuestion => ({
  method: "elicitation/create",
  params: { mode: "url", message: SECRET, url: text, elicitationId: "1" },
});
const named = (property: object) => form({ type: "object", properties: { name: property } });

const malformed: readonly (readonly [title: string, question: AskedQuestion])[] = [
  ["a form without a schema", form(undefined)],
  ["a form that asks for an object", named({ type: "object", properties: {} })],
  ["a form that hides an object behind a remote $ref", named({ type: "string", $ref: "http://127.0.0.1:1/x" })],
  [
    "a form with 101 fields",
    form({ type: "object", properties: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, { type: "string" }])) }),
  ],
  ["a form without a message", { ...nameQuestion, params: { ...nameQuestion.params, message: 7, also: SECRET } }],
  ["a question in a mode that nobody knows", { method: "elicitation/create", params: { mode: "voice", message: SECRET } }],
  ["a URL that runs something", url(`javascript:alert('${SECRET}')`)],
  ["a URL with a name before the host", url("https://bank.example.com@evil.example.com/")],
  ["a URL with a look-alike host", url("https://b\u0430nk.example.com/")],
  ["a URL that is none", url(7)],
  ["sampling without messages", { method: "sampling/createMessage", params: { maxTokens: 1, systemPrompt: SECRET } }],
  ["sampling for half a token", { method: "sampling/createMessage", params: { messages: [], maxTokens: 0.5, systemPrompt: SECRET } }],
  [
    "sampling with a message of nobody",
    { method: "sampling/createMessage", params: { messages: [{ role: "root", content: { type: "text", text: SECRET } }], maxTokens: 1 } },
  ],
];

describe.each(ways)("a client of the $client era and the server $server", ({ client, server }) => {
  test.each(malformed)("%s is put to nobody, and on record", async (_title, question) => {
    const { answer, heard, asked } = await called(server, client, { kind: "ask", questions: { q: question } });
    expect(heard).toEqual([]);
    expect(asked).toBe(false);
    if (server === "desk") {
      expect(told(answer).effect, answer.text).toBe("allow");
      expect(replies(/^question-/)).toMatchObject([{ message: { error: { code: -32602 } } }]);
    } else expect(told(answer).codes, answer.text).toEqual(["upstream.invalid_answer"]);
    const events = answer.events.slice(0, -1);
    expect(JSON.stringify(events)).not.toContain(SECRET);
    expect(await questions()).toMatchObject([{ effect: "deny", reasons: [{ code: "upstream.invalid_answer" }] }]);
  });
});

const keyed = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`q${n}`, nameQuestion]));

describe.each(clientEras)("a client of the %s era", (era) => {
  test.each([
    ["that its server may not ask", { inputRequests: { q: { method: "tools/call", params: {} } } }],
    ["without params", { inputRequests: { q: { method: "elicitation/create" } } }],
    ["in a list", { inputRequests: [nameQuestion] }],
    ["with a key that no header could carry", { inputRequests: { "q\n": nameQuestion } }],
    ["100 at once", { inputRequests: keyed(100) }],
    ["with a state of a megabyte", { inputRequests: { q: nameQuestion }, requestState: "x".repeat(1_000_000) }],
    ["with a state that is no text", { inputRequests: { q: nameQuestion }, requestState: { a: SECRET } }],
    ["without saying what", {}],
  ])("hears nothing of a question %s of a stateless server", async (_title, result) => {
    const { answer, heard } = await called("shelf", era, { kind: "result", result: { resultType: "input_required", ...result } });
    expect(told(answer), answer.text).toMatchObject({ effect: "deny", codes: ["upstream.invalid_answer"] });
    expect(heard).toEqual([]);
    expect(await questions()).toEqual([]);
    expect((await gate.records()).at(-1)).toMatchObject({
      kind: "outcome",
      target: "shelf.echo",
      reasons: [{ code: "upstream.invalid_answer" }],
    });
  });

  test("is asked no more than 16 questions in a call, however many its server with a session has", async () => {
    const { answer, heard } = await called("desk", era, { kind: "ask", questions: keyed(60) });
    const said = era === "session" ? heard.length : Object.keys(answer.message?.result?.inputRequests ?? {}).length;
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThanOrEqual(16);
    expect((await questions()).length).toBeLessThanOrEqual(16);
    const refused = replies(/^question-/).filter(({ message }) => message.error !== undefined);
    expect(refused.length).toBeGreaterThanOrEqual(44);
    expect(refused.every(({ message }) => (message.error as { code: number }).code === -32600)).toBe(true);
  });

  test("is not asked without end: a server with a session that has 100 questions at once is given up", async () => {
    const { answer, heard, asked } = await called("desk", era, { kind: "ask", questions: keyed(100) });
    expect(heard.length).toBeLessThanOrEqual(16);
    expect((await questions()).length).toBeLessThanOrEqual(16);
    if (asked) {
      // Asked before the server went too far; nobody waits any more when the client comes back.
      const { inputRequests = {}, requestState } = answer.message?.result ?? {};
      const inputResponses = Object.fromEntries(Object.keys(inputRequests as object).map((key) => [key, accepted]));
      expect(Object.keys(inputResponses).length).toBeLessThanOrEqual(16);
      const params = { name: "echo", arguments: {}, requestState, inputResponses };
      const back = await askProperly(gate, "tools/call", params, { era, door: "desk", capabilities });
      expect(told(back).effect, back.text).not.toBe("allow");
    } else expect(told(answer).codes, answer.text).toEqual(["upstream.invalid_answer"]);
    expect((await fresh()).some(({ kind, effect }) => kind === "outcome" && effect === "deny")).toBe(true);
  });

  test("is asked once where its server asks twice under one id", async () => {
    const question = { jsonrpc: "2.0", id: "same", ...nameQuestion };
    const { answer, heard } = await called("desk", era, { kind: "stream", before: [question, question, question] });
    await gate.servers.desk?.when(() => replies(/^same$/).length >= 2);
    expect(replies(/^same$/).every(({ message }) => (message.error as { code: number } | undefined)?.code === -32600)).toBe(true);
    expect(told(answer).effect, answer.text).toBe("allow");
    expect(heard.length).toBeLessThanOrEqual(1);
    expect((await questions()).length).toBeLessThanOrEqual(1);
  });

  test("is not asked after the answer, nor before it what does not wait for an answer", async () => {
    const late = { jsonrpc: "2.0", id: "late", ...nameQuestion };
    const { answer, heard } = await called("desk", era, { kind: "stream", before: [], after: [late, late] });
    expect(told(answer).effect, answer.text).toBe("allow");
    expect(heard).toEqual([]);
    expect(answer.text).not.toContain("What is your name");
    expect(await questions()).toEqual([]);
    expect(replies(/^late$/)).toEqual([]);
    // The server is heard again with the next call.
    gate.servers.desk?.answer("echo", { kind: "echo" });
    const next = await askProperly(gate, "tools/call", { name: "echo", arguments: {} }, { era, door: "desk" });
    expect(told(next).effect).toBe("allow");
  });

  test("is not asked round after round by a stateless server: after 8 the call ends", async () => {
    let round = 0;
    gate.servers.shelf?.answer("echo", () => ({
      kind: "result",
      result: { resultType: "input_required", inputRequests: { q: nameQuestion }, requestState: `round ${++round}` },
    }));
    const around = { era, door: "shelf", capabilities, answers: () => ({ result: accepted }) } as const;
    const params = { name: "echo", arguments: {} };
    let answer: Answer = await askProperly(gate, "tools/call", params, around);
    while (answer.message?.result?.resultType === "input_required" && round < 100) {
      const { requestState } = answer.message.result;
      answer = await askProperly(gate, "tools/call", { ...params, requestState, inputResponses: { q: accepted } }, around);
    }
    expect(told(answer).codes, answer.text).toEqual(["question.too_many"]);
    expect(round).toBeLessThan(12);
    expect((await gate.records()).at(-1)).toMatchObject({ kind: "outcome", reasons: [{ code: "question.too_many" }] });
  });
});

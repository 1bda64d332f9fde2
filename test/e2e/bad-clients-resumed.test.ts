import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type CallOptions, type Gate, startGate, told } from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { servers } from "./whole-company.ts";
import { askProperly, tokenOf, whole } from "./whole-requests.ts";

// Stateless clients that come back with something else than the answers they were asked for.

const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const names = { name: "echo", arguments: { a: 1 } };
const accepted = { action: "accept", content: { name: "ann" } };
const SECRET = "what-no-server-should-see";

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ ...whole, clock, config: { sessions: { parked_per_owner: 1_000 } } });
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
  await gate.stop();
});

const ask = (server: string, params: Readonly<Record<string, unknown>>, options: CallOptions = {}) =>
  askProperly(gate, "tools/call", { ...names, ...params }, { door: server, era: "stateless", capabilities, ...options });

/** A call that waits for an answer under this key. */
async function asked(server: string): Promise<{ readonly key: string; readonly requestState: unknown }> {
  // Faults that are alike within a second are one record with a count.
  clock.advance(1_500);
  gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
  const first = await ask(server, {});
  expect(first.message?.result?.resultType, first.text).toBe("input_required");
  return { key: Object.keys(first.message?.result?.inputRequests ?? {})[0] ?? "", requestState: first.message?.result?.requestState };
}

const reached = () => servers.reduce((sum, server) => sum + (gate.servers[server]?.reached.length ?? 0), 0);
const isRecorded = async (since: number) =>
  (await gate.records()).slice(since).some(({ kind, effect }) => (kind === "refusal" || kind === "outcome") && effect === "deny");

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, SECRET]));

const wrong: readonly (readonly [title: string, responses: (key: string) => unknown])[] = [
  ["a list", () => [accepted]],
  ["a text", () => SECRET],
  ["null", () => null],
  ["a number", () => 7],
  ["null as answer", (key) => ({ [key]: null })],
  ["a text as answer", (key) => ({ [key]: SECRET })],
  ["a list as answer", (key) => ({ [key]: [accepted] })],
  ["an answer to something else", (key) => ({ [key]: { roots: [{ uri: `file:///${SECRET}` }] } })],
  ["a JSON-RPC response", (key) => ({ [key]: { jsonrpc: "2.0", id: 1, result: accepted } })],
  ["an action that there is not", (key) => ({ [key]: { action: "perhaps", content: { name: SECRET } } })],
  ["content with a refusal", (key) => ({ [key]: { action: "decline", content: { name: SECRET } } })],
  ["content that is a list", (key) => ({ [key]: { action: "accept", content: [SECRET] } })],
  ["what the form did not ask for", (key) => ({ [key]: { action: "accept", content: { name: "ann", password: SECRET } } })],
  ["an object in a field", (key) => ({ [key]: { action: "accept", content: { name: { $secret: SECRET } } } })],
  ["null in a field", (key) => ({ [key]: { action: "accept", content: { name: null, more: SECRET } } })],
];

describe.each(servers)("a question of the server %s", (server) => {
  test.each(wrong)("answered with %s is refused, reaches nobody, and can still be answered", async (_title, responses) => {
    const { key, requestState } = await asked(server);
    const [before, since] = [reached(), (await gate.records()).length];
    const refused = await ask(server, { requestState, inputResponses: responses(key) });
    expect(refused.message?.error?.code, refused.text).toBe(-32602);
    expect(refused.text).not.toContain(SECRET);
    expect(reached()).toBe(before);
    const right = await ask(server, { requestState, inputResponses: { [key]: accepted } });
    expect(right.message?.result?.structuredContent, right.text).toEqual({ answers: { q: accepted } });
    expect(await isRecorded(since)).toBe(true);
    expect(gate.servers[server]?.received.some(({ raw }) => raw.includes(SECRET))).toBe(false);
  });

  test("answered with 10 MB is refused while it is read, and can still be answered", async () => {
    const { key, requestState } = await asked(server);
    const before = reached();
    const inputResponses = { [key]: { action: "accept", content: { name: "x".repeat(10 * 1024 * 1024) } } };
    const options = { door: server, era: "stateless", capabilities, token: await tokenOf(gate) } as const;
    const refused = await gate.client.ask("tools/call", { ...names, requestState, inputResponses }, options);
    expect([refused.status, refused.message?.error?.code]).toEqual([413, -32000]);
    expect(reached()).toBe(before);
    const right = await ask(server, { requestState, inputResponses: { [key]: accepted } });
    expect(told(right).effect, right.text).toBe("allow");
  });

  test("answered together with 10 000 that nobody asked is answered, and the server sees that one alone", async () => {
    const { key, requestState } = await asked(server);
    const right = await ask(server, { requestState, inputResponses: { ...many(10_000), [key]: accepted } });
    expect(right.message?.result?.structuredContent, right.text).toEqual({ answers: { q: accepted } });
    expect(gate.servers[server]?.received.some(({ raw }) => raw.includes(SECRET))).toBe(false);
  });

  test("is asked again where only others are answered", async () => {
    const { key, requestState } = await asked(server);
    const again = await ask(server, { requestState, inputResponses: many(10) });
    expect(again.message?.result, again.text).toMatchObject({ resultType: "input_required" });
    const { inputRequests, requestState: next } = again.message?.result ?? {};
    const last = Object.keys(inputRequests as object)[0] ?? key;
    const right = await ask(server, { requestState: next, inputResponses: { [last]: accepted } });
    expect(told(right).effect, right.text).toBe("allow");
    expect(gate.servers[server]?.received.some(({ raw }) => raw.includes(SECRET))).toBe(false);
  });

  test.each([
    ["a number", 7],
    ["an object", { sealed: SECRET }],
    ["nothing", ""],
    ["something made up", "made-up"],
    ["two megabytes", "x".repeat(2 * 1024 * 1024)],
    ["text that no seal has", "\u202e\ud83d\ude00"],
  ])("is not answered with %s as the state", async (_title, requestState) => {
    const { key } = await asked(server);
    const [before, since] = [reached(), (await gate.records()).length];
    const refused = await ask(server, { requestState, inputResponses: { [key]: accepted } });
    expect(refused.message?.error?.code, refused.text.slice(0, 500)).toBe(-32602);
    expect(reached()).toBe(before);
    expect(await isRecorded(since)).toBe(true);
  });

  test("is not answered with the state at another tool, door or method", async () => {
    const { key, requestState } = await asked(server);
    const other = server === "desk" ? "shelf" : "desk";
    const inputResponses = { [key]: accepted };
    const before = reached();
    const attempts = [
      ask(server, { name: "note", requestState, inputResponses }),
      ask(other, { requestState, inputResponses }),
      askProperly(
        gate,
        "tools/call",
        { ...names, name: `${server}__echo`, requestState, inputResponses },
        { era: "stateless", capabilities },
      ),
      askProperly(
        gate,
        "prompts/get",
        { name: "greet", arguments: { who: "bob" }, requestState, inputResponses },
        { era: "stateless", capabilities, door: server },
      ),
    ];
    for (const refused of await Promise.all(attempts)) expect(refused.message?.error?.code, refused.text).toBe(-32602);
    expect(reached()).toBe(before);
    const right = await ask(server, { requestState, inputResponses });
    expect(told(right).effect, right.text).toBe("allow");
  });
});

test("a state that a session brings is nothing: its call begins anew", async () => {
  const { key, requestState } = await asked("shelf");
  const answer = await askProperly(
    gate,
    "tools/call",
    { ...names, requestState, inputResponses: { [key]: { action: "accept", content: { name: SECRET } } } },
    { era: "session", door: "shelf", capabilities, answers: () => ({ result: accepted }) },
  );
  expect(answer.message?.result?.structuredContent, answer.text).toEqual({ answers: { q: accepted } });
  expect(gate.servers.shelf?.received.some(({ raw }) => raw.includes(SECRET))).toBe(false);
});

test("a state of a stateless server, which keeps nothing, may come back more than once: each return is judged and on record", async () => {
  const { key, requestState } = await asked("shelf");
  const since = (await gate.records()).length;
  for (let n = 0; n < 5; n++) {
    const again = await ask("shelf", { requestState, inputResponses: { [key]: accepted } });
    expect(told(again).effect, again.text).toBe("allow");
  }
  const fresh = (await gate.records()).slice(since);
  for (const kind of ["intent", "answer", "outcome"]) expect(fresh.filter((record) => record.kind === kind)).toHaveLength(5);
});

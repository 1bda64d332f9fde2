import { afterEach, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Company, type Gate, type GateOptions, startGate, told } from "../support/gate.ts";
import { offeredTools } from "../support/gate-company.ts";
import { expectProtocolAnswer } from "../support/gate-refused.ts";
import {
  type Behaviour,
  duplicateKey,
  huge,
  inputRequired,
  notJson,
  rubbish,
  samplingAsked,
  startRecordingServer,
  unsafeInteger,
  wrongId,
} from "../support/servers/index.ts";

let gate: Gate;
afterEach(() => gate?.stop());

/** Two servers. Each call costs one of ten a day, a note five, so that what was spent shows by what is left. */
const company: Company = {
  servers: {
    desk: {
      row: { timeout_ms: 300, max_result_bytes: 4_096, max_concurrent: 2 },
      tools: { echo: {}, note: { facts: { effects: ["write"] } } },
    },
    shop: { tools: { echo: {} } },
  },
  budgets: { "calls-per-day": { unit: "calls", limit: 10, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  policies: {
    daily:
      'oblige contains {"type": "budget", "name": "calls-per-day", "cost": 1}\n\noblige contains {"type": "budget", "name": "calls-per-day", "cost": 5} if input.tool.name == "note"',
  },
};

const start = async (answer?: Behaviour, options: GateOptions = {}) => {
  gate = await startGate({ company, ...(answer === undefined ? {} : { servers: { desk: { answers: { note: answer } } } }), ...options });
};

const lastOutcome = async () => (await gate.records()).findLast(({ kind }) => kind === "outcome");

/** How a server fails, what the caller hears, and whether the call counts as made. */
const failures: readonly (readonly [title: string, answer: Behaviour, code: string])[] = [
  ["sends a page of HTML", rubbish, "upstream.invalid_answer"],
  ["sends half a JSON", notJson, "upstream.invalid_answer"],
  ["answers another request", wrongId, "upstream.invalid_answer"],
  ["redirects", { kind: "status", status: 302, headers: { location: "http://127.0.0.1:1/" } }, "upstream.invalid_answer"],
  ["answers 418", { kind: "status", status: 418 }, "upstream.invalid_answer"],
  ["asks for what it was told nobody gives", inputRequired, "upstream.invalid_answer"],
  ["sends a result with one key twice", duplicateKey, "upstream.ambiguous"],
  ["sends more than allowed", huge(8_192), "upstream.too_large"],
  ["answers 500", { kind: "status", status: 500, body: "oops" }, "upstream.unavailable"],
  ["answers 503", { kind: "status", status: 503 }, "upstream.unavailable"],
  ["cuts the connection", { kind: "drop" }, "upstream.unavailable"],
  ["refuses the credential", { kind: "status", status: 401 }, "upstream.unauthorized"],
  ["hangs", { kind: "hang" }, "upstream.timeout"],
  ["stops in the middle of its answer", { kind: "stall" }, "upstream.timeout"],
];

describe.each(["session", "stateless"] as const)("a server that fails after it got the call, asked in the era %s", (era) => {
  test.each(failures)("that %s: the caller gets a valid answer, the call is charged and on record", async (_title, answer, code) => {
    await start(answer);
    const token = await gate.token();
    expect(told(await gate.call("desk__echo", {}, { token, era })).effect).toBe("allow");
    const refused = await gate.call("desk__note", { text: "hello" }, { token, era });
    expect(refused.status).toBe(200);
    expectProtocolAnswer(refused);
    expect(refused.message?.result).toMatchObject({ isError: true, content: [{ type: "text" }] });
    expect(told(refused)).toMatchObject({ effect: "deny", codes: [code] });
    // Nothing of the server's own words.
    expect(refused.text).not.toMatch(/oops|html|DE1|127\.0\.0\.1/);
    expect(gate.servers.desk?.calls.map(({ tool }) => tool)).toEqual(["echo", "note"]);
    expect(await lastOutcome()).toMatchObject({
      target: "desk.note",
      effect: "deny",
      reasons: [{ code }],
      reservation: { state: "committed" },
    });
    expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
    // The others go on, and another note is more than the day has left.
    expect(told(await gate.call("shop__echo", {}, { token, era })).effect).toBe("allow");
    expect(told(await gate.call("desk__note", {}, { token, era })).codes).toEqual(["budget.exhausted"]);
  });
});

test("an integer that no double can hold comes through as the server wrote it", async () => {
  await start(unsafeInteger);
  const answer = await gate.call("desk__note", {});
  expect(told(answer).effect).toBe("allow");
  expect(answer.text).toContain('"account":9007199254740993');
});

test("a server that asks for a completion of a model is answered that nobody gives one, and it is on record", async () => {
  await start(samplingAsked);
  expect(told(await gate.call("desk__note", {})).effect).toBe("allow");
  await gate.servers.desk?.when(() => gate.servers.desk?.received.some(({ message }) => message.id === "ask-1") === true);
  const reply = gate.servers.desk?.received.find(({ message }) => message.id === "ask-1");
  expect(reply?.message).toMatchObject({ jsonrpc: "2.0", id: "ask-1", error: { code: -32601 } });
  const asked = (await gate.records()).find(({ kind }) => kind === "server_request");
  expect(asked).toMatchObject({ server: "desk", method: "sampling/createMessage", effect: "deny" });
});

test("more calls than a server takes at once are refused as upstream.busy and cost nothing", async () => {
  const held = Promise.withResolvers<void>();
  await start(undefined, { servers: { desk: { answers: { echo: { kind: "held", until: held.promise } } } } });
  const token = await gate.token();
  const running = [gate.call("desk__echo", { n: 1 }, { token }), gate.call("desk__echo", { n: 2 }, { token })];
  await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 2);
  expect(told(await gate.call("desk__echo", { n: 3 }, { token }))).toMatchObject({ effect: "deny", codes: ["upstream.busy"] });
  expect(await lastOutcome()).toMatchObject({ reasons: [{ code: "upstream.busy" }], reservation: { state: "refunded" } });
  expect(gate.servers.desk?.calls).toHaveLength(2);
  held.resolve();
  expect((await Promise.all(running)).map((answer) => told(answer).effect)).toEqual(["allow", "allow"]);
  for (let n = 0; n < 8; n++) expect(told(await gate.call("shop__echo", {}, { token })).effect).toBe("allow");
  expect(told(await gate.call("shop__echo", {}, { token })).codes).toEqual(["budget.exhausted"]);
});

test("a server that fails again and again is left alone, which costs nothing, and tried again later", async () => {
  const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
  const config = { upstream: { breaker: { failures: 2, open_ms: 60_000 } } };
  await start(undefined, { clock, config, servers: { desk: { answers: { echo: { kind: "status", status: 500 } } } } });
  const token = await gate.token();
  for (let n = 0; n < 2; n++) expect(told(await gate.call("desk__echo", {}, { token })).codes).toEqual(["upstream.unavailable"]);
  for (let n = 0; n < 9; n++) expect(told(await gate.call("desk__echo", {}, { token })).codes).toEqual(["upstream.circuit_open"]);
  expect(await lastOutcome()).toMatchObject({ reasons: [{ code: "upstream.circuit_open" }], reservation: { state: "refunded" } });
  expect(gate.servers.desk?.calls).toHaveLength(2);
  clock.advance(61_000);
  gate.servers.desk?.answer("echo", { kind: "echo" });
  expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
});

test("a call that its caller gives up ends with an outcome, and the server is told", async () => {
  await start({ kind: "hang" }, { company: { servers: { desk: { tools: { echo: {}, note: {} } } } } });
  const token = await gate.token();
  // In the stateless era by closing the connection, in the era of sessions by a notification.
  const gone = new AbortController();
  const aborted = gate.call("desk__note", {}, { token, era: "stateless", signal: gone.signal });
  await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 1);
  gone.abort();
  await expect(aborted).rejects.toThrow();
  await expect.poll(async () => (await gate.records()).filter(({ effect }) => effect === "cancelled").length).toBe(1);

  const message = gate.client.message("tools/call", { name: "desk__note", arguments: {} }, {});
  const waiting = gate.client.send(JSON.stringify(message), { token, method: "tools/call" });
  await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 2);
  const cancel = JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: message.id } });
  expect((await gate.client.send(cancel, { token, method: "notifications/cancelled" })).status).toBe(202);
  expect((await waiting).status).toBe(202);
  expect((await gate.records()).filter(({ effect }) => effect === "cancelled")).toHaveLength(2);
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
});

describe("a server that is away", () => {
  const config = { upstream: { refresh_ms: 1_000, believe_ms: 5_000 } };

  test("leaves the others listed and callable, and comes back", async () => {
    const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
    await start(undefined, { clock, config });
    const all = ["desk__echo", "desk__note", "shop__echo"];
    const options = async () => ({ token: await gate.token() });
    expect(await gate.list(await options())).toEqual(all);

    await gate.servers.desk?.close();
    clock.advance(6_000);
    expect(await gate.list(await options())).toEqual(["shop__echo"]);
    expect(told(await gate.call("desk__echo", {}))).toMatchObject({ effect: "deny", codes: ["upstream.unavailable"] });
    expect(told(await gate.call("shop__echo", {})).effect).toBe("allow");
    expect((await gate.readyz()).status).toBe(200);
    const refusal = (await gate.records()).findLast(({ kind }) => kind === "refusal");
    expect(refusal).toMatchObject({ target: "desk.echo", reasons: [{ code: "upstream.unavailable" }] });

    const desk = company.servers.desk ?? { tools: {} };
    const again = await startRecordingServer({ port: gate.servers.desk?.port ?? 0, tools: offeredTools(desk) });
    try {
      clock.advance(60_000);
      await expect.poll(async () => gate.list(await options())).toEqual(all);
      expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
    } finally {
      await again.close();
    }
  });

  test("from the start does not keep the gate from starting", async () => {
    await start(undefined, { config: { places: { desk: { url: "http://127.0.0.1:1/mcp" } } } });
    // The shop is at no place now: a place that is missing is another way of being away.
    expect(told(await gate.call("shop__echo", {})).codes).toEqual(["upstream.wrong_place"]);
    expect(told(await gate.call("desk__echo", {})).codes).toEqual(["upstream.unavailable"]);
    expect(await gate.list()).toEqual([]);
  });

  test("that will not say what it offers leaves the others listed", async () => {
    await start(undefined, {
      company: { ...company, servers: { ...company.servers, mute: { tools: { echo: {} } } } },
      servers: { mute: { authorization: "never" } },
    });
    expect(await gate.list()).toEqual(["desk__echo", "desk__note", "shop__echo"]);
    expect(told(await gate.call("mute__echo", {})).codes).toEqual(["upstream.unauthorized"]);
    expect(gate.servers.mute?.calls).toEqual([]);
  });
});

test("a server whose secret is not there is never asked, and the call costs nothing", async () => {
  const row = { credential: { mode: "company", secret: "desk-key", header: "authorization", prefix: "Bearer " } };
  const locked: Company = { ...company, servers: { desk: { row, tools: { echo: {}, note: {} } }, shop: { tools: { echo: {} } } } };
  const secrets = { "desk-key": { env: "DESK_KEY" } };
  await start(undefined, { company: locked, config: { secrets }, environment: {}, servers: { desk: { authorization: "Bearer s3cret" } } });
  expect(told(await gate.call("desk__echo", {})).codes).toEqual(["upstream.no_credential"]);
  expect(gate.servers.desk?.requests).toEqual([]);
  expect(await gate.list()).toEqual(["shop__echo"]);
  await gate.stop();

  await start(undefined, {
    company: locked,
    config: { secrets },
    environment: { DESK_KEY: "s3cret" },
    servers: { desk: { authorization: "Bearer s3cret" } },
  });
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect(gate.servers.desk?.calls[0]?.headers.authorization).toBe("Bearer s3cret");
  expect(JSON.stringify(await gate.records())).not.toContain("s3cret");
});

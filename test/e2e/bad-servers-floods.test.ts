import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type Company, type Gate, startGate, told } from "../support/gate.ts";
import { mostHeldDuring } from "../support/held-memory.ts";
import { type Behaviour, recordingStdio } from "../support/servers/index.ts";
import { clientEras, servers, wholeCompany } from "./whole-company.ts";
import { askProperly, lastOutcome, whole, wholeRequests } from "./whole-requests.ts";

// Servers that send more than anybody should read. What they wrote before they were cut off bounds what the gate took in.

const MEBI = 1024 * 1024;
const HUNDRED = 100 * MEBI;
const line = "x".repeat(MEBI);
/** The most that a server may answer with, and what lies on the way: buffers of two sockets. */
const BOUND = 16 * MEBI;
/** What the gate may hold while a flood comes. */
const HELD = 32 * MEBI;

const event = (message: object) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;
const stream = "text/event-stream";
const answerOf = (text: string) => `{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"text":"${text}`;

const floods: readonly (readonly [title: string, flood: Behaviour, code: string])[] = [
  ["a body of 100 MB", { kind: "flood", head: answerOf(""), chunk: line, bytes: HUNDRED, tail: '"}}' }, "upstream.too_large"],
  ["a body without an end", { kind: "flood", head: answerOf(""), chunk: line }, "upstream.too_large"],
  ["spaces without an end", { kind: "flood", chunk: " ".repeat(MEBI) }, "upstream.too_large"],
  [
    "an event of 100 MB",
    { kind: "flood", contentType: stream, head: `data: ${answerOf("")}`, chunk: line, bytes: HUNDRED, tail: '"}}\n\n' },
    "upstream.too_large",
  ],
  ["an event without an end", { kind: "flood", contentType: stream, head: "data: ", chunk: line }, "upstream.too_large"],
  ["an event of lines without an end", { kind: "flood", contentType: stream, chunk: "data: x\n".repeat(10_000) }, "upstream.too_large"],
  ["comments without an end", { kind: "flood", contentType: stream, chunk: ": x\n".repeat(10_000) }, "upstream.too_large"],
  [
    "notifications without an end",
    { kind: "flood", contentType: stream, chunk: event({ method: "x" }).repeat(100) },
    "upstream.invalid_answer",
  ],
  [
    "large notifications without an end",
    { kind: "flood", contentType: stream, chunk: event({ method: "x", params: { text: "x".repeat(10_000) } }) },
    "upstream.too_large",
  ],
  [
    "log messages without an end",
    {
      kind: "flood",
      contentType: stream,
      chunk: event({ method: "notifications/message", params: { level: "error", data: "x".repeat(1_000) } }),
    },
    "upstream.too_large",
  ],
  [
    "questions without an end",
    { kind: "flood", contentType: stream, chunk: event({ id: 1, method: "roots/list" }).repeat(100) },
    "upstream.invalid_answer",
  ],
];

describe("a server that sends", () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate(whole);
  });
  afterAll(async () => {
    expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
    await gate.stop();
  });

  describe.each(clientEras)("to a client of the %s era", (era) => {
    test.each(floods)("%s is cut off while others are served", async (_title, flood, code) => {
      for (const server of servers) {
        const other = server === "desk" ? "shelf" : "desk";
        gate.servers[server]?.answer("echo", flood);
        const before = gate.servers[server]?.floods.length ?? 0;
        const under = askProperly(gate, "tools/call", { name: "echo", arguments: { a: 1 } }, { era, door: server });
        await gate.servers[server]?.when(() => gate.servers[server]?.floods.length === before + 1);
        const meanwhile = await askProperly(gate, "tools/call", { name: "note", arguments: { a: 2 } }, { era, door: other });
        expect(told(meanwhile).effect).toBe("allow");
        expect(told(await under), server).toMatchObject({ effect: "deny", codes: [code] });
        const poured = gate.servers[server]?.floods[before];
        await gate.servers[server]?.when(() => poured?.over === true);
        expect(poured?.written, server).toBeLessThan(BOUND);
        const outcome = (await gate.records()).findLast(({ kind, target }) => kind === "outcome" && target === `${server}.echo`);
        expect(outcome).toMatchObject({ effect: "deny", reasons: [{ code }] });
      }
    });
  });

  test("100 MB instead of a prompt, a resource or a completion is cut off too", async () => {
    for (const server of servers) {
      for (const { method, params, scripted } of wholeRequests(server)) {
        gate.servers[server]?.answer(scripted, { kind: "flood", head: answerOf(""), chunk: line, bytes: HUNDRED, tail: '"}}' });
        const answer = await askProperly(gate, method, params, { era: "session", door: server });
        expect(told(answer), method).toMatchObject({ effect: "deny", codes: ["upstream.too_large"] });
        expect(await lastOutcome(gate)).toMatchObject({ method, reasons: [{ code: "upstream.too_large" }] });
        const poured = gate.servers[server]?.floods.at(-1);
        await gate.servers[server]?.when(() => poured?.over === true);
        expect(poured?.written).toBeLessThan(BOUND);
      }
    }
  });
});

test.each(["initialize", "server/discover", "tools/list", "prompts/list", "resources/list"])(
  "a server that answers %s with 100 MB does not get further, and others are served",
  async (method) => {
    const flood: Behaviour = { kind: "flood", head: answerOf(""), chunk: line, bytes: HUNDRED, tail: '"}}' };
    const server = method === "server/discover" ? "shelf" : "desk";
    const other = server === "desk" ? "shelf" : "desk";
    const gate = await startGate({
      ...whole,
      servers: { ...whole.servers, [server]: { ...whole.servers[server], answers: { [method]: flood } } },
    });
    try {
      const token = await gate.token();
      const all = await gate.list({ token });
      // Only the tools are a must.
      const optional = method === "prompts/list" || method === "resources/list";
      expect(all.filter((name) => name.startsWith(server)).length).toBe(optional ? 2 : 0);
      expect(all).toContain(`${other}__echo`);
      for (const poured of gate.servers[server]?.floods ?? []) {
        await gate.servers[server]?.when(() => poured.over);
        expect(poured.written).toBeLessThan(2 * BOUND);
      }
      expect(gate.servers[server]?.floods.length).toBeGreaterThan(0);
      const called = await gate.call(`${server}__echo`, {}, { token });
      expect(told(called).effect, called.text).toBe(optional ? "allow" : "deny");
      if (!optional) expect((await gate.records()).findLast(({ kind }) => kind === "refusal")).toMatchObject({ target: `${server}.echo` });
    } finally {
      await gate.stop();
    }
  },
);

describe.each(["session", "stateless"] as const)("a server over stdio of the %s era", (era) => {
  const own = wholeCompany.servers[era === "session" ? "desk" : "shelf"];

  test("that writes a line of 100 MB is refused with bounded memory, and goes on", async () => {
    const answers = { echo: { kind: "flood", head: answerOf(""), chunk: line, bytes: HUNDRED, tail: '"}}' } as const };
    const pipe = recordingStdio({
      era,
      answers,
      tools: [{ name: "echo", description: "The tool echo.", inputSchema: { type: "object", additionalProperties: true } }],
    });
    const company: Company = {
      servers: {
        pipe: {
          row: { transport: { kind: "stdio", place: "pipe", argv: pipe.argv, era } },
          ...(own?.era ? { era: own.era } : {}),
          tools: { echo: {} },
        },
        shop: { tools: { echo: {} } },
      },
    };
    const gate = await startGate({ company, config: { places: { pipe: pipe.place }, upstream: { list_max_bytes: MEBI } } });
    try {
      const token = await gate.token();
      expect(await gate.list({ token })).toContain("pipe__echo");
      const asked: { answer?: Answer } = {};
      const held = await mostHeldDuring(
        gate.call("pipe__echo", {}, { token }).then((answer) => {
          asked.answer = answer;
        }),
      );
      expect(held).toBeLessThan(HELD);
      expect(told(asked.answer as Answer)).toMatchObject({ effect: "deny", codes: ["upstream.too_large"] });
      expect(await lastOutcome(gate)).toMatchObject({ target: "pipe.echo", reasons: [{ code: "upstream.too_large" }] });
      pipe.answer("echo", { kind: "echo" });
      expect(told(await gate.call("pipe__echo", {}, { token })).effect).toBe("allow");
      expect(pipe.starts()).toHaveLength(1);
    } finally {
      await gate.stop();
      pipe.close();
    }
  });
});

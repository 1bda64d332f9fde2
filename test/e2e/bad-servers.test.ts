import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gate, startGate, told } from "../support/gate.ts";
import type { Behaviour } from "../support/servers/index.ts";
import { clientEras, servers } from "./whole-company.ts";
import { askProperly, lastOutcome, whole, wholeRequests } from "./whole-requests.ts";

// Servers that answer what is no answer: each way of asking, each way through the gate.

let gate: Gate;
beforeAll(async () => {
  gate = await startGate(whole);
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
  await gate.stop();
});

/** Stands in everything that a server says here: no client may read it. */
const OWN = "what-the-server-says";

type Server = (typeof servers)[number];
const both: readonly Server[] = servers;
const raw = (text: string, contentType?: string): Behaviour => ({ kind: "raw", text, ...(contentType ? { contentType } : {}) });
const answer = (result: unknown) => raw(`{"jsonrpc":"2.0","id":$ID,"result":${JSON.stringify(result)}}`);
const result = `{"resultType":"complete","content":[],"own":"${OWN}"}`;
const events = (...data: readonly string[]) => raw(data.map((text) => `data: ${text}\n\n`).join(""), "text/event-stream");

const bad: readonly (readonly [title: string, of: readonly Server[], behaviour: Behaviour])[] = [
  ["half a JSON", both, raw(`{"jsonrpc":"2.0","id":$ID,"result":{"own":"${OWN}"`)],
  ["half a JSON as an event", both, events(`{"jsonrpc":"2.0","id":$ID,"result":{"own":"${OWN}"`)],
  ["two messages in one body", both, raw(`{"jsonrpc":"2.0","id":$ID,"result":${result}}{"jsonrpc":"2.0","id":$ID,"result":${result}}`)],
  ["a batch", both, raw(`[{"jsonrpc":"2.0","id":$ID,"result":${result}}]`)],
  ["nothing", both, raw("")],
  ["null", both, raw("null")],
  ["no version of JSON-RPC", both, raw(`{"id":$ID,"result":${result}}`)],
  ["JSON-RPC 1.0", both, raw(`{"jsonrpc":"1.0","id":$ID,"result":${result}}`)],
  ["a result and an error", both, raw(`{"jsonrpc":"2.0","id":$ID,"result":${result},"error":{"code":1,"message":"${OWN}"}}`)],
  ["neither a result nor an error", both, raw(`{"jsonrpc":"2.0","id":$ID,"own":"${OWN}"}`)],
  ["a result that is a list", both, answer([OWN])],
  ["a result that is null", both, answer(null)],
  ["an error without a code", both, raw(`{"jsonrpc":"2.0","id":$ID,"error":{"message":"${OWN}"}}`)],
  ["an error whose code is a text", both, raw(`{"jsonrpc":"2.0","id":$ID,"error":{"code":"${OWN}","message":"x"}}`)],
  ["an error that is a text", both, raw(`{"jsonrpc":"2.0","id":$ID,"error":"${OWN}"}`)],
  ["another id", both, raw(`{"jsonrpc":"2.0","id":987654321,"result":${result}}`)],
  ["its id as a text", both, raw(`{"jsonrpc":"2.0","id":"$ID","result":${result}}`)],
  ["its id with a fraction", both, raw(`{"jsonrpc":"2.0","id":$ID.5,"result":${result}}`)],
  ["no id", both, raw(`{"jsonrpc":"2.0","result":${result}}`)],
  ["the id null", both, raw(`{"jsonrpc":"2.0","id":null,"result":${result}}`)],
  ["a list with its id", both, raw(`{"jsonrpc":"2.0","id":[$ID],"result":${result}}`)],
  [
    "another id on a stream, and its own after it",
    both,
    events(`{"jsonrpc":"2.0","id":987654321,"result":${result}}`, `{"jsonrpc":"2.0","id":$ID,"result":${result}}`),
  ],
  ["the request back", both, raw('{"jsonrpc":"2.0","id":$ID,"method":"tools/call","params":{}}')],
  ["a result of a type that nobody knows", both, answer({ resultType: "finished", content: [], own: OWN })],
  ["a result whose type is a number", both, answer({ resultType: 7, content: [], own: OWN })],
  ["a result whose type is null", both, answer({ resultType: null, content: [], own: OWN })],
  ["a question as the result of a session", ["desk"], answer({ resultType: "input_required", requestState: OWN })],
  ["a task as the result of a session", ["desk"], answer({ resultType: "task", taskId: OWN, status: "working" })],
  ["a task for who knows none", ["shelf"], answer({ resultType: "task", taskId: OWN, status: "working" })],
];

describe.each(clientEras)("a server that answers a client of the %s era with", (era) => {
  test.each(bad)("%s: the client gets a proper refusal, whatever it asked for, and it is on record", async (_title, of, behaviour) => {
    for (const server of of) {
      for (const { method, params, scripted, target } of wholeRequests(server)) {
        const about = `${method} at ${server}`;
        gate.servers[server]?.answer(scripted, behaviour);
        const refused = await askProperly(gate, method, params, { era, door: server });
        expect(told(refused), `${about}: ${refused.text}`).toMatchObject({ effect: "deny", codes: ["upstream.invalid_answer"] });
        expect(refused.message?.result?.isError, about).toBe(method === "tools/call" ? true : undefined);
        expect(refused.text).not.toContain(OWN);
        expect(await lastOutcome(gate), about).toMatchObject({
          method,
          target,
          effect: "deny",
          reasons: [{ code: "upstream.invalid_answer" }],
        });
        gate.servers[server]?.answer(scripted, { kind: "result", result: { content: [], good: true } });
        const good = await askProperly(gate, method, params, { era, door: server });
        expect(good.message?.result, `${about}: ${good.text}`).toMatchObject({ good: true });
      }
    }
  });

  const own = (text: string) => ({ content: [{ type: "text", text }], text });
  const logged = (level: string, data: string) => ({ jsonrpc: "2.0", method: "notifications/message", params: { level, data } });

  test("all kinds of notifications before the answer: those of this request are told, all others are nobody's", async () => {
    for (const server of servers) {
      const progress = (progressToken: unknown, message: string) => ({
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken, progress: 1, message },
      });
      gate.servers[server]?.answer("echo", {
        kind: "stream",
        before: [
          progress("$TOKEN", "mine"),
          progress("another", OWN),
          progress(4711, OWN),
          { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "$TOKEN", progress: OWN } },
          { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "$ID", reason: OWN } },
          { jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId: OWN } },
          { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: `${server}://${OWN}` } },
          { jsonrpc: "2.0", method: `notifications/${OWN}` },
          { jsonrpc: "2.0", method: 7 },
          logged(OWN, OWN),
          logged("info", "mine too"),
        ],
      });
      const meta = { progressToken: "p", ...(era === "stateless" ? { "io.modelcontextprotocol/logLevel": "info" } : {}) };
      const heard = await askProperly(gate, "tools/call", { name: "echo", arguments: { a: 1 } }, { era, door: server, meta });
      expect(told(heard).effect, heard.text).toBe("allow");
      expect(heard.text).not.toContain(OWN);
      const messages = heard.events.slice(0, -1) as readonly { readonly method: string; readonly params: object }[];
      expect(messages.map(({ method, params }) => [method, params])).toMatchObject([
        ["notifications/progress", { progressToken: "p", progress: 1, message: "mine" }],
        ["notifications/message", { level: "info", data: "mine too" }],
      ]);
    }
  });

  test("two answers: the first one counts, and the second is nobody's, also for the request that comes next", async () => {
    for (const server of servers) {
      const sealed = (text: string) => ({ jsonrpc: "2.0", id: "$ID", result: { resultType: "complete", ...own(text) } });
      gate.servers[server]?.answer("echo", { kind: "stream", before: [sealed("first")], noAnswer: true, after: [sealed(OWN)] });
      for (let n = 0; n < 3; n++) {
        const heard = await askProperly(gate, "tools/call", { name: "echo", arguments: { n } }, { era, door: server });
        expect(heard.message?.result).toMatchObject(own("first"));
        expect(heard.text).not.toContain(OWN);
      }
      expect(await lastOutcome(gate)).toMatchObject({ target: `${server}.echo`, effect: "allow" });
    }
  });
});

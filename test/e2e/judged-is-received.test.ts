import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseUri } from "../../src/core/uri.ts";
import { type Gate, type LogRecord, startGate } from "../support/gate.ts";
import type { Received } from "../support/servers/index.ts";
import { ways, wholeCompany, wholeServers } from "./whole-company.ts";

// What policy judged is what the server received: over generated messages, in both eras on both sides. The input as it was
// judged stands in the intent.

let gate: Gate;
let token: string;
beforeAll(async () => {
  gate = await startGate({ company: wholeCompany, servers: wholeServers });
  token = await gate.token();
});
afterAll(() => gate.stop());

type Era = "session" | "stateless";
type Input = Readonly<Record<string, unknown>> & { readonly args?: unknown; readonly resource?: { readonly uri: string } };

/** Sends one request, and gives back the judged input and what the server got; neither, where it was refused on the way. */
async function send(client: Era, server: string, method: string, params: Readonly<Record<string, unknown>>) {
  const recording = gate.servers[server];
  const reached = recording?.reached.length ?? 0;
  const before = (await gate.records()).length;
  const answer = await gate.client.ask(method, params, { token, door: server, era: client });
  const intent = (await gate.records()).slice(before).find((record: LogRecord) => record.kind === "intent" && record.method === method);
  const received: Received | undefined = recording?.reached[reached];
  return { input: intent?.input as Input | undefined, received, answer, saw: (recording?.reached.length ?? 0) - reached };
}

const json = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== "__proto__" && key.isWellFormed()),
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((value) => (Object.is(value, -0) ? 0 : value)),
  ),
  { maxKeys: 5 },
);
const words = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => text.isWellFormed());
const segment = fc.stringMatching(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[2-7][0-9A-Ea-e]){1,8}$/);

const RUNS = { numRuns: 25 };

describe.each(ways)("a client of the $client era and the server $server", ({ client, server }) => {
  test("receives the arguments of a tool that were judged, letter by letter", async () => {
    await fc.assert(
      fc.asyncProperty(json, async (args) => {
        const { input, received, saw } = await send(client, server, "tools/call", { name: "echo", arguments: args });
        expect(saw).toBe(1);
        expect(received?.message.params?.arguments).toEqual(args);
        expect(input?.args).toEqual(args);
      }),
      RUNS,
    );
  });

  test("receives the arguments of a prompt that were judged", async () => {
    await fc.assert(
      fc.asyncProperty(words, fc.option(words, { nil: undefined }), async (who, tone) => {
        const args = tone === undefined ? { who } : { who, tone };
        const { input, received, saw } = await send(client, server, "prompts/get", { name: "greet", arguments: args });
        expect(saw).toBe(1);
        expect(received?.message.params).toMatchObject({ name: "greet", arguments: args });
        expect(input?.args).toEqual(args);
      }),
      RUNS,
    );
  });

  test("receives the URI that was judged, in its normal form, or nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(segment, fc.constantFrom("..", ".", "%2e%2e", "%2E")), { minLength: 1, maxLength: 4 }),
        async (parts) => {
          const uri = `${server}://notes/${parts.join("/")}`;
          const { input, received, saw } = await send(client, server, "resources/read", { uri });
          const normal = parseUri(uri);
          if (saw === 0) return;
          expect(saw).toBe(1);
          expect(normal.ok && normal.value.text).toBe(received?.message.params?.uri);
          expect(input?.resource?.uri).toBe(received?.message.params?.uri);
          expect(String(received?.message.params?.uri)).toMatch(new RegExp(`^${server}://notes/`));
        },
      ),
      RUNS,
    );
  });

  test("receives the value to complete that was judged", async () => {
    await fc.assert(
      fc.asyncProperty(words, async (value) => {
        const params = { ref: { type: "ref/prompt", name: "greet" }, argument: { name: "who", value } };
        const { input, received, saw } = await send(client, server, "completion/complete", params);
        expect(saw).toBe(1);
        expect(received?.message.params).toMatchObject(params);
        expect(input?.args).toMatchObject({ value });
      }),
      RUNS,
    );
  });
});

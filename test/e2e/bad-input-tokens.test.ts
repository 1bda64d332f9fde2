import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { newKey } from "../parts/identity/key-server.ts";
import { type Gate, issuer, plainHeaders, startGate } from "../support/gate.ts";
import { expectRefused } from "../support/gate-refused.ts";

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
const now = () => Math.floor(clock.now() / 1000);
let gate: Gate;

beforeAll(async () => {
  gate = await startGate({ clock });
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true });
  await gate.stop();
});

/** A token with any header and payload, signed by whoever `mac` says. */
function forged(header: object, claims: object, mac: (text: string) => string = () => ""): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(header)}.${part(claims)}`;
  return `Bearer ${text}.${mac(text)}`;
}

const claims = () => ({
  iss: issuer,
  aud: "https://gate.example.com",
  sub: "ann",
  client_id: "desk-bot",
  groups: ["staff"],
  iat: now(),
  exp: now() + 300,
});

const bad: readonly (readonly [title: string, reason: string, token: () => Promise<string | undefined>])[] = [
  ["no token", "auth.missing", async () => undefined],
  ["another authorization scheme", "auth.missing", async () => "Basic YW5uOmFubg=="],
  ["a text that is no JWT", "auth.malformed", async () => "Bearer let-me-in"],
  ["an expired token", "auth.expired", () => gate.token({ lifetime: -1 })],
  ["a token of tomorrow", "auth.not_yet_valid", () => gate.token({ lifetime: 90_000, claims: { nbf: now() + 86_400 } })],
  ["a token without an expiry", "auth.malformed", () => gate.token({ claims: { exp: undefined } })],
  ["a token of a foreign issuer", "auth.unknown_issuer", () => gate.token({ issuer: "https://evil.example.com" })],
  ["a token of our issuer that somebody else signed", "auth.bad_signature", async () => gate.token({ key: await newKey("key-1") })],
  ["a token for another audience", "auth.wrong_audience", () => gate.token({ claims: { aud: "https://other.example.com" } })],
  ["a token for nobody in particular", "auth.wrong_audience", () => gate.token({ claims: { aud: undefined } })],
  ["an unsigned token (alg none)", "auth.algorithm_not_allowed", async () => forged({ alg: "none", typ: "at+jwt" }, claims())],
  [
    "a token whose MAC is made with the public key",
    "auth.algorithm_not_allowed",
    async () =>
      forged({ alg: "HS256", kid: "key-1", typ: "at+jwt" }, claims(), (text) =>
        createHmac("sha256", JSON.stringify(gate.issuer.current.jwk)).update(text).digest("base64url"),
      ),
  ],
  ["a token whose payload was changed", "auth.bad_signature", async () => tampered(await gate.token())],
  ["a token that names no agent", "auth.unmapped_agent", () => gate.token({ claims: { client_id: undefined } })],
  ["a token whose groups cannot be read", "auth.unmapped_user", () => gate.token({ claims: { groups: { staff: true } } })],
  ["an agent that nobody registered", "agent.unregistered", () => gate.token({ claims: { client_id: "stranger" } })],
];

function tampered(token: string): string {
  const [head, payload, signature] = token.split(".");
  const changed = JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) as Record<string, unknown>;
  return `${head}.${Buffer.from(JSON.stringify({ ...changed, sub: "root" })).toString("base64url")}.${signature}`;
}

test.each(bad)("%s is refused as %s before the body is read, in both eras", async (_title, reason, token) => {
  for (const era of ["session", "stateless"] as const) {
    const { answer } = await expectRefused(gate, clock, {
      valid: () => gate.call("desk__echo", { era }, { era }),
      bad: async () => gate.call("desk__echo", { era }, { era, token: await token() }),
      want: { status: 401, rpc: -32000, reason, record: "auth" },
    });
    const challenge = String(answer.headers["www-authenticate"]);
    expect(challenge).toContain('resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource/mcp"');
    expect(challenge.startsWith('Bearer error="invalid_token"')).toBe(!challenge.startsWith("Bearer resource_metadata"));
  }
});

test("a bad token is refused although an open session is named", async () => {
  const good = await gate.token();
  const session = String((await gate.client.initialize({ token: good })).headers["mcp-session-id"]);
  const body = JSON.stringify(gate.client.message("tools/call", { name: "desk__echo", arguments: {} }, {}));
  const send = (token: string) => gate.client.post(body, { ...plainHeaders(token), "mcp-session-id": session });
  await expectRefused(gate, clock, {
    valid: () => send(good),
    bad: async () => send(await gate.token({ lifetime: -1 })),
    want: { status: 401, rpc: -32000, reason: "auth.expired", record: "auth" },
  });
});

test("the session of somebody else looks like no session", async () => {
  const [ann, bob] = [await gate.token(), await gate.token({ user: "bob" })];
  const session = String((await gate.client.initialize({ token: ann })).headers["mcp-session-id"]);
  const body = JSON.stringify(gate.client.message("tools/call", { name: "desk__echo", arguments: {} }, {}));
  const send = (token: string) => gate.client.post(body, { ...plainHeaders(token), "mcp-session-id": session });
  await expectRefused(gate, clock, {
    valid: () => send(ann),
    bad: () => send(bob),
    want: { status: 404, rpc: -32001, reason: "gateway.invalid_request", record: "refusal" },
  });
});

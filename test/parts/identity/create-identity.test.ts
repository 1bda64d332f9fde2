import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type CryptoKey, exportSPKI, importJWK } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, identityConfig } from "../../../src/parts/identity/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import type { Logger } from "../../../src/platform/logger.ts";
import { type KeyServer, newKey, type SigningKey, sign, startKeyServer } from "./key-server.ts";

const NOW = 1_700_000_000_000;
const SECOND = 1_000;
const HOUR = 3_600_000;

let first: SigningKey;
let second: SigningKey;
let foreign: SigningKey;
let server: KeyServer;
const lines: string[] = [];
const logger: Logger = {
  debug: () => {},
  info: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
  warn: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
};

beforeAll(async () => {
  [first, second, foreign] = await Promise.all([newKey("k1"), newKey("k2"), newKey("k1")]);
});
beforeEach(async () => {
  server = await startKeyServer();
  server.keys = [first.jwk];
  lines.length = 0;
});
const open: { close(): void }[] = [];
afterEach(async () => {
  for (const identity of open.splice(0)) identity.close();
  await server.stop();
});

function identityOf(issuer: Readonly<Record<string, unknown>> = {}, maxTokens?: number) {
  const config = identityConfig.parse({
    issuers: [{ issuer: server.issuer, audience: "https://gate.example.com", jwks_uri: server.jwksUri, ...issuer }],
  });
  const identity = createIdentity(config, { clock: manualClock(NOW), logger, ...(maxTokens !== undefined && { maxTokens }) });
  open.push(identity);
  return identity;
}

const refused = (code: string) => ({ ok: false, error: { code } });
const jwksReads = () => server.asked.filter((path) => path === "/jwks").length;
const base64url = (value: unknown): string => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("a token", () => {
  test("that is good gives the principal, and the keys are read once", async () => {
    const identity = identityOf();
    const token = await sign(first, server.issuer, NOW, { claims: { groups: ["support"], email: "ann@example.com", scope: "mcp tools" } });
    expect(await identity.verify(token, NOW)).toEqual({
      ok: true,
      value: {
        tenant: "default",
        issuer: server.issuer,
        subject: "ann",
        kind: "user_via_agent",
        user: { id: "ann", issuer: server.issuer, groups: ["support"], email: "ann@example.com" },
        agent: "support-bot",
        clientId: "support-bot",
        delegation: [{ subject: "support-bot" }],
        scopes: ["mcp", "tools"],
        expiresAt: NOW + 300 * SECOND,
      },
    });
    expect(server.asked).toEqual(["/jwks"]);
  });

  test.each(["RS256", "PS256", "ES384", "Ed25519"])("signed with %s verifies", async (alg) => {
    const key = await newKey("other", alg);
    server.keys = [first.jwk, key.jwk];
    expect(await identityOf().verify(await sign(key, server.issuer, NOW), NOW)).toMatchObject({ ok: true });
  });

  test("that is missing, or of another scheme, is refused without asking anybody", async () => {
    const identity = identityOf();
    expect(await identity.verify(undefined, NOW)).toMatchObject(refused("auth.missing"));
    expect(await identity.verify("Basic YW5uOnNlY3JldA==", NOW)).toMatchObject(refused("auth.missing"));
    expect(await identity.verify("DPoP a.b.c", NOW)).toMatchObject(refused("auth.missing"));
    expect(server.asked).toEqual([]);
  });

  test("whose scheme is written in another case is a bearer token all the same", async () => {
    const token = await sign(first, server.issuer, NOW);
    expect(await identityOf().verify(token.replace("Bearer", "bEARER"), NOW)).toMatchObject({ ok: true });
  });

  test("that has expired is refused, to the millisecond", async () => {
    const identity = identityOf();
    const token = await sign(first, server.issuer, NOW);
    expect(await identity.verify(token, NOW + 300 * SECOND)).toMatchObject(refused("auth.expired"));
    expect(await identity.verify(token, NOW + 300 * SECOND - 1)).toMatchObject({ ok: true });
  });

  test("without an expiry, or with one that is not a time, is refused", async () => {
    for (const exp of [undefined, "tomorrow", 1e300, -1, null]) {
      const token = await sign(first, server.issuer, NOW, { claims: { exp } });
      expect(await identityOf().verify(token, NOW)).toMatchObject(refused("auth.malformed"));
    }
  });

  test("that is not valid yet is refused beyond thirty seconds of tolerance", async () => {
    const at = (claim: string, seconds: number) => sign(first, server.issuer, NOW, { claims: { [claim]: NOW / 1000 + seconds } });
    for (const claim of ["nbf", "iat"]) {
      expect(await identityOf().verify(await at(claim, 30), NOW)).toMatchObject({ ok: true });
      expect(await identityOf().verify(await at(claim, 31), NOW)).toMatchObject(refused("auth.not_yet_valid"));
    }
  });

  test("for another audience is refused; among several the gateway's own is enough", async () => {
    const verify = async (aud: unknown) => identityOf().verify(await sign(first, server.issuer, NOW, { claims: { aud } }), NOW);
    expect(await verify("https://other.example.com")).toMatchObject(refused("auth.wrong_audience"));
    expect(await verify(["https://other.example.com"])).toMatchObject(refused("auth.wrong_audience"));
    expect(await verify([])).toMatchObject(refused("auth.wrong_audience"));
    expect(await verify("https://gate.example.com/")).toMatchObject(refused("auth.wrong_audience"));
    expect(await verify(["https://other.example.com", "https://gate.example.com"])).toMatchObject({ ok: true });
  });

  test("of a foreign issuer is refused without asking anybody", async () => {
    const token = await sign(first, "https://evil.example.com", NOW);
    expect(await identityOf().verify(token, NOW)).toEqual({
      ok: false,
      error: { code: "auth.unknown_issuer", detail: "the token's issuer is not configured" },
    });
    expect(server.asked).toEqual([]);
  });

  test("signed by a foreign key under a known key id is refused", async () => {
    expect(await identityOf().verify(await sign(foreign, server.issuer, NOW), NOW)).toMatchObject(refused("auth.bad_signature"));
  });

  test("with one changed byte of its payload is refused", async () => {
    const [header, payload, signature] = (await sign(first, server.issuer, NOW)).split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const changed = [header, base64url({ ...claims, sub: "bob" }), signature].join(".");
    expect(await identityOf().verify(changed, NOW)).toMatchObject(refused("auth.bad_signature"));
  });

  test("that says alg none is refused, with or without a signature", async () => {
    const [, payload, signature] = (await sign(first, server.issuer, NOW)).split(".");
    for (const alg of ["none", "None", "NONE"]) {
      const header = base64url({ alg, typ: "at+jwt" });
      for (const end of ["", signature]) {
        expect(await identityOf().verify(`Bearer ${header}.${payload}.${end}`, NOW)).toMatchObject(refused("auth.algorithm_not_allowed"));
      }
    }
    expect(server.asked).toEqual([]);
  });

  test("signed by HMAC with the issuer's public key is refused", async () => {
    const key = await newKey("rsa", "RS256");
    server.keys = [key.jwk];
    const spki = await exportSPKI((await importJWK(key.jwk, "RS256")) as CryptoKey);
    const claims = { iss: server.issuer, aud: "https://gate.example.com", sub: "ann", client_id: "x", exp: NOW / 1000 + 300 };
    for (const secret of [spki, spki.trim(), JSON.stringify(key.jwk)]) {
      const signed = `${base64url({ alg: "HS256", kid: "rsa", typ: "at+jwt" })}.${base64url(claims)}`;
      const token = `Bearer ${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
      expect(await identityOf().verify(token, NOW)).toMatchObject(refused("auth.algorithm_not_allowed"));
    }
  });

  test("whose algorithm is not the one of its key is refused", async () => {
    const key = await newKey("k1", "ES384");
    server.keys = [first.jwk, second.jwk];
    expect(await identityOf().verify(await sign(key, server.issuer, NOW), NOW)).toMatchObject(refused("auth.bad_signature"));
  });

  test("of an algorithm that the issuer's entry does not list is refused", async () => {
    const identity = identityOf({ algorithms: ["RS256"] });
    expect(await identity.verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject(refused("auth.algorithm_not_allowed"));
  });

  test("of another type, like an identity token without one, is refused", async () => {
    for (const typ of [undefined, "id+jwt", "logout+jwt", ""]) {
      const token = await sign(first, server.issuer, NOW, { header: { typ } });
      expect(await identityOf().verify(token, NOW)).toMatchObject(refused("auth.malformed"));
    }
    for (const typ of ["JWT", "jwt", "application/at+jwt", "AT+JWT"]) {
      expect(await identityOf().verify(await sign(first, server.issuer, NOW, { header: { typ } }), NOW)).toMatchObject({ ok: true });
    }
  });

  test("that asks for extensions is refused", async () => {
    const [, payload, signature] = (await sign(first, server.issuer, NOW)).split(".");
    const header = base64url({ alg: "ES256", kid: "k1", typ: "at+jwt", crit: ["b64"], b64: false });
    expect(await identityOf().verify(`Bearer ${header}.${payload}.${signature}`, NOW)).toMatchObject(refused("auth.malformed"));
  });

  test("without a key id is checked against each key of its algorithm", async () => {
    server.keys = [first.jwk, second.jwk];
    for (const key of [first, second]) {
      const token = await sign(key, server.issuer, NOW, { header: { kid: undefined } });
      expect(await identityOf().verify(token, NOW)).toMatchObject({ ok: true });
    }
    const token = await sign(foreign, server.issuer, NOW, { header: { kid: undefined } });
    expect(await identityOf().verify(token, NOW)).toMatchObject(refused("auth.bad_signature"));
  });

  test("of more than 16 KiB is refused before it is read", async () => {
    const token = await sign(first, server.issuer, NOW, { claims: { padding: "x".repeat(16_384) } });
    expect(await identityOf().verify(token, NOW)).toMatchObject(refused("auth.malformed"));
  });

  test("that is malformed in any way is refused, never accepted and never an exception", async () => {
    const identity = identityOf();
    const good = await sign(first, server.issuer, NOW);
    const mangled = fc.oneof(
      fc.string().map((text) => `Bearer ${text}`),
      fc.string({ unit: "binary" }),
      fc
        .tuple(fc.jsonValue(), fc.jsonValue(), fc.base64String())
        .map(([header, payload, end]) => `Bearer ${base64url(header)}.${base64url(payload)}.${end.replace(/[+/=]/g, "_")}`),
      fc
        .dictionary(fc.constantFrom("alg", "kid", "typ", "crit", "jku", "jwk", "x5u"), fc.jsonValue())
        .map((header) => `Bearer ${base64url({ alg: "ES256", ...header })}.${good.split(".")[1]}.${good.split(".")[2]}`),
      fc
        .tuple(fc.nat(good.length - 8), fc.constantFrom("A", "B", ".", " ", "=", "+", "\n", "é"))
        .filter(([at, by]) => good[7 + at] !== by && 7 + at < good.lastIndexOf("."))
        .map(([at, by]) => good.slice(0, 7 + at) + by + good.slice(8 + at)),
      fc.constantFrom(
        `${good} `,
        ` ${good}`,
        `${good}.`,
        `${good}.x`,
        good.replace("Bearer ", "Bearer  "),
        `${good}, ${good}`,
        good.slice(0, -2),
      ),
    );
    await fc.assert(
      fc.asyncProperty(mangled, async (authorization) => {
        const answer = await identity.verify(authorization, NOW);
        expect(answer.ok).toBe(false);
        const text = JSON.stringify(answer);
        expect(text).not.toContain(good.split(".")[1]);
        expect(text).not.toContain("support-bot");
      }),
      { numRuns: 500 },
    );
    expect(await identity.verify(good, NOW)).toMatchObject({ ok: true });
  });
});

describe("verified tokens", () => {
  test("are answered from memory until they expire", async () => {
    const identity = identityOf();
    const token = await sign(first, server.issuer, NOW);
    const answer = await identity.verify(token, NOW);
    await server.stop();
    expect(await identity.verify(token, NOW + 299 * SECOND)).toBe(answer);
    expect(await identity.verify(token, NOW + 300 * SECOND)).toMatchObject(refused("auth.expired"));
    expect(identity.size()).toBe(0);
    await server.start();
  });

  test("are bounded, and the oldest makes room", async () => {
    const identity = identityOf({}, 3);
    for (let index = 0; index < 10; index++) {
      await identity.verify(await sign(first, server.issuer, NOW, { claims: { jti: String(index) } }), NOW);
      expect(identity.size()).toBeLessThanOrEqual(3);
    }
  });

  test("are verified once when many calls bring the same one at once", async () => {
    const identity = identityOf();
    const token = await sign(first, server.issuer, NOW);
    const answers = await Promise.all(Array.from({ length: 50 }, () => identity.verify(token, NOW)));
    expect(new Set(answers).size).toBe(1);
    expect(jwksReads()).toBe(1);
  });

  test("of different callers share one reading of the keys", async () => {
    const identity = identityOf();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sign(first, server.issuer, NOW, { claims: { sub: `user-${index}` } })),
    );
    const answers = await Promise.all(tokens.map((token) => identity.verify(token, NOW)));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(jwksReads()).toBe(1);
  });
});

describe("keys of an issuer", () => {
  test("that are new are accepted as soon as the cooldown allows to read them", async () => {
    const identity = identityOf();
    await identity.verify(await sign(first, server.issuer, NOW), NOW);
    server.keys = [first.jwk, second.jwk];
    const token = await sign(second, server.issuer, NOW);
    expect(await identity.verify(token, NOW + 29 * SECOND)).toMatchObject(refused("auth.bad_signature"));
    expect(jwksReads()).toBe(1);
    expect(await identity.verify(token, NOW + 30 * SECOND)).toMatchObject({ ok: true });
    expect(jwksReads()).toBe(2);
  });

  test("are read again once, however many unknown keys a flood names", async () => {
    const identity = identityOf();
    await identity.verify(await sign(first, server.issuer, NOW), NOW);
    const flood = await Promise.all(
      Array.from({ length: 40 }, (_, index) => sign(foreign, server.issuer, NOW, { header: { kid: `k${index + 9}` } })),
    );
    const later = NOW + 60 * SECOND;
    for (const answer of await Promise.all(flood.map((token) => identity.verify(token, later)))) {
      expect(answer).toMatchObject(refused("auth.bad_signature"));
    }
    for (const token of flood) await identity.verify(token, later + 29 * SECOND);
    expect(jwksReads()).toBe(2);
  });

  test("that were removed are refused after the next reading, for tokens in memory too", async () => {
    const identity = identityOf();
    const token = await sign(first, server.issuer, NOW);
    expect(await identity.verify(token, NOW)).toMatchObject({ ok: true });
    server.keys = [second.jwk];
    // A token of the new key makes the keys be read.
    expect(await identity.verify(await sign(second, server.issuer, NOW), NOW + 60 * SECOND)).toMatchObject({ ok: true });
    expect(await identity.verify(token, NOW + 60 * SECOND)).toMatchObject(refused("auth.bad_signature"));
  });

  test("that grow old are read again behind a call that does not wait for it", async () => {
    const identity = identityOf({ jwks_refresh_s: 60 });
    const token = await sign(first, server.issuer, NOW);
    await identity.verify(token, NOW);
    server.keys = [second.jwk];
    const read = new Promise<void>((resolve) => {
      server.answer = () => void resolve();
    });
    expect(await identity.verify(token, NOW + 60 * SECOND)).toMatchObject({ ok: true });
    await read;
    // The next unknown token waits for the reading that is on its way.
    expect(await identity.verify(await sign(second, server.issuer, NOW), NOW + 60 * SECOND)).toMatchObject({ ok: true });
    expect(await identity.verify(token, NOW + 60 * SECOND)).toMatchObject(refused("auth.bad_signature"));
    expect(jwksReads()).toBe(2);
  });

  test("go on working while the issuer is away, up to their greatest age", async () => {
    const identity = identityOf();
    const long = { claims: { exp: NOW / 1000 + 100 * 3_600 } };
    const kept = await sign(first, server.issuer, NOW, long);
    expect(await identity.verify(kept, NOW)).toMatchObject({ ok: true });
    await server.stop();
    const fresh = await sign(first, server.issuer, NOW, { claims: { ...long.claims, sub: "bob" } });
    expect(await identity.verify(fresh, NOW + HOUR)).toMatchObject({ ok: true });
    expect(await identity.verify(await sign(second, server.issuer, NOW, long), NOW + 2 * HOUR)).toMatchObject(
      refused("auth.issuer_unreachable"),
    );
    expect(await identity.verify(kept, NOW + 24 * HOUR - 1)).toMatchObject({ ok: true });
    expect(await identity.verify(kept, NOW + 24 * HOUR)).toMatchObject(refused("auth.issuer_unreachable"));
    expect(await identity.verify(fresh, NOW + 24 * HOUR)).toMatchObject(refused("auth.issuer_unreachable"));
    await server.start();
    expect(await identity.verify(kept, NOW + 25 * HOUR)).toMatchObject({ ok: true });
    expect(lines.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("can be read again"))).toHaveLength(1);
  });

  test("of an issuer that is away at the start are read when it is there", async () => {
    const identity = identityOf();
    await server.stop();
    const token = await sign(first, server.issuer, NOW);
    expect(await identity.verify(token, NOW)).toMatchObject({
      ok: false,
      error: { code: "auth.issuer_unreachable", issuer: server.issuer },
    });
    await server.start();
    expect(await identity.verify(token, NOW + 4_999)).toMatchObject(refused("auth.issuer_unreachable"));
    expect(await identity.verify(token, NOW + 5_000)).toMatchObject({ ok: true });
  });

  test.each([
    ["an error", { status: 500, body: "{}" }],
    ["a redirect", { status: 302, location: "http://127.0.0.1:1/jwks" }],
    ["rubbish", { body: "<html>" }],
    ["no list", { body: '{"keys":{}}' }],
    ["too many keys", { body: JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: "EC" })) }) }],
    ["too many bytes", { body: JSON.stringify({ keys: [], padding: "x".repeat(600_000) }) }],
  ])("are not taken from %s", async (_, answer) => {
    server.answer = () => answer;
    expect(await identityOf().verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject(refused("auth.issuer_unreachable"));
  });

  test("are read within a bound, though the issuer never answers", async () => {
    const identity = createIdentity(
      identityConfig.parse({
        issuers: [{ issuer: server.issuer, audience: "https://gate.example.com", jwks_uri: server.jwksUri, jwks_timeout_ms: 10 }],
      }),
      {
        clock: manualClock(NOW),
        logger,
        fetch: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
      },
    );
    open.push(identity);
    expect(await identity.verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject(refused("auth.issuer_unreachable"));
  });

  test("that hold a shared secret verify nothing with it", async () => {
    server.keys = [{ kty: "oct", k: base64url("secret"), kid: "k1", alg: "HS256" }];
    expect(await identityOf().verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject(refused("auth.bad_signature"));
  });
});

describe("metadata of an issuer", () => {
  test("says where its keys are", async () => {
    const identity = identityOf({ jwks_uri: undefined });
    expect(await identity.verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject({ ok: true });
    expect(server.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });

  test("is looked for in both places, also below a path", async () => {
    const issuer = `${server.issuer}/realms/demo`;
    server.answer = (path) =>
      path === "/.well-known/oauth-authorization-server/realms/demo"
        ? { body: JSON.stringify({ issuer, jwks_uri: server.jwksUri }) }
        : undefined;
    expect(await identityOf({ issuer, jwks_uri: undefined }).verify(await sign(first, issuer, NOW), NOW)).toMatchObject({ ok: true });
    expect(server.asked[0]).toBe("/realms/demo/.well-known/openid-configuration");
  });

  test.each([
    ["another issuer", (issuer: string) => ({ issuer: `${issuer}/other`, jwks_uri: `${issuer}/jwks` })],
    ["an address that is neither https nor loopback", (issuer: string) => ({ issuer, jwks_uri: "http://192.0.2.1/jwks" })],
    ["no address", (issuer: string) => ({ issuer })],
  ])("that names %s is not believed", async (_, metadata) => {
    server.answer = (path) => (path.startsWith("/.well-known") ? { body: JSON.stringify(metadata(server.issuer)) } : undefined);
    const identity = identityOf({ jwks_uri: undefined });
    expect(await identity.verify(await sign(first, server.issuer, NOW), NOW)).toMatchObject(refused("auth.issuer_unreachable"));
    expect(jwksReads()).toBe(0);
  });
});

describe("the section of the configuration", () => {
  const issuer = { issuer: "https://login.example.com", audience: "https://gate.example.com" };
  test("has defaults for all but issuer and audience", () => {
    expect(identityConfig.parse({ issuers: [issuer] }).issuers[0]).toMatchObject({
      tenant: "default",
      workload: false,
      jwks_max_age_s: 86_400,
      claims: { user: "sub" },
    });
  });

  test.each([
    ["no issuer", []],
    ["an issuer twice", [issuer, { ...issuer, audience: "x" }]],
    ["a symmetric algorithm", [{ ...issuer, algorithms: ["HS256"] }]],
    ["no signature", [{ ...issuer, algorithms: ["none"] }]],
    ["keys over plain HTTP", [{ ...issuer, jwks_uri: "http://login.example.com/jwks" }]],
    ["an address with a password", [{ ...issuer, issuer: "https://a:b@login.example.com" }]],
    ["an unknown key", [{ ...issuer, jwks_url: "https://login.example.com/jwks" }]],
    ["a tenant that could leave its prefix", [{ ...issuer, tenant: "a}:b" }]],
  ])("refuses %s", (_, issuers) => {
    expect(identityConfig.safeParse({ issuers }).success).toBe(false);
  });
});

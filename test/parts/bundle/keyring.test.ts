import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateKeyPair } from "../../../src/authoring/index.ts";
import { ownerOf, readKeyring } from "../../../src/parts/bundle/index.ts";

const ec = generateKeyPair("ES256");
const ed = generateKeyPair("EdDSA");
const rsa = generateKeyPair("RS256");

/** A public key on P-256 with its point in the short form. */
function pemOf(point: Uint8Array): string {
  const head = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.concat([head, point]).toString("base64")}\n-----END PUBLIC KEY-----\n`;
}

function mistakesIn(keys: unknown, version: unknown = 1) {
  const read = readKeyring(JSON.stringify({ version, keys }, null, 2), "keyring.yaml");
  return read.ok ? [] : read.error.map(({ path, found, wanted, line }) => ({ path, found, wanted, line }));
}

describe("a keyring", () => {
  it("is read from YAML, with owner and validity", () => {
    const text = `version: 1
keys:
  release-2026:
    algorithm: ES256
    owner: security
    not_before: 2026-01-01T00:00:00Z
    not_after: "2027-01-01T00:00:00+01:00"
    public_key: |
${ec.publicKey.replace(/^/gm, "      ")}
`;
    const read = readKeyring(text);
    const key = read.ok ? read.value.keys.get("release-2026") : undefined;
    expect(key).toMatchObject({
      owner: "security",
      revoked: false,
      notBefore: Date.parse("2026-01-01"),
      notAfter: Date.parse("2026-12-31T23:00:00Z"),
    });
  });

  it("tells all mistakes at once, each with its line", () => {
    const found = mistakesIn({
      a: { algorithm: "HS256", public_key: "secret" },
      b: { algorithm: "ES256", public_key: ec.publicKey, revokd: true },
      c: { algorithm: "ES256" },
    });
    expect(found.map((one) => one.path)).toEqual(["keys.a.algorithm", "keys.b.revokd", "keys.c.public_key"]);
    expect(found.every((one) => one.line !== undefined)).toBe(true);
  });

  it("never shows a key in a mistake, and refuses a private one", () => {
    const [mistake, ...others] = mistakesIn({ a: { algorithm: "ES256", public_key: ec.privateKey } });
    expect(others).toEqual([]);
    expect(mistake).toMatchObject({ path: "keys.a.public_key", found: "a private key" });
    expect(JSON.stringify(mistake)).not.toContain("MIG");
  });

  it("refuses a key of another kind than its algorithm, a short one, and a text that is none", () => {
    const { publicKey: short } = generateKeyPairSync("rsa", {
      modulusLength: 1024,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const found = mistakesIn({
      a: { algorithm: "EdDSA", public_key: ec.publicKey },
      b: { algorithm: "ES384", public_key: ec.publicKey },
      c: { algorithm: "RS256", public_key: short },
      d: { algorithm: "ES256", public_key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" },
      e: { algorithm: "ES256", public_key: "hello" },
    });
    expect(found.map((one) => one.found)).toEqual([
      "a key of kind ec prime256v1",
      "a key of kind ec prime256v1",
      "a key of kind rsa 1024 bits",
      "a PEM block that cannot be read",
      "no block BEGIN PUBLIC KEY",
    ]);
  });

  it("refuses one key under two ids, which would survive the revocation of one of them", () => {
    const key = { algorithm: "EdDSA", public_key: ed.publicKey };
    expect(mistakesIn({ a: key, b: { ...key, revoked: true } })).toMatchObject([{ path: "keys.b.public_key" }]);
  });

  it("refuses one key in two writings, by which one person would be two owners", () => {
    const point = createPublicKey(ec.publicKey).export({ format: "jwk" });
    const [x, y] = [Buffer.from(point.x ?? "", "base64url"), Buffer.from(point.y ?? "", "base64url")];
    const [even, odd] = [2, 3].map((sign) => pemOf(Buffer.concat([Buffer.of(sign), x])));
    for (const twin of [even, odd]) {
      // One of the two is the same point, the other its mirror image, whose private key follows from the first one's.
      const found = mistakesIn({
        a: { algorithm: "ES256", public_key: ec.publicKey, owner: "Ann" },
        b: { algorithm: "ES256", public_key: twin, owner: "Bea" },
      });
      expect(found).toMatchObject([{ path: "keys.b.public_key", found: 'the key of "a" again' }]);
    }
    expect(createPublicKey(((y.at(-1) ?? 0) % 2 === 0 ? even : odd) ?? "").export({ format: "jwk" })).toEqual(point);
  });

  it("refuses an RSA key of the same modulus, and one with the exponent 1, for which everybody can sign", () => {
    const { n = "" } = createPublicKey(rsa.publicKey).export({ format: "jwk" });
    const withExponent = (e: string) =>
      createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" })
        .export({ type: "spki", format: "pem" })
        .toString();
    const found = mistakesIn({
      a: { algorithm: "RS256", public_key: rsa.publicKey },
      b: { algorithm: "RS256", public_key: withExponent("Aw") },
      c: { algorithm: "RS256", public_key: withExponent("AQ") },
    });
    expect(found).toMatchObject([
      { path: "keys.b.public_key", found: 'the key of "a" again' },
      { path: "keys.c.public_key", found: "a key of kind rsa 3072 bits with the exponent 1" },
    ]);
  });

  it("takes owners for one who differ in what nobody sees, and in nothing else", () => {
    for (const owner of ["Ann Lee", " ann lee", "ann  lee", "Ann\u00a0Lee", "Ann\u200b Lee", "A\u00adnn Lee", "\uff21nn Lee"])
      expect(ownerOf({ kid: "a", owner })).toBe("ann lee");
    expect(ownerOf({ kid: "a", owner: "annlee" })).not.toBe("ann lee");
  });

  it("refuses an empty validity, another version and what is no YAML", () => {
    const key = { algorithm: "EdDSA", public_key: ed.publicKey };
    expect(mistakesIn({ a: { ...key, not_before: "2027-01-01T00:00:00Z", not_after: "2026-01-01T00:00:00Z" } })).toMatchObject([
      { path: "keys.a.not_after" },
    ]);
    expect(mistakesIn({ a: key }, 2)).toMatchObject([{ path: "version" }]);
    expect(readKeyring("keys: [").ok).toBe(false);
    expect(readKeyring("version: 1\nkeys: {}\nkeys: {}\n").ok).toBe(false);
  });

  it("wants one signature where it says nothing, and as many as its threshold says", () => {
    const keys = { a: { algorithm: "ES256", public_key: ec.publicKey }, b: { algorithm: "EdDSA", public_key: ed.publicKey, owner: "Bea" } };
    const thresholdOf = (text: unknown) => {
      const read = readKeyring(JSON.stringify(text));
      return read.ok ? read.value.threshold : read.error[0]?.path;
    };
    expect(thresholdOf({ version: 1, keys })).toBe(1);
    expect(thresholdOf({ version: 1, threshold: 2, keys })).toBe(2);
    for (const threshold of [0, -1, 1.5, "2", 17, null]) expect(thresholdOf({ version: 1, threshold, keys })).toBe("threshold");
  });

  it("refuses a threshold that its owners cannot reach, however many keys they have", () => {
    const keys = {
      a: { algorithm: "ES256", public_key: ec.publicKey, owner: "Bea" },
      b: { algorithm: "EdDSA", public_key: ed.publicKey, owner: "bea " },
    };
    const read = readKeyring(JSON.stringify({ version: 1, threshold: 2, keys }, null, 2), "keyring.yaml");
    expect(!read.ok && read.error).toMatchObject([
      { path: "threshold", found: "a threshold of 2, with keys of 1 owner", file: "keyring.yaml", line: 3 },
    ]);
  });

  it("stays readable when a key is revoked, or the revocation would not be heard", () => {
    const keys = {
      a: { algorithm: "ES256", public_key: ec.publicKey, owner: "Ann", revoked: true },
      b: { algorithm: "EdDSA", public_key: ed.publicKey, owner: "Bea" },
    };
    expect(readKeyring(JSON.stringify({ version: 1, threshold: 2, keys })).ok).toBe(true);
  });
});

import { createHmac, createPrivateKey } from "node:crypto";
import { CompactSign } from "jose";
import { describe, expect, it } from "vitest";
import { generateKeyPair } from "../../../src/authoring/index.ts";
import {
  type BundleContents,
  type JudgedSignatures,
  judgeSignatures,
  type Keyring,
  maxSignatures,
  readKeyring,
  type SignatureAlgorithm,
  verifyBundle,
} from "../../../src/parts/bundle/index.ts";
import { changed, expected, listOf, now, sampleFiles } from "./sample-bundle.ts";

const algorithms = { ann: "ES256", ann2: "EdDSA", bea: "ES384", cai: "PS256", solo: "EdDSA", evil: "ES256" } as const;
type Kid = keyof typeof algorithms;
const kids = Object.keys(algorithms) as readonly Kid[];
const pairs = Object.fromEntries(kids.map((kid) => [kid, generateKeyPair(algorithms[kid])])) as Record<
  Kid,
  ReturnType<typeof generateKeyPair>
>;
const owners: Partial<Record<Kid, string>> = { ann: "Ann", ann2: " ann ", bea: "Bea", cai: "Cai" };

type Entry = Partial<Record<"revoked" | "not_before" | "not_after", unknown>>;

/** Everybody's keys but the evil one. */
function ring(threshold: number, extra: Partial<Record<Kid, Entry>> = {}): Keyring {
  const keys = Object.fromEntries(
    kids
      .filter((kid) => kid !== "evil")
      .map((kid) => [kid, { algorithm: algorithms[kid], public_key: pairs[kid].publicKey, owner: owners[kid], ...extra[kid] }]),
  );
  const read = readKeyring(JSON.stringify({ version: 1, threshold, keys }));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

interface Forged {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** A signature of that key over the files, with anything else in header and payload. */
function token(kid: Kid, { header = {}, payload = {} }: Forged = {}): Promise<string> {
  const body = { files: listOf({ files: sampleFiles() }), keyid: kid, ...payload };
  return new CompactSign(Buffer.from(JSON.stringify(body)))
    .setProtectedHeader({ alg: algorithms[kid], kid, ...header })
    .sign(createPrivateKey(pairs[kid].privateKey));
}

function bundle(first: string, ...cosignatures: readonly unknown[]): BundleContents {
  const file = { signatures: [first], toolgate_cosignatures: cosignatures };
  return changed({ files: sampleFiles() }, { ".signatures.json": JSON.stringify(file) });
}

async function judge(contents: BundleContents, keyring: Keyring, at = now): Promise<JudgedSignatures> {
  const judged = await judgeSignatures(contents, keyring, { now: at });
  if (!judged.ok) throw new Error(judged.error.detail);
  return judged.value;
}

/** The signer where the bundle is taken, else the code of the refusal. What verifies and what is shown must agree. */
async function outcome(contents: BundleContents, keyring: Keyring): Promise<string> {
  const taken = await verifyBundle(contents, keyring, expected);
  const judged = await judgeSignatures(contents, keyring, { now });
  const refusal = judged.ok ? judged.value.refusal : judged.error;
  expect(refusal).toEqual(taken.ok ? undefined : taken.error);
  return taken.ok ? taken.value.identity.signer : taken.error.code;
}

describe("signatures by two owners", () => {
  it("are enough where two are wanted, and one is not", async () => {
    expect(await outcome(bundle(await token("ann"), await token("bea")), ring(2))).toBe("ann");
    expect(await outcome(bundle(await token("ann")), ring(2))).toBe("bundle.too_few_signatures");
    expect(await outcome(bundle(await token("ann"), await token("bea")), ring(3))).toBe("bundle.too_few_signatures");
    expect(await outcome(bundle(await token("ann"), await token("bea"), await token("cai"), await token("solo")), ring(4))).toBe("ann");
  });

  it("name each signer, and change nothing of the bundle's digest", async () => {
    const one = await judge(bundle(await token("ann")), ring(1));
    const two = await judge(bundle(await token("ann"), await token("bea")), ring(1));
    expect(two).toMatchObject({ threshold: 1, counted: 2, digest: one.digest });
    expect(two.signatures).toEqual([
      { kid: "ann", algorithm: "ES256", owner: "Ann" },
      { kid: "bea", algorithm: "ES384", owner: "Bea" },
    ]);
  });

  it("count over a list in another order, beside other claims", async () => {
    const files = listOf({ files: sampleFiles() }).toReversed();
    const loose = files.map((file) => ({ ...file, hash: file.hash.toUpperCase() }));
    expect(await outcome(bundle(await token("ann"), await token("bea", { payload: { files: loose, iss: "ci", iat: 1 } })), ring(2))).toBe(
      "ann",
    );
  });

  it("count without an owner as those of the key itself", async () => {
    expect(await outcome(bundle(await token("solo"), await token("bea")), ring(2))).toBe("solo");
  });
});

describe("a co-signature that must not count", () => {
  const attacks: readonly (readonly [string, string, () => Promise<unknown>, Partial<Record<Kid, Entry>>?])[] = [
    ["by the same owner with a second key", "who counts once", () => token("ann2")],
    ["that is the first signature again", "which counts once", () => token("ann")],
    [
      "over one file less",
      "over another list of files",
      () => token("bea", { payload: { files: listOf({ files: sampleFiles() }).slice(1) } }),
    ],
    [
      "over another content",
      "over another list of files",
      () => token("bea", { payload: { files: listOf({ files: sampleFiles({ sequence: 8 }) }) } }),
    ],
    [
      "over a list with one file twice",
      "over another list of files",
      () => token("bea", { payload: { files: [...listOf({ files: sampleFiles() }), ...listOf({ files: sampleFiles() }).slice(0, 1)] } }),
    ],
    ["over nothing", "not a list of files", () => token("bea", { payload: { files: "all" } })],
    ["with a scope", "without a scope", () => token("bea", { payload: { scope: "write" } })],
    ["by a key that is not in the keyring", "does not hold", () => token("evil")],
    [
      "by a key under the id of another",
      "did not make",
      () => token("evil", { header: { kid: "ann2", alg: "ES256" } }).then((jws) => renamed(jws, "bea")),
    ],
    ["by a revoked key", "is revoked", () => token("bea"), { bea: { revoked: true } }],
    ["by a key that is not valid yet", "is valid from", () => token("bea"), { bea: { not_before: "2026-06-01T00:00:01Z" } }],
    ["by a key that is valid no longer", "was valid until", () => token("bea"), { bea: { not_after: "2026-06-01T00:00:00Z" } }],
    ["with the algorithm none", 'the algorithm "none"', async () => unsignedToken("bea", "none", "")],
    ["with a MAC over the public key", 'the algorithm "HS256"', async () => macOf("bea")],
    [
      "with the algorithm of another key",
      'the algorithm "ES256"',
      () => token("ann", { header: { kid: "bea" }, payload: { keyid: "bea" } }),
    ],
    ["whose header names one key and whose payload another", "no compact JWS", () => token("bea", { payload: { keyid: "cai" } })],
    ["without a key id", "without a key id", () => token("bea", { header: { kid: undefined }, payload: { keyid: undefined } })],
    ["with an extension that OPA does not read", "no compact JWS", () => token("bea", { header: { crit: ["b64"], b64: true } })],
    ["that is no JWS", "no compact JWS", async () => "a.b.c"],
    ["that is empty", "no compact JWS", async () => ""],
  ];

  it.each(attacks.map(([title, why, make, extra = {}]) => [title, why, make, extra] as const))(
    "%s: it is said why, and the bundle stays below the threshold",
    async (_, why, make, extra) => {
      const contents = bundle(await token("ann"), await make());
      expect(await outcome(contents, ring(2, extra))).toBe("bundle.too_few_signatures");
      const judged = await judge(contents, ring(2, extra));
      expect(judged).toMatchObject({ counted: 1, signatures: [{ kid: "ann" }, { refusal: { detail: expect.stringContaining(why) } }] });
      expect(judged.refusal?.detail).toContain(why);
      // Nor does it take anything away from those that do.
      expect(await outcome(bundle(await token("ann"), await make(), await token("cai")), ring(2, extra))).toBe("ann");
    },
  );

  it("is judged for each signature at its own time, and not again for a bundle that was active before", async () => {
    const keyring = ring(2, { bea: { not_after: "2026-06-01T00:00:00Z" } });
    const contents = bundle(await token("ann"), await token("bea"));
    const { digest = "sha256:" } = await judge(contents, keyring);
    expect(await judge(contents, keyring, now - 1)).toMatchObject({ counted: 2 });
    const again = await verifyBundle(contents, keyring, { ...expected, activatedBefore: new Set([digest]) });
    expect(again.ok).toBe(true);
    const revoked = ring(2, { bea: { not_after: "2026-06-01T00:00:00Z", revoked: true } });
    const ended = await verifyBundle(contents, revoked, { ...expected, activatedBefore: new Set([digest]) });
    expect(!ended.ok && ended.error.code).toBe("bundle.too_few_signatures");
  });
});

describe("a first signature", () => {
  it("that is stripped, so that a co-signature moves up, leaves too few", async () => {
    const [ann, bea] = [await token("ann"), await token("bea")];
    expect(await outcome(bundle(ann, bea), ring(2))).toBe("ann");
    expect(await outcome(bundle(bea), ring(2))).toBe("bundle.too_few_signatures");
    expect(await outcome(bundle(bea, bea), ring(2))).toBe("bundle.too_few_signatures");
    const none = { signatures: [], toolgate_cosignatures: [ann, bea] };
    expect(await outcome(changed({ files: sampleFiles() }, { ".signatures.json": JSON.stringify(none) }), ring(2))).toBe("bundle.unsigned");
  });

  it("that does not hold is not mended by co-signatures that do", async () => {
    const [bea, cai] = [await token("bea"), await token("cai")];
    const other = await token("ann", { payload: { files: listOf({ files: sampleFiles() }).slice(1) } });
    expect(await outcome(bundle(other, bea, cai), ring(1))).toBe("bundle.file_unlisted");
    expect(await outcome(bundle(await token("evil"), bea, cai), ring(2))).toBe("bundle.unknown_key");
    expect((await judge(bundle(await token("evil"), bea, cai), ring(2))).counted).toBe(0);
  });

  it("of a revoked key counts no longer, while enough others do", async () => {
    const contents = bundle(await token("ann"), await token("bea"), await token("cai"));
    expect(await outcome(contents, ring(2, { ann: { revoked: true } }))).toBe("bea");
    expect(await outcome(contents, ring(3, { ann: { revoked: true } }))).toBe("bundle.too_few_signatures");
    // The owner's other key takes the place of the one that does not count.
    expect(await outcome(bundle(await token("ann"), await token("ann2"), await token("cai")), ring(2, { ann: { revoked: true } }))).toBe(
      "ann2",
    );
  });
});

describe("the file of signatures", () => {
  const files: readonly (readonly [string, (jws: string) => unknown])[] = [
    ["co-signatures that are a text", (jws) => ({ signatures: [jws], toolgate_cosignatures: jws })],
    ["co-signatures that are an object", (jws) => ({ signatures: [jws], toolgate_cosignatures: { 0: jws } })],
    ["a co-signature that is no text", (jws) => ({ signatures: [jws], toolgate_cosignatures: [{ token: jws }] })],
    ["co-signatures that are null", (jws) => ({ signatures: [jws], toolgate_cosignatures: null })],
    ["a member that nobody knows", (jws) => ({ signatures: [jws], cosignatures: [jws] })],
    ["two first signatures", (jws) => ({ signatures: [jws, jws] })],
    [
      "more co-signatures than anybody needs, each of which costs a verification",
      (jws) => ({ signatures: [jws], toolgate_cosignatures: Array(maxSignatures).fill(jws) }),
    ],
  ];
  it.each(files)("with %s is refused whole", async (_, make) => {
    const jws = await token("ann");
    expect(await outcome(changed({ files: sampleFiles() }, { ".signatures.json": JSON.stringify(make(jws)) }), ring(1))).toBe(
      "bundle.bad_signature",
    );
  });
});

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function unsignedToken(kid: Kid, alg: string, signature: string): string {
  return `${part({ alg, kid })}.${part({ files: listOf({ files: sampleFiles() }), keyid: kid })}.${signature}`;
}

/** With the public key as the secret, which a verifier that trusts the header's `alg` accepts. */
function macOf(kid: Kid): string {
  const input = unsignedToken(kid, "HS256", "").slice(0, -1);
  return `${input}.${createHmac("sha256", pairs[kid].publicKey).update(input).digest("base64url")}`;
}

/** The signature of one token below the header and payload of another key. */
function renamed(jws: string, kid: "bea"): string {
  const algorithm: SignatureAlgorithm = algorithms[kid];
  return unsignedToken(kid, algorithm, jws.split(".")[2] ?? "");
}

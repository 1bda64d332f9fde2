import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { generateKeyPair, packBundle } from "../../../src/authoring/index.ts";
import type { SignatureAlgorithm } from "../../../src/parts/bundle/index.ts";
import { launcher, run, toolgate } from "../../e2e/command.ts";
import { sampleFiles } from "../../parts/bundle/sample-bundle.ts";
import { toolgateHere } from "../../support/command-line.ts";

// Signers and some commands are processes of their own.
vi.setConfig({ testTimeout: 120_000 });

const algorithms = { ann: "ES256", bea: "EdDSA", cai: "PS384", old: "ES384" } as const satisfies Record<string, SignatureAlgorithm>;
type Kid = keyof typeof algorithms;
const kids = Object.keys(algorithms) as readonly Kid[];
const pairs = Object.fromEntries(kids.map((kid) => [kid, generateKeyPair(algorithms[kid])])) as Record<
  Kid,
  ReturnType<typeof generateKeyPair>
>;

let unsigned: Uint8Array;
beforeAll(async () => {
  unsigned = await packBundle(sampleFiles({ expires: "2126-01-01T00:00:00Z" }));
});

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "toolgate-sign-"));
  writeFileSync(at("b.tar.gz"), unsigned);
  const keys: Record<string, object> = {};
  for (const kid of kids) {
    writeFileSync(at(`${kid}.pem`), pairs[kid].privateKey);
    writeFileSync(at(`${kid}.pub.pem`), pairs[kid].publicKey);
    keys[kid] = { algorithm: algorithms[kid], public_key: pairs[kid].publicKey, owner: `${kid} of the team`, revoked: kid === "old" };
  }
  writeFileSync(at("ring.json"), JSON.stringify({ version: 1, threshold: 2, keys }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface With {
  readonly env?: NodeJS.ProcessEnv;
}

const bundle = (command: string, args: readonly string[], { env = process.env }: With = {}) =>
  toolgateHere(["bundle", command, "b.tar.gz", ...args], { cwd: folder, env });
const sign = (args: readonly string[], more?: With) => bundle("sign", args, more);
const verify = (...args: readonly string[]) => bundle("verify", ["--keyring", "ring.json", ...args]);

describe("two owners", () => {
  test("sign one after the other, and verify and inspect show whose signature counts", async () => {
    expect(await sign(["--key", "ann.pem", "--kid", "ann"])).toEqual({ code: 0, out: 'Signed b.tar.gz with the key "ann".\n', err: "" });
    const short = await verify();
    expect(short).toMatchObject({ code: 1, out: "" });
    expect(short.err).toContain("bundle.too_few_signatures: found 1 of the 2 signatures by distinct owners");
    expect(short.err).toMatch(
      / {2}signature +ann \(ES256\) of ann of the team, counts\n {2}threshold +1 of the 2 that the keyring wants\n/,
    );

    const added = await sign(["--add", "--key", "bea.pem", "--kid", "bea", "--keyring", "ring.json"]);
    expect(added).toEqual({
      code: 0,
      err: "",
      out: 'Co-signed b.tar.gz with the key "bea". 2 of the 2 signatures that the keyring wants.\n',
    });
    const held = await verify();
    expect(held.code, held.err).toBe(0);
    expect(held.out).toMatch(
      / {2}signature +ann .*, counts\n {2}co-signature +bea \(EdDSA\) of bea of the team, counts\n {2}threshold +2 of the 2/,
    );
    expect(JSON.parse((await verify("--json")).out)).toMatchObject({
      ok: true,
      signer: "ann",
      threshold: { wanted: 2, counted: 2 },
      signatures: [
        { kid: "ann", algorithm: "ES256", owner: "ann of the team", counted: true },
        { kid: "bea", counted: true },
      ],
    });

    expect((await bundle("inspect", [])).out).toMatch(
      /signature +ann \(ES256\), not verified here\n +co-signature +bea \(EdDSA\), not verified here/,
    );
    expect((await bundle("inspect", ["--keyring", "ring.json"])).out).toMatch(/co-signature +bea .* counts\n +threshold +2 of the 2/);
    const listed = JSON.parse((await bundle("inspect", ["--json"])).out) as { signatures: unknown };
    expect(listed.signatures).toEqual([
      { kid: "ann", algorithm: "ES256" },
      { kid: "bea", algorithm: "EdDSA" },
    ]);
  });

  test("are told, in JSON too, what does not count and why", async () => {
    expect((await sign(["--key", "ann.pem", "--kid", "ann"])).code).toBe(0);
    expect((await sign(["--add", "--key", "old.pem", "--kid", "old", "--algorithm", "ES384"])).code).toBe(0);
    const { code, out } = await verify("--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: "bundle.too_few_signatures",
      threshold: { wanted: 2, counted: 1 },
      signatures: [
        { kid: "ann", counted: true },
        { kid: "old", counted: false, code: "bundle.unknown_key", detail: expect.stringContaining("is revoked") },
      ],
    });
  });

  test("may begin again: what a new signature replaces is said", async () => {
    expect((await sign(["--key", "ann.pem", "--kid", "ann"])).code).toBe(0);
    const again = await sign(["--key", "bea.pem", "--kid", "bea", "--algorithm", "EdDSA", "--json"]);
    expect(JSON.parse(again.out)).toEqual({ ok: true, file: "b.tar.gz", kid: "bea", signers: ["bea"], replaced: 1 });
    expect((await sign(["--key", "ann.pem", "--kid", "ann"])).err).toContain("a signature of before was replaced; --add keeps them");
  });
});

describe("the key", () => {
  test("may come from the environment", async () => {
    const env = { ...process.env, SIGNING_KEY: pairs.cai.privateKey };
    const args = ["bundle", "sign", "b.tar.gz", "--key-env", "SIGNING_KEY", "--kid", "cai", "--keyring", "ring.json"];
    const signed = await toolgate(args, { cwd: folder, env });
    expect(signed).toMatchObject({ code: 0, err: "" });
    expect(signed.out).not.toContain("PRIVATE");
    expect((await bundle("inspect", [])).out).toContain("cai (PS384)");
  });

  test("may stay with a program, which openssl is here: it answers DER, as key services do", async () => {
    const openssl = ["--signer", "openssl", "--", "dgst", "-sha256", "-sign", "ann.pem"];
    expect(await sign(["--kid", "ann", "--public-key", "ann.pub.pem", ...openssl])).toMatchObject({ code: 0, err: "" });
    const digest = ["--signer-input", "digest", "--signer", "openssl", "--", "pkeyutl", "-sign", "-inkey", "ann.pem"];
    expect(await sign(["--kid", "ann", "--keyring", "ring.json", ...digest])).toMatchObject({ code: 0 });
    expect((await verify("--json")).out).toContain('"counted":1');
  });
});

const mistakes: readonly (readonly [title: string, args: readonly string[], code: number, told: string])[] = [
  ["no key at all", ["--kid", "ann"], 2, "--key-env <variable>"],
  ["two keys", ["--kid", "ann", "--key", "ann.pem", "--key-env", "K"], 2, "cannot be used with"],
  ["a key and a signer", ["--kid", "ann", "--key", "ann.pem", "--signer", "true"], 2, "cannot be used with"],
  ["a signer without a public key", ["--kid", "ann", "--signer", "true"], 2, "verified before it is written"],
  ["arguments for no signer", ["--kid", "ann", "--key", "ann.pem", "--", "x"], 2, "there is no --signer"],
  ["a digest for EdDSA", ["--kid", "bea", "--signer", "true", "--signer-input", "digest", "--keyring", "ring.json"], 65, "never a digest"],
  ["a key that does not fit its algorithm", ["--kid", "ann", "--key", "ann.pem", "--algorithm", "PS256"], 65, "does not fit PS256"],
  ["a public key as the private one", ["--kid", "ann", "--key", "ann.pub.pem"], 65, "found no PEM private key"],
  ["a private key as the public one", ["--kid", "ann", "--key", "ann.pem", "--public-key", "ann.pem"], 65, "found a private key"],
  ["a key that is not there", ["--kid", "ann", "--key", "none.pem"], 69, "there is no such file"],
  ["a variable that is not set", ["--kid", "ann", "--key-env", "NO_SUCH_KEY"], 69, 'the environment variable "NO_SUCH_KEY" is not set'],
  ["a key id that the keyring lacks", ["--kid", "eve", "--key", "ann.pem", "--keyring", "ring.json"], 65, 'holds no key "eve"'],
  [
    "a key under the id of another",
    ["--kid", "cai", "--key", "ann.pem", "--algorithm", "ES256", "--keyring", "ring.json"],
    65,
    "says PS384",
  ],
  ["a revoked key", ["--kid", "old", "--key", "old.pem", "--keyring", "ring.json"], 65, "is revoked"],
  [
    "a private key of somebody else",
    ["--kid", "ann", "--key", "ann.pem", "--public-key", "other.pub.pem"],
    65,
    'not the one of "other.pub.pem"',
  ],
  ["a keyring with a mistake", ["--kid", "ann", "--key", "ann.pem", "--keyring", "bad.json"], 65, "threshold"],
  ["a co-signature on nothing", ["--add", "--kid", "ann", "--key", "ann.pem"], 65, "stands beside a first one"],
  ["a signer that is not there", ["--kid", "ann", "--public-key", "ann.pub.pem", "--signer", "/nowhere"], 69, "there is no such program"],
  ["a signer that fails", ["--kid", "ann", "--public-key", "ann.pub.pem", "--signer", "false"], 69, 'the signer "false" ended with code 1'],
  ["a signer that answers garbage", ["--kid", "ann", "--public-key", "ann.pub.pem", "--signer", "cat"], 69, "that are no signature"],
  [
    "a signer with another key",
    ["--kid", "ann", "--keyring", "ring.json", "--signer", "openssl", "--", "dgst", "-sha256", "-sign", "other.pem"],
    69,
    'does not verify with the public key of "ann"',
  ],
  [
    "a signer that takes too long",
    ["--kid", "ann", "--public-key", "ann.pub.pem", "--signer-timeout", "1", "--signer", "sleep", "--", "600"],
    69,
    "did not answer within 1 s",
  ],
];

test.each(mistakes)("%s: nothing is written, and it is said why", async (_, args, code, told) => {
  const other = generateKeyPair("ES256");
  writeFileSync(at("other.pem"), other.privateKey);
  writeFileSync(at("other.pub.pem"), other.publicKey);
  const one = { ann: { algorithm: "ES256", public_key: pairs.ann.publicKey } };
  writeFileSync(at("bad.json"), JSON.stringify({ version: 1, threshold: 2, keys: one }));
  const before = readdirSync(folder);
  const dashes = args.indexOf("--");
  const refused = await sign(dashes < 0 ? [...args, "--json"] : args.toSpliced(dashes, 0, "--json"));
  expect(refused.code, refused.err).toBe(code);
  const { ok, ...why } = JSON.parse(refused.out) as Readonly<Record<string, unknown>>;
  expect(ok).toBe(false);
  expect(Object.values(why).join()).toContain(told);
  expect(readFileSync(at("b.tar.gz"))).toEqual(Buffer.from(unsigned));
  expect(readdirSync(folder)).toEqual(before);
});

describe("the file", () => {
  test("is replaced at once: a reader that has it open goes on with the old one, mode and link stay", async () => {
    mkdirSync(at("real"));
    writeFileSync(at("real/bundle.tar.gz"), unsigned);
    chmodSync(at("real/bundle.tar.gz"), 0o640);
    rmSync(at("b.tar.gz"));
    symlinkSync("real/bundle.tar.gz", at("b.tar.gz"));
    const { ino } = statSync(at("real/bundle.tar.gz"));
    expect((await sign(["--key", "ann.pem", "--kid", "ann"])).code).toBe(0);
    const now = statSync(at("real/bundle.tar.gz"));
    expect(lstatSync(at("b.tar.gz")).isSymbolicLink()).toBe(true);
    expect({ ino: now.ino === ino, mode: now.mode & 0o777 }).toEqual({ ino: false, mode: 0o640 });
    expect(readdirSync(at("real"))).toEqual(["bundle.tar.gz"]);
  });

  test("stays as it is where nothing can be written beside it", async () => {
    mkdirSync(at("full"));
    writeFileSync(at("full/b.tar.gz"), unsigned);
    const limited = ["-c", `ulimit -f 0; exec "$0" "$@"`, process.execPath, launcher, "bundle", "sign", at("full/b.tar.gz")];
    const refused = await run("bash", [...limited, "--key", at("ann.pem"), "--kid", "ann"], { cwd: folder });
    expect(refused).toMatchObject({ code: 69, out: "", err: expect.stringMatching(/^cannot sign ".*": .*the file would be too large/) });
    expect(readdirSync(at("full"))).toEqual(["b.tar.gz"]);
    expect(readFileSync(at("full/b.tar.gz"))).toEqual(Buffer.from(unsigned));
  });

  test("that is no bundle is a mistake, and stays", async () => {
    writeFileSync(at("b.tar.gz"), "<html>");
    expect(await sign(["--key", "ann.pem", "--kid", "ann"])).toMatchObject({ code: 65, err: expect.stringContaining("no gzip archive") });
    expect(readFileSync(at("b.tar.gz"), "utf8")).toBe("<html>");
  });
});

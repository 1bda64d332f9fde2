import { createPublicKey } from "node:crypto";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { externalSigner, generateKeyPair, packBundle, signBundleWith } from "../../../src/authoring/index.ts";
import { judgeSignatures, readKeyring, type SignatureAlgorithm, signatureAlgorithms } from "../../../src/parts/bundle/index.ts";
import { lives } from "../../e2e/command.ts";
import { expected, sampleFiles, unpacked } from "../../parts/bundle/sample-bundle.ts";
import { temporaryFolder } from "./tools.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

const ec = generateKeyPair("ES256");

interface Tried {
  readonly algorithm?: SignatureAlgorithm;
  readonly publicKey?: string;
  readonly args?: readonly string[];
  readonly input?: "message" | "digest";
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

function signerOf(program: string, tried: Tried) {
  const { algorithm = "ES256", publicKey = ec.publicKey, args = [], input = "message", timeoutMs = 60_000, environment = {} } = tried;
  const env = { PATH: `/usr/bin:/bin:${folder}`, ...environment };
  return externalSigner({
    kid: "kms",
    algorithm,
    publicKey: createPublicKey(publicKey),
    program,
    args,
    input,
    timeoutMs,
    environment: env,
  });
}

async function signWith(program: string, tried: Tried = {}) {
  return signBundleWith(await packBundle(sampleFiles()), signerOf(program, tried));
}

/** Why nothing was signed. */
async function complaint(program: string, tried: Tried = {}): Promise<string> {
  const signed = await signWith(program, tried);
  if (signed.ok) throw new Error("it was signed");
  expect(signed.error.because).toBe("signer");
  return signed.error.detail;
}

/** A program that runs this JavaScript, with `input` read and `key` at hand. */
async function program(name: string, script: string, key = ec.privateKey): Promise<string> {
  await writeFile(join(folder, `${name}.pem`), key);
  const head = `const { sign, createPrivateKey } = require("node:crypto"); const fs = require("node:fs");
const key = createPrivateKey(fs.readFileSync(${JSON.stringify(join(folder, `${name}.pem`))})); const input = fs.readFileSync(0);`;
  await writeFile(join(folder, `${name}.cjs`), `${head}\n${script}\n`);
  await shell(name, `exec ${JSON.stringify(process.execPath)} ${JSON.stringify(join(folder, `${name}.cjs`))} "$@"`);
  return join(folder, name);
}

async function shell(name: string, script: string): Promise<string> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return join(folder, name);
}

/** What each key service answers: raw or DER, as bytes or as text. */
const answers: readonly (readonly [string, string])[] = [
  ["raw bytes", "process.stdout.write(raw)"],
  ["base64url on one line", 'console.log(raw.toString("base64url"))'],
  ["base64 without the end of its line", 'process.stdout.write(raw.toString("base64"))'],
  ["DER, where it is ECDSA", "process.stdout.write(der)"],
  ["DER in base64", 'console.log(der.toString("base64"))'],
];

const form = (algorithm: SignatureAlgorithm) => `const hash = ${algorithm === "EdDSA" ? "undefined" : `"sha${algorithm.slice(2)}"`};
const pss = ${algorithm.startsWith("PS") ? "{ padding: 6, saltLength: -1 }" : "{}"};
const der = sign(hash, input, { key, ...pss }); const raw = sign(hash, input, { key, dsaEncoding: "ieee-p1363", ...pss });`;

describe.each(signatureAlgorithms)("a program that signs with %s", (algorithm) => {
  const pair = generateKeyPair(algorithm);
  const keyring = readKeyring(JSON.stringify({ version: 1, keys: { kms: { algorithm, public_key: pair.publicKey } } }));

  it.each(answers)("may answer %s", async (_, answer) => {
    const path = await program(`good-${algorithm}`, `${form(algorithm)} ${answer}`, pair.privateKey);
    const signed = await signWith(path, { algorithm, publicKey: pair.publicKey });
    if (!signed.ok || !keyring.ok) throw new Error(JSON.stringify(signed));
    const judged = await judgeSignatures(await unpacked(signed.value.bytes), keyring.value, expected);
    expect(judged).toMatchObject({ ok: true, value: { counted: 1, signatures: [{ kid: "kms", algorithm }] } });
  });
});

describe("the program", () => {
  it("is run with exactly its arguments, by no shell, and told for which key", async () => {
    const dump =
      "fs.writeFileSync(process.env.DUMP, JSON.stringify([process.argv.slice(2), process.env.TOOLGATE_SIGNER_KID, process.env.TOOLGATE_SIGNER_ALGORITHM]));";
    await program("careful", `${dump} ${form("ES256")} process.stdout.write(der)`);
    const args = ["a b", "$(touch owned)", "; exit 1", "*", ""];
    const signed = await signWith("careful", { args, environment: { DUMP: join(folder, "dump") } });
    expect(signed.ok).toBe(true);
    expect(JSON.parse(await readFile(join(folder, "dump"), "utf8"))).toEqual([args, "kms", "ES256"]);
  });

  it("is never a command line: one with a blank in it is looked up as it stands", async () => {
    expect(await complaint("careful --now")).toContain("there is no such program");
  });

  it("gets the signing input, or its digest where that is asked for", async () => {
    const dump = "fs.writeFileSync(process.env.DUMP, input);";
    const path = await program("dumping", `${dump} console.log("no")`);
    const environment = { DUMP: join(folder, "input") };
    await complaint(path, { environment });
    const [header = "", payload = "", ...rest] = (await readFile(join(folder, "input"), "utf8")).split(".");
    expect(rest).toEqual([]);
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "ES256", kid: "kms", typ: "JWT" });
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({ keyid: "kms" });
    await complaint(path, { environment, input: "digest" });
    expect((await readFile(join(folder, "input"))).length).toBe(32);
  });

  it("is looked up in absolute folders of PATH only", async () => {
    await shell("found-by-name", "exit 3");
    expect(await complaint("found-by-name")).toContain("ended with code 3");
    expect(await complaint("found-by-name", { environment: { PATH: "::.:bin" } })).toContain("there is no such program");
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ["fails", "echo 'AccessDenied: kms:Sign' >&2; exit 254", 'ended with code 254 and said "AccessDenied: kms:Sign"'],
    ["fails after it wrote something", "printf x; exit 1", "ended with code 1 and said nothing"],
    ["kills itself", "kill -9 $$", "was ended by SIGKILL"],
    ["answers nothing", "cat > /dev/null", "answered 0 bytes that are no signature; wanted an ES256 signature: 64 bytes or DER"],
    ["answers an error as text", "echo 'not authorised'", "answered 15 bytes that are no signature"],
    ["answers JSON", `echo '{"Signature":"AAAA"}'`, "that are no signature"],
    ["answers several lines", "echo AAAA; echo AAAA", "that are no signature"],
    ["answers a signature of another length", "head -c 63 /dev/zero", "answered 63 bytes that are no signature"],
    ["answers as many bytes as a signature has", "head -c 64 /dev/zero", 'does not verify with the public key of "kms"'],
    ["answers without end", "cat /dev/zero", "answered more than 16384 bytes and was ended"],
    ["reads nothing of what it gets", "exit 7", "ended with code 7"],
  ];
  it.each(wrong)("that %s is told plainly, and nothing is signed", async (_, script, told) => {
    expect(await complaint(await shell("wrong", script))).toContain(told);
  });

  it("that signs with another key, or another hash, is told plainly", async () => {
    const other = await program("other", `${form("ES256")} process.stdout.write(der)`, generateKeyPair("ES256").privateKey);
    expect(await complaint(other)).toContain("does not verify");
    const weak = await program("weak", 'process.stdout.write(sign("sha1", input, key))');
    expect(await complaint(weak)).toContain("does not verify");
  });

  it("that is not there, is a folder or may not be run is told plainly", async () => {
    await writeFile(join(folder, "plain"), "#!/bin/sh\n");
    expect(await complaint(join(folder, "nowhere"))).toContain("cannot be run");
    expect(await complaint(folder)).toContain("cannot be run");
    expect(await complaint(join(folder, "plain"))).toContain("cannot be run");
    await writeFile(join(folder, "odd"), "#!/nowhere/interpreter\n", { mode: 0o755 });
    expect(await complaint(join(folder, "odd"))).toContain("cannot be run");
    expect(await complaint("true", { args: ["x".repeat(1_000_000)] })).toContain("cannot be run");
  });

  it("that does not answer in time is ended, with what it started", async () => {
    const path = await shell("hanging", `sleep 600 & echo $! > "$PIDS"; wait`);
    const pids = join(folder, "pids");
    expect(await complaint(path, { timeoutMs: 3000, environment: { PIDS: pids } })).toContain("did not answer within 3 s and was ended");
    const pid = Number(await readFile(pids, "utf8"));
    await vi.waitFor(() => expect(lives(pid)).toBe(false));
  });
});

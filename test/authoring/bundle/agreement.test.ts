import { createPublicKey, sign } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKeyPair, localSigner, type Opa, packBundle, runOpa, signBundle, signBundleWith } from "../../../src/authoring/index.ts";
import {
  hashFile,
  judgeSignatures,
  readBundle,
  readKeyring,
  type SignatureAlgorithm,
  signatureAlgorithms,
  verifyBundle,
} from "../../../src/parts/bundle/index.ts";
import { changed, expected, textOf, unpacked } from "../../parts/bundle/sample-bundle.ts";
import { build, needOpa, temporaryFolder, writeFiles } from "./tools.ts";

let opa: Opa;
let folder: string;
beforeAll(async () => {
  opa = await needOpa();
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true }));

async function builtBundle() {
  const built = await build();
  if (!built.ok) throw new Error(JSON.stringify(built.error));
  return built.value.bytes;
}

function ring(kid: string, algorithm: SignatureAlgorithm, publicKey: string) {
  const read = readKeyring(JSON.stringify({ version: 1, keys: { [kid]: { algorithm, public_key: publicKey } } }));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

describe.each(signatureAlgorithms)("a bundle signed with %s", (algorithm) => {
  const pair = generateKeyPair(algorithm);

  it("by us is verified by opa build, and refused by it with another key or a changed file", async () => {
    const bytes = await signBundle(await builtBundle(), { privateKey: pair.privateKey, kid: "release", algorithm });
    if (!bytes.ok) throw new Error(bytes.error);
    const changedFile = changed(await unpacked(bytes.value), { "policy/refunds.rego": "package policy.refunds\n" });
    await writeFiles(folder, {
      "ours.tar.gz": bytes.value,
      "changed.tar.gz": await packBundle(changedFile.files),
      "key.pem": pair.publicKey,
      "other.pem": generateKeyPair(algorithm).publicKey,
    });
    const verify = (file: string, key: string) =>
      runOpa(
        opa,
        [
          "build",
          "-b",
          file,
          "--verification-key",
          key,
          "--verification-key-id",
          "release",
          "--signing-alg",
          algorithm,
          "-o",
          "out.tar.gz",
        ],
        folder,
      );
    expect(await verify("ours.tar.gz", "key.pem")).toMatchObject({ code: 0, stderr: "" });
    expect(await verify("ours.tar.gz", "other.pem")).toMatchObject({ code: 1, stdout: expect.stringContaining("failed to verify") });
    expect(await verify("changed.tar.gz", "key.pem")).toMatchObject({ code: 1, stdout: expect.stringContaining("digest mismatch") });
  });

  it("by opa build is verified by us, and refused by us with a changed file", async () => {
    const contents = await unpacked(await builtBundle());
    const tree = join(folder, `built-${algorithm}`);
    await writeFiles(tree, Object.fromEntries(contents.files));
    await writeFiles(folder, { "secret.pem": pair.privateKey });
    const args = [
      "build",
      "-b",
      ".",
      "--signing-key",
      "../secret.pem",
      "--signing-alg",
      algorithm,
      "--verification-key-id",
      "release",
      "-o",
      "../theirs.tar.gz",
    ];
    const built = await runOpa(opa, args, tree);
    expect(built).toMatchObject({ code: 0 });
    const theirs = await unpacked(await readFile(join(folder, "theirs.tar.gz")));
    const keys = ring("release", algorithm, pair.publicKey);
    const bundle = await verifyBundle(theirs, keys, expected);
    expect(bundle.ok ? bundle.value.identity.name : bundle.error).toBe("sample");
    const other = await verifyBundle(changed(theirs, { "policy/refunds.rego": "package policy.refunds\n" }), keys, expected);
    expect(!other.ok && other.error.code).toBe("bundle.file_changed");
  });

  it("by opa sign, with the key id as a claim, is verified by us", async () => {
    const contents = await unpacked(await builtBundle());
    const tree = join(folder, `signed-${algorithm}`);
    await writeFiles(tree, Object.fromEntries(contents.files));
    await writeFiles(folder, { "secret.pem": pair.privateKey, "claims.json": JSON.stringify({ keyid: "release", iss: "ci" }) });
    const args = ["sign", "-b", ".", "--signing-key", "../secret.pem", "--signing-alg", algorithm, "--claims-file", "../claims.json"];
    expect(await runOpa(opa, args, tree)).toMatchObject({ code: 0 });
    const theirs = changed(contents, { ".signatures.json": await readFile(join(tree, ".signatures.json"), "utf8") });
    const bundle = await verifyBundle(theirs, ring("release", algorithm, pair.publicKey), expected);
    expect(bundle.ok ? bundle.value.identity.signer : bundle.error).toBe("release");
  });
});

describe("a bundle with co-signatures", () => {
  const [first, second] = [generateKeyPair("ES256"), generateKeyPair("PS256")];
  const both = JSON.stringify({
    version: 1,
    threshold: 2,
    keys: {
      release: { algorithm: "ES256", public_key: first.publicKey, owner: "Ann" },
      second: { algorithm: "PS256", public_key: second.publicKey, owner: "Bea" },
    },
  });

  async function cosigned(bytes: Uint8Array): Promise<Uint8Array> {
    const signer = localSigner({ privateKey: second.privateKey, kid: "second", algorithm: "PS256" });
    const added = signer.ok ? await signBundleWith(bytes, signer.value, { add: true }) : signer;
    if (!added.ok) throw new Error(JSON.stringify(added.error));
    return added.value.bytes;
  }

  async function holds(bytes: Uint8Array) {
    const keyring = readKeyring(both);
    if (!keyring.ok) throw new Error(JSON.stringify(keyring.error));
    const bundle = await verifyBundle(await unpacked(bytes), keyring.value, expected);
    return bundle.ok ? bundle.value.identity.signer : bundle.error;
  }

  const opaVerifies = async (bytes: Uint8Array, key: string) => {
    await writeFiles(folder, { "cosigned.tar.gz": bytes, "cosigned.pem": key });
    const flags = ["--verification-key", "cosigned.pem", "--verification-key-id", "release", "--signing-alg", "ES256"];
    return runOpa(opa, ["build", "-b", "cosigned.tar.gz", ...flags, "-o", "out.tar.gz"], folder);
  };

  it("is verified by opa by its first signature, and by us by both", async () => {
    const signed = await signBundle(await builtBundle(), { privateKey: first.privateKey, kid: "release", algorithm: "ES256" });
    if (!signed.ok) throw new Error(signed.error);
    const bytes = await cosigned(signed.value);
    expect(await opaVerifies(bytes, first.publicKey)).toMatchObject({ code: 0, stderr: "" });
    expect(await opaVerifies(bytes, generateKeyPair("ES256").publicKey)).toMatchObject({ code: 1 });
    expect(await holds(signed.value)).toMatchObject({ code: "bundle.too_few_signatures" });
    expect(await holds(bytes)).toBe("release");
  });

  it("may have its first signature from opa build, which stays as it is, its hashes and its plugin included", async () => {
    const tree = join(folder, "first-by-opa");
    await writeFiles(tree, Object.fromEntries((await unpacked(await builtBundle())).files));
    await writeFiles(folder, { "first.pem": first.privateKey });
    const signing = ["--signing-key", "../first.pem", "--signing-alg", "ES256", "--verification-key-id", "release"];
    expect(await runOpa(opa, ["build", "-b", ".", ...signing, "-o", "../first-by-opa.tar.gz"], tree)).toMatchObject({ code: 0 });
    const theirs = await readFile(join(folder, "first-by-opa.tar.gz"));
    const bytes = await cosigned(theirs);
    const [before, after] = [await unpacked(theirs), await unpacked(bytes)].map((one) => JSON.parse(textOf(one, ".signatures.json")));
    expect(after).toEqual({ ...before, toolgate_cosignatures: [expect.any(String)] });
    expect(await holds(bytes)).toBe("release");
  });

  it("may have its first signature from opa sign, and is verified by opa all the same", async () => {
    const contents = await unpacked(await builtBundle());
    const tree = join(folder, "first-signed-by-opa");
    await writeFiles(tree, Object.fromEntries(contents.files));
    await writeFiles(folder, { "first.pem": first.privateKey, "claims.json": JSON.stringify({ keyid: "release" }) });
    const signing = ["--signing-key", "../first.pem", "--signing-alg", "ES256", "--claims-file", "../claims.json"];
    expect(await runOpa(opa, ["sign", "-b", ".", ...signing], tree)).toMatchObject({ code: 0 });
    const theirs = changed(contents, { ".signatures.json": await readFile(join(tree, ".signatures.json"), "utf8") });
    const bytes = await cosigned(await packBundle(theirs.files));
    expect(await holds(bytes)).toBe("release");
    expect(await opaVerifies(bytes, first.publicKey)).toMatchObject({ code: 0, stderr: "" });
  });
});

it("the sources inside a bundle are what opa evaluates", async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "eval.tar.gz"), await builtBundle());
  await writeFile(join(folder, "input.json"), JSON.stringify({ user: { groups: ["support"] }, tool: { id: "crm.refund" } }));
  // The engine for WebAssembly is not in the stock opa: what runs are the sources.
  const contents = await unpacked(await readFile(join(folder, "eval.tar.gz")));
  const sources = Object.fromEntries([...contents.files].filter(([name]) => name.endsWith(".rego") || name === "data.json"));
  await writeFiles(join(folder, "eval"), sources);
  const output = await runOpa(opa, ["eval", "-b", "eval", "-i", "input.json", "data.policy.refunds.permit", "--format", "raw"], folder);
  expect(JSON.parse(output.stdout)).toEqual([{ id: "support-refunds" }]);
});

/** JSON texts with number literals, keys, escapes and white space that a careless reader changes. */
const oddNumber = fc.constantFrom(
  "0",
  "-0",
  "1.0",
  "1.10",
  "1E5",
  "1e+5",
  "1e-07",
  "-0.0e0",
  "1e400",
  "12345678901234567890",
  "0.1000000000000000055511151231257827",
  "9007199254740993",
);
const oddText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom(
    "\u2028",
    "\u2029",
    "<&>",
    "\u007f",
    "\u0000",
    "\u001f",
    "\uffff",
    "\u{10000}",
    "😀",
    "é",
    "e\u0301",
    "/",
    "\\",
    '"',
    "\b\f\n\r\t",
    "__proto__",
    "constructor",
  ),
);
const space = fc.constantFrom("", " ", "\n\t", "\r\n");
const quoted = fc.tuple(oddText, fc.boolean()).map(([text, escaped]) => {
  const plain = JSON.stringify(text);
  return escaped
    ? `"${[...text].flatMap((char) => [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`)).join("")}"`
    : plain;
});
const { document } = fc.letrec<{ document: string; value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    oddNumber,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
    quoted,
    fc.constantFrom("true", "false", "null"),
    fc.tuple(space, fc.array(tie("value"), { maxLength: 4 })).map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    tie("document"),
  ),
  document: fc.tuple(space, fc.array(fc.tuple(quoted, tie("value")), { maxLength: 5 })).map(([gap, members]) => {
    const unique = new Map(members.map(([key, value]) => [JSON.parse(key), `${key}${gap}:${gap}${value}`]));
    return `${gap}{${gap}${[...unique.values()].join(`${gap},${gap}`)}${gap}}${gap}`;
  }),
}));

it("data hashes as opa hashes it, whatever its numbers, keys and escapes", async () => {
  const texts = fc.sample(document, { numRuns: 400, seed: 20260601 });
  const random = fc.sample(document, 200);
  const tree = join(folder, "hashes");
  const all = [...texts, ...random];
  await writeFiles(tree, Object.fromEntries(all.map((text, at) => [`d${at}/data.json`, text])));
  await writeFiles(folder, { "hash-key.pem": generateKeyPair("ES256").privateKey });
  const signed = await runOpa(opa, ["sign", "-b", ".", "--signing-key", "../hash-key.pem", "--signing-alg", "ES256"], tree);
  expect(signed).toMatchObject({ code: 0 });
  const token: string = JSON.parse(await readFile(join(tree, ".signatures.json"), "utf8")).signatures[0];
  const { files } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  expect(files).toHaveLength(all.length);
  for (const file of files) {
    const text = all[Number(/^d(\d+)\//.exec(file.name)?.[1])] ?? "";
    expect({ text, hash: hashFile("data.json", Buffer.from(text)) }).toEqual({ text, hash: { ok: true, value: file.hash } });
  }
});

it("a list in OPA's form, signed by hand, is all that a signature needs", async () => {
  const pair = generateKeyPair("EdDSA");
  const contents = { files: new Map([["policy/a.rego", Buffer.from("package policy.a\n")]]) };
  const hash = hashFile("policy/a.rego", Buffer.from("package policy.a\n"));
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "EdDSA" })}.${part({ files: [{ name: "policy/a.rego", hash: hash.ok && hash.value, algorithm: "SHA-256" }], keyid: "k" })}`;
  const token = `${input}.${sign(null, Buffer.from(input), pair.privateKey).toString("base64url")}`;
  expect(createPublicKey(pair.publicKey).asymmetricKeyType).toBe("ed25519");
  const bytes = await packBundle(changed(contents, { ".signatures.json": JSON.stringify({ signatures: [token] }) }).files);
  const read = await readBundle(bytes, { maxBytes: 1e6, maxTotalBytes: 1e6, maxFileBytes: 1e6, maxFiles: 10, maxRatio: 100 });
  const signature = read.ok ? await judgeSignatures(read.value, ring("k", "EdDSA", pair.publicKey), expected) : read;
  expect(signature).toMatchObject({ ok: true, value: { counted: 1, signatures: [{ kid: "k" }] } });
  expect(signature.ok && signature.value.refusal).toBeUndefined();
});

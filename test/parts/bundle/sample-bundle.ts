import { createHmac, createPrivateKey } from "node:crypto";
import { gzipSync } from "node:zlib";
import { CompactSign } from "jose";
import { pack } from "tar-stream";
import { generateKeyPair, manifestFor, packBundle, signBundle } from "../../../src/authoring/index.ts";
import {
  type BundleContents,
  type BundleRefusal,
  defaultBundleLimits,
  hashFile,
  type Keyring,
  readBundle,
  readKeyring,
  type VerifiedBundle,
  verifyBundle,
} from "../../../src/parts/bundle/index.ts";

export const now = Date.parse("2026-06-01T00:00:00Z");

export const keys = { release: generateKeyPair("ES256"), backup: generateKeyPair("EdDSA") };

export const expected = { tenant: "default", environment: "test", now };

type Files = Map<string, Uint8Array>;

/** The `metadata.toolgate` of the sample. */
export const about = {
  schema: 1,
  name: "sample",
  sequence: 7,
  expires: "2027-01-01T00:00:00Z",
  environment: "test",
  on_expiry: "deny_all",
  max_decide_ms: 50,
} as const;

/** A bundle of every kind of file that there is; its WebAssembly is a header only. */
export function sampleFiles(metadata: Readonly<Record<string, unknown>> = {}): Files {
  const manifest = { ...manifestFor("r1", about), metadata: { toolgate: { ...about, ...metadata } } };
  const data = {
    roles: {},
    index: { toolgate: [], _none: [] },
    index_kinds: {},
    settings: {},
    custom: { title: "Dësk 😀", rate: 1.5 },
    catalog: { schema: 1 },
    cases: [],
  };
  return new Map<string, Uint8Array>([
    [".manifest", Buffer.from(JSON.stringify(manifest))],
    ["data.json", Buffer.from(JSON.stringify(data))],
    ["policy.wasm", Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ["policy/refunds.rego", Buffer.from("package policy.refunds\n")],
    ["toolgate/decide.rego", Buffer.from("package toolgate\n")],
  ]);
}

export function keyring(extra: Readonly<Record<string, unknown>> = {}): Keyring {
  const read = readKeyring(
    JSON.stringify({
      version: 1,
      keys: {
        release: { algorithm: "ES256", public_key: keys.release.publicKey, ...extra },
        backup: { algorithm: "EdDSA", public_key: keys.backup.publicKey },
      },
    }),
  );
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

export async function signed(files: Files, kid: "release" | "backup" = "release"): Promise<BundleContents> {
  const algorithm = kid === "release" ? "ES256" : "EdDSA";
  const bytes = await signBundle(await packBundle(files), { privateKey: keys[kid].privateKey, kid, algorithm });
  if (!bytes.ok) throw new Error(bytes.error);
  return unpacked(bytes.value);
}

export async function unpacked(bytes: Uint8Array): Promise<BundleContents> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) throw new Error(contents.error.detail);
  return contents.value;
}

/** The contents with some files in place of others. */
export function changed(contents: BundleContents, changes: Readonly<Record<string, string | Uint8Array | undefined>>): BundleContents {
  const files = new Map(contents.files);
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name);
    else files.set(name, typeof content === "string" ? Buffer.from(content) : content);
  }
  return { files };
}

export function textOf(contents: BundleContents, name: string): string {
  return Buffer.from(contents.files.get(name) ?? []).toString("utf8");
}

export function tokenOf(contents: BundleContents): string {
  return JSON.parse(textOf(contents, ".signatures.json")).signatures[0];
}

/** The signed list of the contents as somebody else might write it. */
export function listOf(contents: BundleContents): { name: string; hash: string; algorithm: string }[] {
  return [...contents.files]
    .filter(([name]) => name !== ".signatures.json")
    .map(([name, bytes]) => {
      const hash = hashFile(name, bytes);
      if (!hash.ok) throw new Error(hash.error);
      return { name, hash: hash.value, algorithm: "SHA-256" };
    });
}

/** A signature over any payload, with any header. */
export async function tokenFor(
  payload: unknown,
  header: { alg: string; kid?: string } = { alg: "ES256", kid: "release" },
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(createPrivateKey(keys.release.privateKey));
}

/** A token whose MAC is made with the public key, which a verifier that trusts the header's `alg` accepts. */
export function macToken(payload: unknown, alg: "HS256" | "none"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg, kid: "release", typ: "JWT" })}.${part(payload)}`;
  return `${input}.${alg === "none" ? "" : createHmac("sha256", keys.release.publicKey).update(input).digest("base64url")}`;
}

export function withTokens(contents: BundleContents, ...signatures: readonly string[]): BundleContents {
  return changed(contents, { ".signatures.json": JSON.stringify({ signatures }) });
}

export async function verified(contents: BundleContents): Promise<VerifiedBundle> {
  const bundle = await verifyBundle(contents, keyring(), expected);
  if (!bundle.ok) throw new Error(`${bundle.error.code}: ${bundle.error.detail}`);
  return bundle.value;
}

export async function refusal(contents: BundleContents, more: Partial<Parameters<typeof verifyBundle>[2]> = {}): Promise<BundleRefusal> {
  const bundle = await verifyBundle(contents, keyring(), { ...expected, ...more });
  if (bundle.ok) throw new Error("the bundle was taken");
  return bundle.error;
}

interface RawEntry {
  readonly name: string;
  readonly type?: "file" | "symlink" | "link" | "fifo" | "character-device" | "directory";
  readonly linkname?: string;
  readonly content?: string | Uint8Array;
}

/** A tar.gz of exactly these entries, in this order. */
export async function tarOf(entries: readonly RawEntry[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { name, type = "file", linkname = "", content = "" } of entries) archive.entry({ name, type, linkname }, Buffer.from(content));
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

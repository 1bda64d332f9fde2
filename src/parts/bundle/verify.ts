import canonicalize from "canonicalize";
import { z } from "zod";
import { type Digest, sha256, sha256Hex } from "../../core/digest.ts";
import { decodeUtf8 } from "../../core/json/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal, VerifiedBundle } from "./bundle.ts";
import { compareUtf8 } from "./canonical.ts";
import { dataFile, wasmFile } from "./entry-name.ts";
import { judgeSignatures } from "./judge-signatures.ts";
import type { Keyring } from "./keyring.ts";
import { defaultTenant, type Manifest, readJsonFile, readManifest } from "./manifest.ts";
import { refuse } from "./refuse.ts";

/** What a bundle must be to be taken here. */
export interface Expectations {
  /** The bundle's name; any if absent. */
  readonly name?: string;
  readonly tenant: string;
  readonly environment: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Digests of the product libraries this gateway knows; any if absent. */
  readonly knownLibraries?: ReadonlySet<Digest>;
  /**
   * Digests of bundles that were activated before, for loading them again after a restart: the key's validity period was
   * judged then, and an expired bundle is loaded into its `on_expiry` mode. Revocation is judged nevertheless.
   */
  readonly activatedBefore?: ReadonlySet<Digest>;
}

const libraryFolder = "toolgate/";

/** Checks signatures, files, manifest, place, time and shape, in this order: nothing of the content is believed before its signatures. */
export async function verifyBundle(
  contents: BundleContents,
  keyring: Keyring,
  expectations: Expectations,
): Promise<Result<VerifiedBundle, BundleRefusal>> {
  const judged = await judgeSignatures(contents, keyring, expectations);
  if (!judged.ok) return judged;
  const { digest, signatures, refusal } = judged.value;
  const signer = signatures.find((one) => one.refusal === undefined)?.kid;
  if (refusal !== undefined || digest === undefined || signer === undefined) {
    return err(refusal ?? { code: "bundle.bad_signature", detail: "found no signature that counts" });
  }
  const known = expectations.activatedBefore?.has(digest) === true;
  const manifest = readManifest(contents);
  if (!manifest.ok) return manifest;
  const about = manifest.value.metadata.toolgate;
  const place = checkPlace(manifest.value, expectations);
  if (!place.ok) return place;
  const expiresAt = Date.parse(about.expires);
  if (expectations.now >= expiresAt && !known) return refuse("bundle.expired", `found a bundle that expired at ${about.expires}`);
  const data = readData(contents);
  if (!data.ok) return data;
  const wasm = contents.files.get(wasmFile);
  if (wasm === undefined || !isWasm(wasm)) return refuse("bundle.file_missing", `found no WebAssembly in "${wasmFile}"`);
  const modules = readModules(contents);
  if (!modules.ok) return modules;
  const library = libraryDigest(modules.value);
  if (expectations.knownLibraries?.has(library) === false) {
    return refuse(
      "bundle.unknown_library",
      `found the product library ${library}, which this gateway does not know; build with its version`,
    );
  }
  return ok({
    identity: { name: about.name, revision: manifest.value.revision, sequence: about.sequence, digest, signer },
    tenant: about.tenant ?? defaultTenant,
    environment: about.environment,
    expiresAt,
    onExpiry: about.on_expiry,
    wasm,
    data: data.value,
    modules: modules.value,
    maxDecideMs: about.max_decide_ms,
  });
}

/** SHA-256 over names and contents of the modules of the product library, the files under `toolgate/`. */
export function libraryDigest(modules: VerifiedBundle["modules"]): Digest {
  const files = modules.filter((module) => module.path.startsWith(libraryFolder)).toSorted((a, b) => compareUtf8(a.path, b.path));
  return sha256(canonicalize(files.map((file) => ({ name: file.path, hash: sha256Hex(file.text) }))) ?? "");
}

function checkPlace(manifest: Manifest, expectations: Expectations): Result<void, BundleRefusal> {
  const about = manifest.metadata.toolgate;
  const pairs: readonly (readonly [what: string, found: string, wanted: string])[] = [
    ["name", about.name, expectations.name ?? about.name],
    ["tenant", about.tenant ?? defaultTenant, expectations.tenant],
    ["environment", about.environment, expectations.environment],
  ];
  for (const [what, found, wanted] of pairs) {
    if (found !== wanted) return refuse("bundle.wrong_place", `found a bundle for the ${what} "${found}", wanted "${wanted}"`);
  }
  return ok(undefined);
}

const object = z.record(z.string(), z.unknown());

/** What the parts that read the data may rely on; each checks its own part in full. */
const dataSchema = z.strictObject({
  roles: object,
  index: z.record(z.string(), z.array(z.string())).refine((index) => "toolgate" in index && "_none" in index, "no entry toolgate or _none"),
  index_kinds: z.record(z.string(), z.array(z.string())),
  obliged: object.default({}),
  settings: object,
  custom: object,
  catalog: z.looseObject({ schema: z.literal(1) }),
  cases: z.array(object),
});

function readData(contents: BundleContents): Result<VerifiedBundle["data"], BundleRefusal> {
  const value = readJsonFile(contents, dataFile);
  if (!value.ok) return value;
  const data = dataSchema.safeParse(value.value);
  if (data.success) return ok(data.data);
  const mistakes = data.error.issues.map((issue) => `${issue.path.join(".") || "data"}: ${issue.message.toLowerCase()}`);
  return refuse("bundle.invalid_catalog", `"${dataFile}": ${mistakes.slice(0, 5).join("; ")}`);
}

function readModules(contents: BundleContents): Result<VerifiedBundle["modules"], BundleRefusal> {
  const modules: { readonly path: string; readonly text: string }[] = [];
  for (const [path, bytes] of contents.files) {
    if (!path.endsWith(".rego")) continue;
    const text = decodeUtf8(bytes);
    if (!text.ok) return refuse("bundle.unreadable", `"${path}": ${text.error.detail}`);
    modules.push({ path, text: text.value });
  }
  return ok(modules.toSorted((a, b) => compareUtf8(a.path, b.path)));
}

function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

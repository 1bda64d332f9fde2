import { err, ok, type Result } from "../../core/result.ts";
import {
  type BundleLimits,
  type BundleRefusal,
  claimsOf,
  contentDigest,
  dataFile,
  defaultBundleLimits,
  libraryDigest,
  type Manifest,
  readBundle,
  readJsonFile,
  readManifest,
  readSignatures,
  signaturesFile,
} from "../../parts/bundle/index.ts";
import { listFiles } from "./sign.ts";

export interface ClaimedSignature {
  readonly kid: string;
  readonly algorithm: string;
}

/** What a bundle says about itself. Nothing of it is verified: `verifyBundle` does that, with a keyring. */
export interface BundleReport {
  readonly name: string;
  readonly revision: string;
  readonly sequence: number;
  readonly digest: string;
  readonly expires: string;
  readonly environment: string;
  readonly tenant?: string;
  readonly onExpiry: string;
  /** Who claims to have signed first; null for an unsigned bundle. */
  readonly signature: ClaimedSignature | null;
  /** All who claim to have signed, the first one first. */
  readonly signatures: readonly ClaimedSignature[];
  readonly library: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly hash: string }[];
  /** Author packages with the rules they declare. */
  readonly packages: Readonly<Record<string, { readonly rules: readonly string[]; readonly worker: boolean }>>;
  readonly counts: {
    readonly servers: number;
    readonly tools: number;
    readonly prompts: number;
    /** Entries of resources: patterns and templates. */
    readonly resources: number;
    readonly agents: number;
    readonly roles: number;
    readonly groups: number;
    readonly budgets: number;
  };
  readonly cases: readonly string[];
  readonly manifest: Manifest;
}

export async function inspectBundle(
  bytes: Uint8Array,
  limits: BundleLimits = defaultBundleLimits,
): Promise<Result<BundleReport, BundleRefusal>> {
  const contents = await readBundle(bytes, limits);
  if (!contents.ok) return contents;
  const manifest = readManifest(contents.value);
  if (!manifest.ok) return manifest;
  const data = readJsonFile(contents.value, dataFile);
  if (!data.ok) return data;
  const files = new Map(contents.value.files);
  files.delete(signaturesFile);
  const listed = listFiles(files);
  if (!listed.ok) return err({ code: "bundle.unreadable", detail: listed.error });
  const read = readSignatures(contents.value);
  if (!read.ok && read.error.code !== "bundle.unsigned") return read;
  const signatures = read.ok ? [read.value.first, ...read.value.cosignatures].map(claimed) : [];
  const about = manifest.value.metadata.toolgate;
  const modules = [...files].flatMap(([path, content]) =>
    path.endsWith(".rego") ? [{ path, text: Buffer.from(content).toString("utf8") }] : [],
  );
  return ok({
    name: about.name,
    revision: manifest.value.revision,
    sequence: about.sequence,
    digest: contentDigest(listed.value),
    expires: about.expires,
    environment: about.environment,
    ...(about.tenant !== undefined && { tenant: about.tenant }),
    onExpiry: about.on_expiry,
    signature: signatures[0] ?? null,
    signatures,
    library: libraryDigest(modules),
    files: listed.value.map((file) => ({ name: file.name, bytes: files.get(file.name)?.byteLength ?? 0, hash: file.hash })),
    ...dataReport(data.value),
    manifest: manifest.value,
  });
}

function claimed(token: string): ClaimedSignature {
  const claims = claimsOf(token);
  return { kid: claims?.kid ?? "", algorithm: claims?.alg ?? "" };
}

function dataReport(data: unknown): Pick<BundleReport, "packages" | "counts" | "cases"> {
  const catalog = member(data, "catalog");
  const worker = listOf(member(catalog, "worker"));
  const rules = entriesOf(member(catalog, "rules"));
  const count = (value: unknown) => entriesOf(value).length;
  const countRows = (table: string) => entriesOf(member(catalog, table)).reduce((sum, [, ofServer]) => sum + count(ofServer), 0);
  return {
    packages: Object.fromEntries(
      rules.map(([name, declared]) => [name, { rules: listOf(declared).map(String), worker: worker.includes(name) }]),
    ),
    counts: {
      servers: count(member(catalog, "servers")),
      tools: countRows("tools"),
      prompts: countRows("prompts"),
      resources: countRows("resources"),
      agents: count(member(catalog, "agents")),
      roles: count(member(data, "roles")),
      groups: count(member(catalog, "groups")),
      budgets: count(member(catalog, "budgets")),
    },
    cases: listOf(member(data, "cases")).map((one) => String(member(one, "name") ?? "")),
  };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function member(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

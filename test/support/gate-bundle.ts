import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildBundle, findOpa, generateKeyPair, type Opa, packBundle, readLibrary, signBundle } from "../../src/authoring/index.ts";
import { formatMistakes } from "../../src/core/mistakes.ts";
import { dataFile, defaultBundleLimits, entrypoints, manifestFile, readBundle, wasmFile } from "../../src/parts/bundle/index.ts";
import { buildModule } from "../parts/policy/opa.ts";
import { type Company, environment, moduleText, sourcesOf } from "./gate-company.ts";

const root = new URL("../../", import.meta.url).pathname;
const cache = join(root, "node_modules/.cache/toolgate-bundles");

/** Where a bundle differs from what the sources alone would give. Nothing of it needs OPA. */
export interface BundleChange {
  readonly sequence?: number;
  readonly revision?: string;
  /** Members of `metadata.toolgate`. */
  readonly about?: Readonly<Record<string, unknown>>;
  readonly data?: (data: BundleData) => void;
  /** Adds, replaces and removes files before they are signed. */
  readonly files?: (files: Map<string, Uint8Array>) => void;
}

/** `data.json`, loosely: tests change members of it. */
export interface BundleData {
  index: Record<string, string[]>;
  index_kinds: Record<string, string[]>;
  roles: Record<string, unknown>;
  custom: Record<string, unknown>;
  cases: unknown[];
  catalog: { rules: Record<string, string[]>; worker: string[]; reads: Record<string, unknown>; [member: string]: unknown };
  [member: string]: unknown;
}

export const bundleName = "gate";
const EXPIRES = "2036-01-01T00:00:00Z";

/** A throw-away key, and the keyring that trusts it. */
export interface BundleKey {
  readonly kid: string;
  readonly privateKey: string;
  readonly keyring: string;
}

export function throwAwayKey(kid = "gate"): BundleKey {
  const { publicKey, privateKey } = generateKeyPair("ES256");
  const keyring = JSON.stringify({ version: 1, keys: { [kid]: { algorithm: "ES256", public_key: publicKey, owner: "a test" } } });
  return { kid, privateKey, keyring };
}

/** The company's bundle with a change, signed. The OPA build behind it is kept by the digest of everything that goes into it. */
export async function signedBundle(company: Company, change: BundleChange, key: BundleKey): Promise<Uint8Array> {
  return sign(await changed(await unsignedBundle(company), change), key);
}

export async function sign(bytes: Uint8Array, key: BundleKey): Promise<Uint8Array> {
  const signed = await signBundle(bytes, { privateKey: key.privateKey, kid: key.kid, algorithm: "ES256" });
  if (!signed.ok) throw new Error(signed.error);
  return signed.value;
}

/** The files of a bundle, for tests that put something else in their place. */
export async function filesOf(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) throw new Error(contents.error.detail);
  return new Map(contents.value.files);
}

export async function unsignedBundle(company: Company): Promise<Uint8Array> {
  const sources = sourcesOf(company);
  return kept([sources, company.unchecked ?? {}], async (opa) => {
    const built = await build(sources, opa);
    return company.unchecked === undefined ? built : withUnchecked(built, company.unchecked);
  });
}

async function changed(bytes: Uint8Array, change: BundleChange): Promise<Uint8Array> {
  const files = await filesOf(bytes);
  const manifest = json(files, manifestFile) as { revision: string; metadata: { toolgate: Record<string, unknown> } };
  const sequence = change.sequence ?? 1;
  manifest.revision = change.revision ?? `r${sequence}`;
  manifest.metadata.toolgate = { ...manifest.metadata.toolgate, sequence, ...change.about };
  files.set(manifestFile, Buffer.from(JSON.stringify(manifest)));
  if (change.data !== undefined) {
    const data = json(files, dataFile) as BundleData;
    change.data(data);
    files.set(dataFile, Buffer.from(JSON.stringify(data)));
  }
  change.files?.(files);
  return packBundle(files);
}

async function build(sources: Readonly<Record<string, string>>, opa: Opa): Promise<Uint8Array> {
  const policiesDir = await mkdtemp(join(tmpdir(), "toolgate-gate-"));
  try {
    for (const [name, text] of Object.entries(sources)) {
      await mkdir(dirname(join(policiesDir, name)), { recursive: true });
      await writeFile(join(policiesDir, name), text);
    }
    const identity = { name: bundleName, environment, revision: "r1", sequence: 1, expires: EXPIRES };
    const built = await buildBundle({ policiesDir, opa, ...identity });
    if (!built.ok) throw new Error(formatMistakes(built.error));
    return built.value.bytes;
  } finally {
    await rm(policiesDir, { recursive: true, force: true });
  }
}

/** Adds packages that the build would refuse: compiled with the others, and entered into the index as the build would do it. */
async function withUnchecked(bytes: Uint8Array, packages: NonNullable<Company["unchecked"]>): Promise<Uint8Array> {
  const files = await filesOf(bytes);
  for (const [name, { rules }] of Object.entries(packages)) files.set(`policy/${name}.rego`, Buffer.from(moduleText(name, rules)));
  const modules = new Map([...files].filter(([name]) => name.endsWith(".rego")));
  for (const [name, text] of await readLibrary()) modules.set(`toolgate/${name}`, text);
  // By OPA alone, without the list of built-ins that a build goes by.
  const texts = [...modules].map(([name, bytes]) => [name, Buffer.from(bytes).toString("utf8")] as const);
  files.set(wasmFile, await buildModule(Object.fromEntries(texts), entrypoints));
  const data = json(files, dataFile) as BundleData;
  for (const [name, { servers, kinds, rules, worker }] of Object.entries(packages)) {
    for (const server of servers) data.index[server] = [...(data.index[server] ?? []), name].sort();
    data.index_kinds[name] = [...(kinds ?? ["tool"])];
    data.catalog.rules[name] = ["permit", "deny", "constrain", "oblige", "redact", "withhold", "mask"].filter((rule) =>
      new RegExp(`^(default )?${rule}\\b`, "m").test(rules),
    );
    if (worker === true) data.catalog.worker = [...data.catalog.worker, name];
  }
  files.set(dataFile, Buffer.from(JSON.stringify(data)));
  return packBundle(files);
}

function json(files: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  return JSON.parse(Buffer.from(files.get(name) ?? []).toString("utf8"));
}

async function kept(key: unknown, make: (opa: Opa) => Promise<Uint8Array>): Promise<Uint8Array> {
  const digest = createHash("sha256").update(JSON.stringify(key)).update(builders()).digest("hex");
  const file = join(cache, `${digest}.tar.gz`);
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined) return known;
  const opa = await findOpa({ env: process.env, installInto: join(root, ".cache", "bin") });
  if (!opa.ok) throw new Error(opa.error);
  const bytes = await make(opa.value);
  await mkdir(cache, { recursive: true });
  // Test files run at the same time: what is there is whole.
  await writeFile(`${file}.${process.pid}`, bytes);
  await rename(`${file}.${process.pid}`, file);
  return bytes;
}

let builtBy: string | undefined;

/** Digest of the code that makes a bundle: what it made before a change of it does not count. */
function builders(): string {
  if (builtBy !== undefined) return builtBy;
  const hash = createHash("sha256");
  for (const folder of ["src/authoring", "src/parts/catalog", "src/core", "policies/toolgate", "test/support"]) {
    const names = readdirSync(join(root, folder), { recursive: true }).map(String).sort();
    const relevant = names.filter((name) => (folder === "test/support" ? name === "gate-bundle.ts" : /\.(ts|rego)$/.test(name)));
    for (const name of relevant) hash.update(name).update(readFileSync(join(root, folder, name)));
  }
  builtBy = hash.digest("hex");
  return builtBy;
}

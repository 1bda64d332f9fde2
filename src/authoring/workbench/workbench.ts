import { readFile, stat } from "node:fs/promises";
import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type Rehearsal, rehearse } from "../../gateway/index.ts";
import {
  dataFile,
  defaultBundleLimits,
  defaultTenant,
  type Manifest,
  readBundle,
  readJsonFile,
  readManifest,
  wasmFile,
} from "../../parts/bundle/index.ts";
import { type BundleData, readBundleData, readCatalog } from "../../parts/catalog/index.ts";
import { createPolicy, type MeasurablePolicy, type PolicyLimits, policyDataText } from "../../parts/policy/index.ts";
import { type Logger, silentLogger } from "../../platform/logger.ts";
import { buildBundle } from "../bundle/index.ts";
import type { Opa } from "../opa.ts";
import { readServers } from "../tables/index.ts";

/** Policies made ready to be asked, from a folder or from a bundle. Nothing here needs a signature, and nothing is believed by it. */
export interface Workbench {
  /** As it was named: a folder with policy/ and catalog/, or a bundle. */
  readonly source: string;
  readonly rehearsal: Rehearsal;
  /** The production evaluator. */
  readonly policy: MeasurablePolicy;
  readonly data: BundleData;
  /** JSON text of the part of the data that rules read. */
  readonly policyData: string;
  readonly manifest: Manifest;
  /** Golden cases as they stand in the bundle. */
  readonly cases: readonly unknown[];
  /** The author's Rego and the library's, by path inside the bundle; tests are not in it. */
  readonly modules: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  /** Evaluations that gave no usable answer: what they answered in its place is a refusal, and no fact about the policy. */
  failures(): readonly { readonly entrypoint: string; readonly code: string; readonly detail: string }[];
  close(): Promise<void>;
}

export type Unopened =
  | { readonly kind: "mistakes"; readonly mistakes: readonly Mistake[] }
  /** Something that is needed is missing. */
  | { readonly kind: "unavailable"; readonly detail: string };

export interface WorkbenchOptions {
  /** Asked only for a folder, which has to be compiled. */
  readonly findOpa: () => Promise<Result<Opa, string>>;
  /** `input.environment`; of a folder by default the one that most of its servers have. */
  readonly environment?: string;
  /** Milliseconds after which an evaluation is given up; ten seconds by default. */
  readonly timeoutMs?: number;
}

/** Nobody waits for an answer here: a busy machine must not make a refusal of what is only slow. */
const limits: PolicyLimits = { timeoutMs: 10_000, workers: 2, maxMemoryBytes: 256 << 20 };
const EXPIRES = "9999-12-31T00:00:00Z";

/** Checks and compiles a folder, or reads a bundle, and makes it ready to be asked. Close it when done. */
export async function openWorkbench(source: string, options: WorkbenchOptions): Promise<Result<Workbench, Unopened>> {
  const kind = await stat(source).catch(() => undefined);
  if (kind === undefined) return err({ kind: "unavailable", detail: `"${source}": there is no such file or folder` });
  if (!kind.isDirectory()) return workbenchOf(source, await readFile(source), [], options);
  const opa = await options.findOpa();
  if (!opa.ok) return err({ kind: "unavailable", detail: opa.error });
  const environment = options.environment ?? (await usualEnvironment(source));
  const built = await buildBundle({ policiesDir: source, opa: opa.value, ...identity, environment });
  return built.ok
    ? workbenchOf(source, built.value.bytes, built.value.warnings, options)
    : err({ kind: "mistakes", mistakes: built.error });
}

/** The environment of most servers, the first by name among equals. Without servers the mistakes are told by the build. */
async function usualEnvironment(policiesDir: string): Promise<string> {
  const servers = await readServers(policiesDir);
  const count = new Map<string, number>();
  for (const { definition } of servers.ok ? servers.value.values() : []) {
    count.set(definition.environment, (count.get(definition.environment) ?? 0) + 1);
  }
  const [most] = [...count].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return most?.[0] ?? "none";
}

const identity = { name: "workbench", revision: "workbench", sequence: 1, expires: EXPIRES } as const;

/** The same from the bytes of a bundle, signed or not. `source` is the name that mistakes are told under. */
export async function workbenchOf(
  source: string,
  bytes: Uint8Array,
  warnings: readonly string[] = [],
  { timeoutMs = limits.timeoutMs }: Pick<WorkbenchOptions, "timeoutMs"> = {},
): Promise<Result<Workbench, Unopened>> {
  const wrong = (found: string, wanted = "a bundle as toolgate bundle build writes it"): Result<never, Unopened> =>
    err({ kind: "mistakes", mistakes: [{ file: source, path: "", found, wanted }] });
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) return wrong(contents.error.detail);
  const manifest = readManifest(contents.value);
  if (!manifest.ok) return wrong(manifest.error.detail);
  const raw = readJsonFile(contents.value, dataFile);
  if (!raw.ok) return wrong(raw.error.detail);
  const data = readBundleData(raw.value);
  const catalog = data.ok ? readCatalog(raw.value) : data;
  if (!data.ok || !catalog.ok) {
    const mistakes = catalog.ok ? [] : catalog.error;
    return err({ kind: "mistakes", mistakes: mistakes.map((mistake) => ({ file: source, ...mistake })) });
  }
  const { settings, custom, cases } = raw.value as { readonly settings: unknown; readonly custom: unknown; readonly cases: unknown };
  const failures: { entrypoint: string; code: string; detail: string }[] = [];
  const wasm = contents.value.files.get(wasmFile) ?? new Uint8Array();
  const policyData = policyDataText({ ...data.value, settings, custom });
  const policy = await createPolicy({ wasm, data: policyData }, { ...limits, timeoutMs }, noting(failures));
  if (!policy.ok) return wrong(policy.error.detail);
  const { environment, tenant = defaultTenant } = manifest.value.metadata.toolgate;
  return ok({
    source,
    rehearsal: rehearse(policy.value, catalog.value, { environment, tenant }),
    policy: policy.value,
    data: data.value,
    policyData,
    manifest: manifest.value,
    cases: Array.isArray(cases) ? cases : [],
    modules: modulesIn(contents.value.files),
    warnings,
    failures: () => failures,
    close: () => policy.value.close(),
  });
}

function modulesIn(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, string> {
  const modules = [...files].filter(([name]) => name.endsWith(".rego"));
  return new Map(modules.map(([name, bytes]) => [name, Buffer.from(bytes).toString("utf8")]));
}

/** Whoever asks for hours must not be kept from it by what went wrong on the way. */
const MOST_FAILURES = 10_000;

/** What the policy part reports to an operator stands here for the author. */
function noting(failures: { entrypoint: string; code: string; detail: string }[]): Logger {
  const note: Logger["warn"] = ({ entrypoint, code, detail }) => {
    if (failures.length < MOST_FAILURES) failures.push({ entrypoint: String(entrypoint), code: String(code), detail: String(detail) });
  };
  return { ...silentLogger, warn: note };
}

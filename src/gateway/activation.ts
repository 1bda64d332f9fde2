import type { Digest } from "../core/digest.ts";
import { messageOf } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import { limitMistake } from "../parts/budgets/index.ts";
import {
  type BundleLimits,
  type BundleRefusal,
  type BundleStore,
  checkSequence,
  type Floor,
  type Keyring,
  readBundle,
  type SequenceFloor,
  type VerifiedBundle,
  verifyBundle,
} from "../parts/bundle/index.ts";
import { type Catalog, readCatalog } from "../parts/catalog/index.ts";
import { compareCase, createPolicy, type MeasurablePolicy, type PolicyLimits, policyDataText } from "../parts/policy/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Generation, generationOf } from "./generation.ts";
import { worstCases } from "./worst-case.ts";

export interface ActivationOptions {
  readonly limits: BundleLimits;
  /** Read anew for every candidate, so that a key that was revoked counts no longer. */
  readonly keyring: () => Promise<Result<Keyring, BundleRefusal>>;
  readonly expected: { readonly name: string; readonly tenant: string; readonly environment: string };
  readonly minSequence: number;
  readonly floor: SequenceFloor;
  /** What is promoted for all replicas, as far as this one knows. */
  readonly promoted: () => Floor | undefined;
  readonly store: BundleStore;
  readonly knownLibraries: ReadonlySet<Digest>;
  readonly policy: PolicyLimits;
  /** Whether decisions may be remembered. */
  readonly remember: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Which floor a bundle must reach: `shared`, what is promoted for all replicas too; `own`, what was promoted here, for a
 * replica that cannot follow the others and goes on with its last good bundle.
 */
export type FloorOf = "shared" | "own";

/** From bytes to a generation, and what this process remembers of it. */
export interface Activation {
  /** Signature, place, time and sequence; nothing is compiled. */
  verify(bytes: Uint8Array, floor: FloorOf): Promise<Result<VerifiedBundle, BundleRefusal>>;
  /** Verifies, compiles, and runs the bundle's own golden cases. */
  prepare(bytes: Uint8Array, floor: FloorOf): Promise<Result<Generation, BundleRefusal>>;
  /** Whether a bundle would still be taken by today's keyring. */
  recheck(bytes: Uint8Array): Promise<Result<void, BundleRefusal>>;
  /** Called before the swap: what must be durable for the sequence never to go back. */
  promote(generation: Generation, bytes: Uint8Array): Promise<Result<void, BundleRefusal>>;
  /** Keeps what an operator brought, until enough others were brought after it. */
  keepStaged(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Keeps a candidate, for the decisions that name it. */
  keepCandidate(digest: Digest, bytes: Uint8Array): Promise<void>;
  read(digest: Digest): Promise<Uint8Array | undefined>;
  /** The bytes of the bundle that was promoted here last. */
  lastPromoted(): Promise<Uint8Array | undefined>;
}

/** The way from bytes to a generation. Nothing is swapped here. */
export function createActivation(options: ActivationOptions): Activation {
  return {
    verify: (bytes, floor) => verified(bytes, floor, options),
    async prepare(bytes, floor) {
      const bundle = await verified(bytes, floor, options);
      if (!bundle.ok) return bundle;
      const catalog = readCatalog(bundle.value.data);
      if (!catalog.ok)
        return refuse(
          "bundle.invalid_catalog",
          catalog.error
            .slice(0, 5)
            .map((mistake) => `${mistake.path}: ${mistake.wanted}`)
            .join("; "),
        );
      const limit = [...catalog.value.budgets.values()].flatMap((budget) => limitMistake(budget.limit, budget.window) ?? []);
      if (limit.length > 0) return refuse("bundle.invalid_catalog", limit.join("; "));
      const source = { wasm: bundle.value.wasm, data: policyDataText(bundle.value.data) };
      const limits = { ...options.policy, timeoutMs: Math.min(options.policy.timeoutMs, bundle.value.maxDecideMs) };
      const policy = await createPolicy(source, limits, options.logger);
      if (!policy.ok) return refuse("bundle.unsupported", policy.error.detail);
      const cases = await holdsItsCases(policy.value, bundle.value);
      const held = cases.ok ? await isFastEnough(policy.value, catalog.value, bundle.value, options.clock.now()) : cases;
      if (held.ok) return ok(generationOf(bundle.value, policy.value, catalog.value, options.remember));
      await policy.value.close();
      return held;
    },
    async recheck(bytes) {
      // A keyring that is just being written says nothing about the bundle.
      if (!(await options.keyring()).ok) return ok(undefined);
      const bundle = await verified(bytes, "own", options);
      return bundle.ok ? ok(undefined) : bundle;
    },
    promote: (generation, bytes) => promote(generation, bytes, options),
    keepStaged: (digest, bytes) => options.store.saveStaged(digest, bytes),
    keepCandidate: (digest, bytes) => options.store.saveCandidate(digest, bytes),
    read: (digest) => options.store.read(digest),
    async lastPromoted() {
      const floor = await options.floor.read(options.expected);
      return floor && (await options.store.read(floor.digest));
    },
  };
}

async function verified(bytes: Uint8Array, of: FloorOf, options: ActivationOptions): Promise<Result<VerifiedBundle, BundleRefusal>> {
  const contents = await readBundle(bytes, options.limits);
  if (!contents.ok) return contents;
  const keyring = await options.keyring();
  if (!keyring.ok) return keyring;
  const bundle = await verifyBundle(contents.value, keyring.value, {
    ...options.expected,
    now: options.clock.now(),
    knownLibraries: options.knownLibraries,
    activatedBefore: await options.store.digests(),
  });
  if (!bundle.ok) return bundle;
  const floors = await floorsOf(of, options);
  if (!floors.ok) return floors;
  for (const floor of floors.value) {
    const allowed = checkSequence(floor, bundle.value.identity, options.minSequence);
    if (!allowed.ok) return allowed;
  }
  return bundle;
}

async function floorsOf(of: FloorOf, options: ActivationOptions): Promise<Result<readonly (Floor | undefined)[], BundleRefusal>> {
  try {
    return ok([await options.floor.read(options.expected), of === "shared" ? options.promoted() : undefined]);
  } catch (error) {
    // A floor that is lost is not the same as none.
    return err({ code: "bundle.unreadable", detail: messageOf(error), again: true });
  }
}

async function holdsItsCases(policy: MeasurablePolicy, bundle: VerifiedBundle): Promise<Result<void, BundleRefusal>> {
  const cases = Array.isArray(bundle.data.cases) ? bundle.data.cases : [];
  const failed: string[] = [];
  let slowest: { readonly name: string; readonly ms: number } = { name: "", ms: 0 };
  for (const golden of cases) {
    const outcome = await compareCase(policy, golden);
    if (outcome.ms !== undefined && outcome.ms > slowest.ms) slowest = { name: outcome.name, ms: outcome.ms };
    if (outcome.differences.length > 0) failed.push(`${outcome.name}: ${outcome.differences.join(", ")}`);
  }
  if (failed.length === 0 && slowest.ms > bundle.maxDecideMs) return tooSlow(`the golden case "${slowest.name}"`, slowest.ms, bundle);
  if (failed.length === 0) return ok(undefined);
  return refuse("bundle.golden_case_failed", `${failed.length} of ${cases.length} golden cases differ: ${failed.slice(0, 3).join("; ")}`);
}

/** The time-out of a worker ends what runs longer; a policy that comes near it would refuse honest calls. */
async function isFastEnough(
  policy: MeasurablePolicy,
  catalog: Catalog,
  bundle: VerifiedBundle,
  now: number,
): Promise<Result<void, BundleRefusal>> {
  for (const input of worstCases(catalog, bundle.data.roles, now)) {
    const { ms, failure } = await policy.measure("toolgate/decide", input);
    // Other failures are denials of an input that nobody sends; only time is of interest here.
    if (failure?.code === "policy.timeout") return refuse("bundle.too_slow", "a generated worst case did not end in time");
    if (ms > bundle.maxDecideMs) return tooSlow("a generated worst case", ms, bundle);
  }
  return ok(undefined);
}

function tooSlow(what: string, ms: number, bundle: VerifiedBundle): Result<never, BundleRefusal> {
  return refuse("bundle.too_slow", `${what} took ${ms.toFixed(1)} ms, wanted at most ${bundle.maxDecideMs}`);
}

async function promote(generation: Generation, bytes: Uint8Array, options: ActivationOptions): Promise<Result<void, BundleRefusal>> {
  const { digest, sequence } = generation.bundle.identity;
  try {
    await options.store.save(digest, bytes);
    await options.floor.raise(options.expected, { sequence, digest });
    return ok(undefined);
  } catch (error) {
    return refuse("bundle.unreadable", `the sequence floor cannot be kept: ${messageOf(error)}`);
  }
}

function refuse(code: BundleRefusal["code"], detail: string): Result<never, BundleRefusal> {
  return err({ code, detail });
}

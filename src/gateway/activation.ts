import type { Digest } from "../core/digest.ts";
import { err, ok, type Result } from "../core/result.ts";
import { limitMistake } from "../parts/budgets/index.ts";
import {
  type BundleLimits,
  type BundleRefusal,
  type BundleStore,
  checkSequence,
  type Keyring,
  readBundle,
  type SequenceFloor,
  type VerifiedBundle,
  verifyBundle,
} from "../parts/bundle/index.ts";
import { type Catalog, readCatalog } from "../parts/catalog/index.ts";
import { compareCase, createPolicy, type MeasurablePolicy, type PolicyLimits } from "../parts/policy/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Generation, generationOf } from "./generation.ts";
import type { Activation } from "./generations.ts";
import { worstCases } from "./worst-case.ts";

export interface ActivationOptions {
  readonly limits: BundleLimits;
  /** Read anew for every candidate, so that a key that was revoked counts no longer. */
  readonly keyring: () => Promise<Result<Keyring, BundleRefusal>>;
  readonly expected: { readonly name: string; readonly tenant: string; readonly environment: string };
  readonly minSequence: number;
  readonly floor: SequenceFloor;
  readonly store: BundleStore;
  readonly knownLibraries: ReadonlySet<Digest>;
  readonly policy: PolicyLimits;
  /** Whether decisions may be remembered. */
  readonly remember: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The way from bytes to a generation: verify, compile, run the bundle's own golden cases. Nothing is swapped here. */
export function createActivation(options: ActivationOptions): Activation {
  return {
    async prepare(bytes) {
      const bundle = await verified(bytes, options);
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
      const { roles, index, index_kinds, obliged, settings, custom } = bundle.value.data;
      const source = { wasm: bundle.value.wasm, data: JSON.stringify({ roles, index, index_kinds, obliged, settings, custom }) };
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
      const bundle = await verified(bytes, options);
      return bundle.ok ? ok(undefined) : bundle;
    },
    promote: (generation, bytes) => promote(generation, bytes, options),
  };
}

async function verified(bytes: Uint8Array, options: ActivationOptions): Promise<Result<VerifiedBundle, BundleRefusal>> {
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
  const floor = await options.floor.read(options.expected);
  const allowed = checkSequence(floor, bundle.value.identity, options.minSequence);
  return allowed.ok ? bundle : allowed;
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
    return refuse("bundle.unreadable", `the sequence floor cannot be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refuse(code: BundleRefusal["code"], detail: string): Result<never, BundleRefusal> {
  return err({ code, detail });
}

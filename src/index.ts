// The package's public surface: run a gateway inside another program, make and check bundles in CI, prove a log offline.
// Everything else is reached by the command `toolgate`, and may change between versions.
import { type Config, environment, productVersion, start } from "./app/index.ts";
import { randomIds } from "./core/ids.ts";
import { ok, type Result } from "./core/result.ts";
import {
  type BundleIdentity,
  type BundleRefusal,
  defaultBundleLimits,
  type Keyring,
  readBundle,
  verifyBundle as verifyContents,
} from "./parts/bundle/index.ts";
import { systemClock } from "./platform/clock.ts";
import { type Logger, silentLogger } from "./platform/logger.ts";

export { type Config, readConfig } from "./app/index.ts";
export { type BuildOptions, type BuiltBundle, buildBundle, findOpa, type Opa, type SigningKey, signBundle } from "./authoring/index.ts";
export { formatMistakes, type Mistake } from "./core/mistakes.ts";
export type { Result } from "./core/result.ts";
export { type BundleIdentity, type BundleRefusal, type Keyring, readKeyring } from "./parts/bundle/index.ts";
export { formatHead, type LogHead, parseHead, type Verification, verifyLog } from "./parts/decisions/index.ts";
export type { Logger } from "./platform/logger.ts";

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Refuses new work, lets calls in flight end, settles and records them, then closes. Safe to call twice. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  /** For operational messages; none if absent. Decisions go to the log of `data_dir`, never here. */
  readonly logger?: Logger;
}

/**
 * Starts a gateway in this process, as `toolgate serve` does, with a configuration of `readConfig`. Secrets that the
 * configuration names come from this process's environment. The error says what hinders it: a bundle that was refused,
 * a port or a data directory in use. Throws only if a file cannot be read or written.
 */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<Result<Gateway, { readonly detail: string }>> {
  const started = await start(config, {
    clock: systemClock,
    ids: randomIds(),
    logger: options.logger ?? silentLogger,
    environment: environment(),
    version: productVersion(),
  });
  return started.ok ? ok({ url: started.value.url, stop: started.value.stop }) : started;
}

export interface VerifyBundleOptions {
  /** The keys that count, of `readKeyring`. */
  readonly keyring: Keyring;
  /** Must be the bundle's own. */
  readonly environment: string;
  /** Must be the bundle's own; `default` if absent. */
  readonly tenant?: string;
  /** Unix milliseconds; now if absent. */
  readonly now?: number;
}

/** Whether a gateway would take these bytes (a signed bundle, tar.gz): signature, every file, manifest, place, expiry. */
export async function verifyBundle(bytes: Uint8Array, options: VerifyBundleOptions): Promise<Result<BundleIdentity, BundleRefusal>> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) return contents;
  const { keyring, environment: wanted, tenant = "default", now = Date.now() } = options;
  const verified = await verifyContents(contents.value, keyring, { tenant, environment: wanted, now });
  return verified.ok ? ok(verified.value.identity) : verified;
}

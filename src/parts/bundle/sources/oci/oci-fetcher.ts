import { err, ok, type Result } from "../../../../core/result.ts";
import type { ReadSecret } from "../http-fetcher.ts";
import type { Fetched, Fetcher, FetchFailure } from "../polling-source.ts";
import type { Account } from "./access.ts";
import { Registry, type RegistryOptions } from "./registry.ts";

export interface OciFetcherOptions extends Omit<RegistryOptions, "account" | "actions"> {
  readonly account?: { readonly username: string; readonly password: ReadSecret } | undefined;
  readonly maxBytes: number;
}

/** Bundles of a registry. A tag that names what it named before costs one small request; whatever else it names is checked from its digest down. */
export function ociFetcher(options: OciFetcherOptions): Fetcher {
  const registry = new Registry({ ...options, account: () => accountOf(options.account) });
  const memory: Memory = { digest: undefined };
  return {
    kind: "oci",
    where: registry.where,
    fetch: (signal) => fetchImage(registry, options, memory, AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)])),
    forget: () => {
      memory.digest = undefined;
    },
    close: () => registry.close(),
  };
}

interface Memory {
  /** Of the manifest whose bundle was read last. */
  digest: string | undefined;
}

async function fetchImage(
  registry: Registry,
  { maxBytes }: OciFetcherOptions,
  memory: Memory,
  signal: AbortSignal,
): Promise<Result<Fetched, FetchFailure>> {
  if (memory.digest !== undefined) {
    const now = await registry.digestNow(signal);
    if (!now.ok) return now;
    if (now.value === memory.digest) return ok({});
  }
  const manifest = await registry.manifest(signal);
  if (!manifest.ok) return manifest;
  if (manifest.value.digest === memory.digest) return ok({});
  const bytes = await registry.blob(manifest.value.bundle, maxBytes, signal);
  if (!bytes.ok) return bytes;
  memory.digest = manifest.value.digest;
  return ok({ bytes: bytes.value });
}

async function accountOf(account: OciFetcherOptions["account"]): Promise<Result<Account | undefined, string>> {
  if (account === undefined) return ok(undefined);
  const password = await account.password();
  return password.ok
    ? ok({ username: account.username, password: password.value })
    : err(`the password of the registry is missing: ${password.error}`);
}

import type { Command } from "commander";
import { ok, type Result } from "../../core/result.ts";
import {
  type BundleIdentity,
  type BundleRefusal,
  defaultBundleLimits,
  defaultTenant,
  type Keyring,
  type Reference,
  readBundle,
  readManifest,
  referenceText,
  type SourceProblem,
  verifyBundle,
} from "../../parts/bundle/index.ts";
import { patience } from "../progress.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";
import { keyringIn } from "./read-keyring.ts";
import { type RegistryFlags, reference, registryOf, withRegistryFlags } from "./registry-flags.ts";
import { replaceFile } from "./replace-file.ts";

interface PullFlags extends RegistryFlags {
  readonly out: string;
  readonly keyring?: string;
  readonly json?: boolean;
}

export function registerBundlePull(bundle: Command, terminal: Terminal): void {
  const command = bundle
    .command("pull")
    .description("get a bundle out of an OCI registry, by tag or digest")
    .argument("<reference>", "which, e.g. registry.example.com/policies/acme:prod", reference)
    .requiredOption("-o, --out <file>", "where it is written to");
  withRegistryFlags(command)
    .option("--keyring <file>", "write it only if it holds under these public keys")
    .option("--json", "print one JSON object")
    .action(async (named: Reference, flags: PullFlags) => {
      process.exitCode = await pull(terminal, named, flags);
    });
}

async function pull(terminal: Terminal, named: Reference, flags: PullFlags): Promise<number> {
  const keyring = flags.keyring === undefined ? undefined : await keyringAt(terminal, flags.keyring);
  if (typeof keyring === "number") return keyring;
  const end = patience(terminal, `${referenceText(named)}: getting it`);
  const pulled = await fetched(terminal, named, flags);
  end();
  if (!pulled.ok) return fail(terminal, flags, exitCodes.unavailable, pulled.error);
  const { bytes, digest } = pulled.value;
  const verified = keyring && (await verifiedBy(bytes, keyring));
  if (verified?.ok === false) return fail(terminal, flags, exitCodes.finding, verified.error);
  await replaceFile(flags.out, bytes);
  const { host, repository } = named;
  const identity = verified?.value;
  if (flags.json) {
    terminal.out(JSON.stringify({ ok: true, out: flags.out, digest, bytes: bytes.byteLength, verified: identity ?? false }));
    return exitCodes.ok;
  }
  terminal.out(`Wrote ${flags.out} (${bytes.byteLength} bytes).${identity ? "" : " Whether anybody signed it was not looked at."}`);
  terminal.out(
    table([
      [terminal.paint.dim("digest"), `${host}/${repository}@${digest}`],
      ...(identity ? [[terminal.paint.dim("bundle"), `${identity.name} ${identity.revision}, sequence ${identity.sequence}`]] : []),
      ...(identity ? [[terminal.paint.dim("signer"), identity.signer]] : []),
    ]),
  );
  return exitCodes.ok;
}

interface Pulled {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

async function fetched(
  terminal: Terminal,
  named: Reference,
  flags: PullFlags,
): Promise<Result<Pulled, Pick<SourceProblem, "detail"> & { code?: string }>> {
  const registry = await registryOf(named, flags, "pull");
  if (!registry.ok) return { ok: false, error: { detail: registry.error } };
  const signal = AbortSignal.any([terminal.closed, AbortSignal.timeout(flags.timeout * 1000)]);
  try {
    const manifest = await registry.value.manifest(signal);
    if (!manifest.ok) return manifest;
    const { digest, bundle } = manifest.value;
    const bytes = await registry.value.blob(bundle, defaultBundleLimits.maxBytes, signal);
    return bytes.ok ? ok({ bytes: bytes.value, digest }) : bytes;
  } finally {
    await registry.value.close();
  }
}

/** Whether a gateway of the place that the bundle names would take it. */
async function verifiedBy(bytes: Uint8Array, keyring: Keyring): Promise<Result<BundleIdentity, BundleRefusal>> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) return contents;
  const manifest = readManifest(contents.value);
  const { environment = "", tenant = defaultTenant } = manifest.ok ? manifest.value.metadata.toolgate : {};
  const verified = await verifyBundle(contents.value, keyring, { tenant, environment, now: Date.now() });
  return verified.ok ? ok(verified.value.identity) : verified;
}

async function keyringAt(terminal: Terminal, file: string): Promise<Keyring | number> {
  const inputs = await readAll(terminal, [file]);
  if (!inputs) return exitCodes.unavailable;
  return keyringIn(terminal, file, inputs[0] ?? Buffer.alloc(0)) ?? exitCodes.mistake;
}

function fail(
  terminal: Terminal,
  flags: PullFlags,
  code: number,
  { code: reason, detail }: { readonly code?: string; readonly detail: string },
): number {
  if (flags.json) terminal.out(JSON.stringify({ ok: false, ...(reason !== undefined && { code: reason }), detail }));
  else terminal.err(`${terminal.paint.red("Nothing was written.")} ${reason === undefined ? "" : `${reason}: `}${detail}`);
  return code;
}

import type { Command } from "commander";
import type { Result } from "../../core/result.ts";
import {
  type BundleContents,
  type BundleRefusal,
  defaultBundleLimits,
  type JudgedSignatures,
  judgeSignatures,
  readBundle,
  readManifest,
  type VerifiedBundle,
  verifyBundle,
} from "../../parts/bundle/index.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";
import { keyringIn } from "./read-keyring.ts";
import { signatureRows, signaturesJson } from "./shown-signatures.ts";

interface VerifyFlags {
  readonly keyring: string;
  readonly environment?: string;
  readonly tenant: string;
  readonly json?: boolean;
}

export function registerBundleVerify(bundle: Command, terminal: Terminal): void {
  bundle
    .command("verify")
    .description("say whether a gateway would take this bundle: signatures, files, manifest, place, expiry")
    .argument("<file>", "the bundle")
    .requiredOption("--keyring <file>", "the public keys that count, and how many of them must have signed")
    .option("--environment <name>", "the environment it must be for")
    .option("--tenant <name>", "the tenant it must be for", "default")
    .option("--json", "print one JSON object")
    .action(async (file: string, flags: VerifyFlags) => {
      process.exitCode = await verify(terminal, file, flags);
    });
}

async function verify(terminal: Terminal, file: string, flags: VerifyFlags): Promise<number> {
  const inputs = await readAll(terminal, [file, flags.keyring]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), keyringText = Buffer.alloc(0)] = inputs;
  const keyring = keyringIn(terminal, flags.keyring, keyringText);
  if (keyring === undefined) return exitCodes.mistake;
  const now = Date.now();
  const contents = await readBundle(bytes, defaultBundleLimits);
  const environment = flags.environment ?? (contents.ok ? environmentOf(contents.value) : "");
  const verified = contents.ok ? await verifyBundle(contents.value, keyring, { tenant: flags.tenant, environment, now }) : contents;
  const judged = contents.ok ? await judgeSignatures(contents.value, keyring, { now }) : contents;
  const signatures = judged.ok ? judged.value : undefined;
  if (flags.json) terminal.out(JSON.stringify(asJson(verified, signatures)));
  else show(terminal, verified, signatures);
  return verified.ok ? exitCodes.ok : exitCodes.finding;
}

/** Where nothing is asked for, the place that the bundle names will do. */
function environmentOf(contents: BundleContents): string {
  const manifest = readManifest(contents);
  return manifest.ok ? manifest.value.metadata.toolgate.environment : "";
}

function asJson(verified: Result<VerifiedBundle, BundleRefusal>, signatures: JudgedSignatures | undefined): object {
  const told = verified.ok ? { ok: true, ...verified.value.identity } : { ok: false, ...verified.error };
  return { ...told, ...(signatures !== undefined && signaturesJson(signatures)) };
}

function show(terminal: Terminal, verified: Result<VerifiedBundle, BundleRefusal>, signatures: JudgedSignatures | undefined): void {
  const { paint } = terminal;
  const rows = signatures === undefined ? [] : signatureRows(signatures, terminal);
  if (verified.ok) {
    const { identity, expiresAt } = verified.value;
    const about = [
      [paint.dim("bundle"), `${identity.name} ${identity.revision}, sequence ${identity.sequence}`],
      [paint.dim("digest"), identity.digest],
      [paint.dim("signer"), identity.signer],
    ];
    terminal.out(paint.green("The bundle holds."));
    terminal.out(table([...about, ...rows, [paint.dim("expires"), new Date(expiresAt).toISOString()]]));
    return;
  }
  terminal.err(`${paint.red("The bundle does not hold.")} ${verified.error.code}: ${verified.error.detail}`);
  if (rows.length > 0) terminal.err(table(rows));
}

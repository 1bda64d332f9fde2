import type { Command } from "commander";
import { formatMistakes } from "../../core/mistakes.ts";
import { defaultBundleLimits, readBundle, readKeyring, readManifest, verifyBundle } from "../../parts/bundle/index.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";

interface VerifyFlags {
  readonly keyring: string;
  readonly environment?: string;
  readonly tenant: string;
  readonly json?: boolean;
}

export function registerBundleVerify(bundle: Command, terminal: Terminal): void {
  bundle
    .command("verify")
    .description("say whether a gateway would take this bundle: signature, files, manifest, place, expiry")
    .argument("<file>", "the bundle")
    .requiredOption("--keyring <file>", "the public keys that count")
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
  const keyring = readKeyring(keyringText.toString("utf8"));
  if (!keyring.ok) {
    terminal.err(
      formatMistakes(
        keyring.error.map((mistake) => ({ ...mistake, file: flags.keyring })),
        { colour: terminal.colour },
      ),
    );
    return exitCodes.mistake;
  }
  const contents = await readBundle(bytes, defaultBundleLimits);
  const manifest = contents.ok ? readManifest(contents.value) : contents;
  const expected = flags.environment ?? (manifest.ok ? manifest.value.metadata.toolgate.environment : "");
  const verified = contents.ok
    ? await verifyBundle(contents.value, keyring.value, { tenant: flags.tenant, environment: expected, now: Date.now() })
    : contents;
  if (flags.json) terminal.out(JSON.stringify(verified.ok ? { ok: true, ...verified.value.identity } : { ok: false, ...verified.error }));
  else if (verified.ok) {
    const { identity, expiresAt } = verified.value;
    terminal.out(`${terminal.paint.green("The bundle holds.")}`);
    terminal.out(
      table([
        [terminal.paint.dim("bundle"), `${identity.name} ${identity.revision}, sequence ${identity.sequence}`],
        [terminal.paint.dim("digest"), identity.digest],
        [terminal.paint.dim("signer"), identity.signer],
        [terminal.paint.dim("expires"), new Date(expiresAt).toISOString()],
      ]),
    );
  } else terminal.err(`${terminal.paint.red("The bundle does not hold.")} ${verified.error.code}: ${verified.error.detail}`);
  return verified.ok ? exitCodes.ok : exitCodes.finding;
}

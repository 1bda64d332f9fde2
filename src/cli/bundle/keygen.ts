import { rm, writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { generateKeyPair } from "../../authoring/index.ts";
import { hasCode } from "../../core/errors.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "../../parts/bundle/index.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";

interface KeygenFlags {
  readonly out: string;
  readonly keyring: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly owner?: string;
  readonly json?: boolean;
}

export function registerBundleKeygen(bundle: Command, terminal: Terminal): void {
  bundle
    .command("keygen")
    .description("make a key pair: the private key for bundle sign, and a keyring with the public one for gateways")
    .requiredOption("--out <file>", "the private key to write, PEM (PKCS #8), readable by you alone")
    .requiredOption("--keyring <file>", "the keyring to write")
    .requiredOption("--kid <id>", "the key's id in the keyring")
    .addOption(new Option("--algorithm <name>", "how the key signs").choices(signatureAlgorithms).default("ES256"))
    .option("--owner <text>", "who keeps the private key")
    .option("--json", "print one JSON object")
    .action(async (flags: KeygenFlags) => {
      process.exitCode = await keygen(terminal, flags);
    });
}

const kidPattern = /^[\x21-\x7e]{1,128}$/;

async function keygen(terminal: Terminal, flags: KeygenFlags): Promise<number> {
  const { out, keyring, kid, algorithm, owner } = flags;
  if (!kidPattern.test(kid))
    return refuse(terminal, flags, `found the key id "${kid}"; wanted 1 to 128 visible ASCII characters`, exitCodes.usage);
  const { privateKey, publicKey } = generateKeyPair(algorithm);
  const key = { algorithm, public_key: publicKey, ...(owner !== undefined && { owner }) };
  // Never over a file that is there: it may be the only copy of the key that gateways trust.
  const failed =
    (await writeNew(out, privateKey, 0o600)) ??
    (await writeNew(keyring, `${JSON.stringify({ version: 1, keys: { [kid]: key } }, null, 2)}\n`, 0o644, () => rm(out)));
  if (failed !== undefined) return refuse(terminal, flags, failed, exitCodes.unavailable);
  if (flags.json === true) terminal.out(JSON.stringify({ ok: true, out, keyring, kid, algorithm }));
  else terminal.out(`Wrote the private key ${out}, which nobody else may have, and the keyring ${keyring} with the public key "${kid}".`);
  return exitCodes.ok;
}

function refuse(terminal: Terminal, { json }: KeygenFlags, detail: string, code: number): number {
  if (json === true) terminal.out(JSON.stringify({ ok: false, detail }));
  else terminal.err(detail);
  return code;
}

/** Why the file could not be written, or nothing. */
async function writeNew(file: string, text: string, mode: number, undo?: () => Promise<void>): Promise<string | undefined> {
  try {
    await writeFile(file, text, { mode, flag: "wx" });
    return undefined;
  } catch (error) {
    await undo?.();
    if (hasCode(error, "EEXIST")) return `"${file}" is there already; nothing was written`;
    const refusal = systemRefusal(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

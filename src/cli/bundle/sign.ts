import { type Command, Option } from "commander";
import { type SignedBundle, type Signer, sameKey, signBundleWith } from "../../authoring/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  defaultBundleLimits,
  type JudgedSignatures,
  judgeSignatures,
  type Keyring,
  readBundle,
  signatureAlgorithms,
} from "../../parts/bundle/index.ts";
import { wholeNumber } from "../flags.ts";
import { patience } from "../progress.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { readAll } from "./read-all.ts";
import { keyringIn } from "./read-keyring.ts";
import { replaceFile } from "./replace-file.ts";
import { type SignerFlags, signerOf } from "./signer-of.ts";

interface SignFlags extends SignerFlags {
  readonly keyring?: string;
  readonly add?: boolean;
  readonly json?: boolean;
}

export function registerBundleSign(bundle: Command, terminal: Terminal): void {
  bundle
    .command("sign")
    .description("sign every file of a bundle: with a private key, or with a program that asks a key service")
    .argument("<file>", "the bundle; it is replaced by the signed one, at once")
    .argument("[arguments...]", "after --: what the signer is run with")
    .option("--key <file>", "private key, PEM (PKCS #8)")
    .addOption(new Option("--key-env <variable>", "environment variable that holds the private key").conflicts(["key", "signer"]))
    .addOption(new Option("--signer <program>", "gets the bytes to sign on its input, answers the signature").conflicts("key"))
    .addOption(new Option("--signer-input <what>", "what the signer gets").choices(["message", "digest"]).default("message"))
    .option("--signer-timeout <seconds>", "how long the signer may take", wholeNumber(1, 3600), 60)
    .requiredOption("--kid <id>", "the key's id in the keyring")
    .addOption(new Option("--algorithm <name>", "how the key signs; else what the keyring says, or ES256").choices(signatureAlgorithms))
    .option("--keyring <file>", "the public keys that count; nothing is written that they do not verify")
    .option("--public-key <file>", "the key's public half, PEM, where there is no keyring")
    .option("--add", "add a co-signature beside those that are there")
    .option("--json", "print one JSON object")
    .action(async (file: string, signerArguments: readonly string[], flags: SignFlags, command: Command) => {
      const wrong = wrongFlags(flags, signerArguments);
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      process.exitCode = await sign(terminal, file, flags, signerArguments);
    });
}

/** What the options contradict, before anything is read. */
function wrongFlags(flags: SignFlags, signerArguments: readonly string[]): string | undefined {
  const { key, keyEnv, signer, keyring, publicKey } = flags;
  if (key === undefined && keyEnv === undefined && signer === undefined) {
    return "required option '--key <file>', '--key-env <variable>' or '--signer <program>' not specified";
  }
  if (signer === undefined && signerArguments.length > 0) return "arguments after the file are for a signer, and there is no --signer";
  if (signer !== undefined && keyring === undefined && publicKey === undefined) {
    return "with --signer, '--keyring <file>' or '--public-key <file>' is needed: what the signer answers is verified before it is written";
  }
  return undefined;
}

async function sign(terminal: Terminal, file: string, flags: SignFlags, signerArguments: readonly string[]): Promise<number> {
  const refused = (detail: string, code: number) => {
    if (flags.json) terminal.out(JSON.stringify({ ok: false, detail }));
    else terminal.err(`cannot sign "${file}": ${detail}`);
    return code;
  };
  const inputs = await readAll(terminal, flags.keyring === undefined ? [file] : [file, flags.keyring]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), keyringText] = inputs;
  const keyring = keyringText === undefined ? undefined : keyringIn(terminal, flags.keyring ?? "", keyringText);
  if (keyringText !== undefined && keyring === undefined) return exitCodes.mistake;
  const signer = await signerOf(flags, signerArguments, keyring);
  if (!signer.ok) return refused(signer.error.detail, signer.error.missing ? exitCodes.unavailable : exitCodes.mistake);
  const trusted = keyring === undefined ? ok(undefined) : trusts(keyring, signer.value);
  if (!trusted.ok) return refused(trusted.error, exitCodes.mistake);
  const waited = patience(terminal, "waiting for the signer …");
  const signed = await signBundleWith(bytes, signer.value, { add: flags.add === true });
  waited();
  if (!signed.ok) return refused(signed.error.detail, signed.error.because === "signer" ? exitCodes.unavailable : exitCodes.mistake);
  const judged = keyring === undefined ? undefined : await judgedBy(keyring, signed.value.bytes);
  if (judged !== undefined && !judged.ok) return refused(judged.error, exitCodes.mistake);
  try {
    await replaceFile(file, signed.value.bytes);
  } catch (error) {
    const refusal = systemRefusal(error);
    if (refusal === undefined) throw error;
    return refused(refusal, exitCodes.unavailable);
  }
  tell(terminal, file, flags, signed.value, judged?.value);
  return exitCodes.ok;
}

/** Whether the keyring holds this very key, as one that may sign. */
function trusts(keyring: Keyring, { kid, algorithm, publicKey }: Signer): Result<void, string> {
  const key = keyring.keys.get(kid);
  if (key === undefined) return err(`the keyring holds no key "${kid}"`);
  if (key.algorithm !== algorithm) return err(`found the algorithm ${algorithm}; the keyring says ${key.algorithm} for the key "${kid}"`);
  if (!sameKey(key.publicKey, publicKey)) return err(`the private key is not the one that the keyring holds as "${kid}"`);
  return key.revoked ? err(`the key "${kid}" is revoked`) : ok(undefined);
}

/** Which signatures count by now. A first signature that does not hold is nothing to add to. */
async function judgedBy(keyring: Keyring, bytes: Uint8Array): Promise<Result<JudgedSignatures, string>> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  const judged = contents.ok ? await judgeSignatures(contents.value, keyring, { now: Date.now() }) : contents;
  if (!judged.ok) return err(judged.error.detail);
  return judged.value.digest === undefined ? err(judged.value.refusal?.detail ?? "the first signature does not hold") : ok(judged.value);
}

function tell(terminal: Terminal, file: string, flags: SignFlags, signed: SignedBundle, judged: JudgedSignatures | undefined): void {
  const { signers, replaced } = signed;
  if (flags.json) {
    const counts = judged === undefined ? {} : { threshold: { wanted: judged.threshold, counted: judged.counted } };
    terminal.out(JSON.stringify({ ok: true, file, kid: flags.kid, signers, replaced, ...counts }));
    return;
  }
  if (replaced > 0)
    terminal.err(
      `${terminal.paint.yellow("note")} ${replaced === 1 ? "a signature" : `${replaced} signatures`} of before was replaced; --add keeps them`,
    );
  const own = judged?.signatures.find(({ kid }) => kid === flags.kid)?.refusal;
  if (own !== undefined) terminal.err(`${terminal.paint.yellow("note")} this signature does not count now: ${own.detail}`);
  const of = judged === undefined ? "" : ` ${judged.counted} of the ${judged.threshold} signatures that the keyring wants.`;
  terminal.out(`${flags.add === true ? "Co-signed" : "Signed"} ${file} with the key "${flags.kid}".${of}`);
}

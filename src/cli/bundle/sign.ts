import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { signBundle } from "../../authoring/index.ts";
import type { SignatureAlgorithm } from "../../parts/bundle/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { readAll } from "./read-all.ts";

interface SignFlags {
  readonly key: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
}

export function registerBundleSign(bundle: Command, terminal: Terminal): void {
  bundle
    .command("sign")
    .description("sign every file of a bundle with a private key")
    .argument("<file>", "the bundle; it is written anew with the signature")
    .requiredOption("--key <file>", "private key, PEM (PKCS #8)")
    .requiredOption("--kid <id>", "the key's id in the keyring")
    .addOption(new Option("--algorithm <name>", "how the key signs").choices(["ES256", "EdDSA"]).default("ES256"))
    .action(async (file: string, flags: SignFlags) => {
      process.exitCode = await sign(terminal, file, flags);
    });
}

async function sign(terminal: Terminal, file: string, flags: SignFlags): Promise<number> {
  const inputs = await readAll(terminal, [file, flags.key]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), key = Buffer.alloc(0)] = inputs;
  const signed = await signBundle(bytes, {
    privateKey: key.toString("utf8"),
    kid: flags.kid,
    algorithm: flags.algorithm,
  });
  if (!signed.ok) {
    terminal.err(`cannot sign "${file}": ${signed.error}`);
    return exitCodes.mistake;
  }
  await writeFile(file, signed.value);
  terminal.out(`Signed ${file} with the key "${flags.kid}".`);
  return exitCodes.ok;
}

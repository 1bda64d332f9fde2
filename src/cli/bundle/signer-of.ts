import { readFile } from "node:fs/promises";
import { environment } from "../../app/index.ts";
import { externalSigner, localSigner, publicKeyOf, type Signer, sameKey } from "../../authoring/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Keyring, SignatureAlgorithm } from "../../parts/bundle/index.ts";
import { systemRefusal } from "../system-error.ts";

export interface SignerFlags {
  readonly key?: string;
  readonly keyEnv?: string;
  readonly signer?: string;
  readonly signerInput: "message" | "digest";
  /** Seconds. */
  readonly signerTimeout: number;
  readonly kid: string;
  readonly algorithm?: SignatureAlgorithm;
  readonly publicKey?: string;
}

interface NoSigner {
  readonly detail: string;
  /** Something is not there, rather than wrong. */
  readonly missing: boolean;
}

/** Who signs, as the options say. */
export async function signerOf(
  flags: SignerFlags,
  args: readonly string[],
  keyring: Keyring | undefined,
): Promise<Result<Signer, NoSigner>> {
  const { kid } = flags;
  const algorithm = flags.algorithm ?? keyring?.keys.get(kid)?.algorithm ?? "ES256";
  const named = await namedKey(flags, algorithm);
  if (!named.ok) return named;
  if (flags.signer === undefined) return local(flags, algorithm, named.value);
  if (flags.signerInput === "digest" && algorithm === "EdDSA") return wrong("EdDSA signs the message, never a digest of it");
  const publicKey = named.value ?? keyring?.keys.get(kid)?.publicKey;
  if (publicKey === undefined) return wrong(`the keyring holds no key "${kid}"`);
  return ok(
    externalSigner({
      kid,
      algorithm,
      publicKey,
      program: flags.signer,
      args,
      environment: environment(),
      input: flags.signerInput,
      timeoutMs: flags.signerTimeout * 1000,
    }),
  );
}

type PublicKey = Signer["publicKey"];

async function namedKey({ publicKey: file }: SignerFlags, algorithm: SignatureAlgorithm): Promise<Result<PublicKey | undefined, NoSigner>> {
  if (file === undefined) return ok(undefined);
  const pem = await textOf(file);
  if (!pem.ok) return pem;
  const key = publicKeyOf(pem.value, algorithm);
  return key.ok ? key : wrong(`"${file}": ${key.error}`);
}

async function local(flags: SignerFlags, algorithm: SignatureAlgorithm, named: PublicKey | undefined): Promise<Result<Signer, NoSigner>> {
  const pem = flags.keyEnv === undefined ? await textOf(flags.key ?? "") : variable(flags.keyEnv);
  if (!pem.ok) return pem;
  const signer = localSigner({ privateKey: pem.value, kid: flags.kid, algorithm });
  if (!signer.ok) return wrong(signer.error);
  if (named !== undefined && !sameKey(named, signer.value.publicKey)) {
    return wrong(`the private key is not the one of "${flags.publicKey}"`);
  }
  return signer;
}

function variable(name: string): Result<string, NoSigner> {
  const value = environment()[name];
  return value === undefined || value === "" ? missing(`the environment variable "${name}" is not set`) : ok(value);
}

async function textOf(file: string): Promise<Result<string, NoSigner>> {
  try {
    return ok(await readFile(file, "utf8"));
  } catch (error) {
    const refusal = systemRefusal(error);
    if (refusal === undefined) throw error;
    return missing(refusal);
  }
}

function wrong(detail: string): Result<never, NoSigner> {
  return err({ detail, missing: false });
}

function missing(detail: string): Result<never, NoSigner> {
  return err({ detail, missing: true });
}

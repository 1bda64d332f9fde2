import { hash, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../../core/result.ts";
import type { SignatureAlgorithm } from "../../parts/bundle/index.ts";
import { ecdsaFromDer, hashOf, lengthOf, verifyRaw } from "./raw-signature.ts";
import { runSigner } from "./run-signer.ts";
import type { NotSigned, Signer } from "./signer.ts";

export interface ExternalSignerOptions {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
  /** A path, or a name that is looked up in the absolute folders of PATH. */
  readonly program: string;
  /** Exactly these, without a shell. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the program gets on its standard input: the bytes to sign, or their hash. */
  readonly input: "message" | "digest";
  readonly timeoutMs: number;
}

/**
 * A program that signs with a key which nobody here has: one run for a signature. It reads the bytes to sign from standard
 * input to its end, and writes the signature to standard output: as bytes, or in base64 or base64url on one line. ECDSA
 * signatures may be DER, as key services answer. Exit code 0, or nothing is believed of what it wrote.
 */
export function externalSigner(options: ExternalSignerOptions): Signer {
  const { kid, algorithm, publicKey } = options;
  return {
    kid,
    algorithm,
    publicKey,
    sign: async (message) => {
      const hashName = hashOf(algorithm);
      const digest = options.input === "digest" && hashName !== undefined;
      const answer = await runSigner({ ...options, input: digest ? hash(hashName, message, "buffer") : message });
      return answer.ok ? signatureIn(answer.value, message, options) : failed(options.program, answer.error);
    },
  };
}

function signatureIn(answer: Uint8Array, message: Uint8Array, options: ExternalSignerOptions): Result<Uint8Array, NotSigned> {
  const { algorithm, publicKey, kid } = options;
  const length = lengthOf(algorithm, publicKey);
  const possible = [answer, decoded(answer)].flatMap((bytes) => (bytes === undefined ? [] : readings(bytes, algorithm, length)));
  if (possible.length === 0) {
    const der = algorithm.startsWith("ES") ? " or DER" : "";
    const wanted = `wanted an ${algorithm} signature: ${length} bytes${der}, as they are or in base64 on one line`;
    return failed(options.program, `answered ${answer.length} bytes that are no signature; ${wanted}`);
  }
  const signature = possible.find((one) => verifyRaw(algorithm, publicKey, message, one));
  if (signature !== undefined) return ok(signature);
  return failed(options.program, `answered a signature that does not verify with the public key of "${kid}"`);
}

/** What the bytes may be: a signature as JOSE writes it, or DER. */
function readings(bytes: Uint8Array, algorithm: SignatureAlgorithm, length: number): readonly Uint8Array[] {
  const fromDer = algorithm.startsWith("ES") ? ecdsaFromDer(bytes, length / 2) : undefined;
  return [...(bytes.length === length ? [bytes] : []), ...(fromDer === undefined ? [] : [fromDer])];
}

/** The bytes behind one line of base64, in either alphabet. */
function decoded(answer: Uint8Array): Uint8Array | undefined {
  const line = Buffer.from(answer)
    .toString("latin1")
    .replace(/\r?\n$/, "");
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(line) ? Buffer.from(line, "base64") : undefined;
}

function failed(program: string, detail: string): Result<never, NotSigned> {
  return err({ because: "signer", detail: `the signer "${program}" ${detail}` });
}

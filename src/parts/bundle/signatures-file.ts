import { decodeProtectedHeader } from "jose";
import { z } from "zod";
import { decodeUtf8, parseJson } from "../../core/json/index.ts";
import { ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal } from "./bundle.ts";
import { signaturesFile } from "./entry-name.ts";
import { maxSignatures } from "./keyring.ts";
import { refuse } from "./refuse.ts";

/** What `.signatures.json` holds, each a compact JWS and none of them verified. */
export interface Signatures {
  /** The one that OPA reads too. */
  readonly first: string;
  /** By further signers, over the same list of files. OPA passes over this member. */
  readonly cosignatures: readonly string[];
  readonly plugin?: "" | "_default";
}

const schema = z.strictObject({
  signatures: z.array(z.string()),
  // opa build writes its own name for "no plugin"; any other plugin verifies in a way that nobody here can repeat.
  plugin: z.literal(["", "_default"]).optional(),
  toolgate_cosignatures: z.array(z.string()).optional(),
});

export const payloadSchema = z.looseObject({
  files: z.array(z.strictObject({ name: z.string(), hash: z.string().regex(/^[0-9a-fA-F]+$/), algorithm: z.string() })),
  keyid: z.string().optional(),
  scope: z.literal("").optional(),
});

const jsonLimits = { maxDepth: 16, foldKeysToDepth: 0, unsafeNumbers: "refuse" } as const;

const wanted = '{"signatures": [one JWS], "toolgate_cosignatures": [further ones]}';

/** Exactly one first signature: OPA refuses two as well, because with several each reader could believe another. */
export function readSignatures(contents: BundleContents): Result<Signatures, BundleRefusal> {
  const bytes = contents.files.get(signaturesFile);
  if (bytes === undefined) return refuse("bundle.unsigned", `found no "${signaturesFile}"; wanted a signed bundle`);
  const read = schema.safeParse(readJson(bytes));
  if (!read.success) return refuse("bundle.bad_signature", `found a "${signaturesFile}" that is not ${wanted}`);
  const { signatures, plugin, toolgate_cosignatures: cosignatures = [] } = read.data;
  const [first, ...others] = signatures;
  if (first === undefined) return refuse("bundle.unsigned", `found no signature in "${signaturesFile}"; wanted exactly one`);
  if (others.length > 0) return refuse("bundle.bad_signature", `found ${others.length + 1} signatures, wanted exactly one`);
  if (cosignatures.length >= maxSignatures) {
    return refuse("bundle.bad_signature", `found ${cosignatures.length} co-signatures, wanted fewer than ${maxSignatures}`);
  }
  return ok({ first, cosignatures, ...(plugin !== undefined && { plugin }) });
}

/** The content of `.signatures.json`. Without co-signatures it is what OPA writes. */
export function writeSignatures({ first, cosignatures, plugin }: Signatures): Uint8Array {
  const file = {
    signatures: [first],
    ...(plugin !== undefined && { plugin }),
    ...(cosignatures.length > 0 && { toolgate_cosignatures: cosignatures }),
  };
  return Buffer.from(`${JSON.stringify(file, null, 1)}\n`);
}

/** What a token claims before it is verified: good for choosing the key and for showing, for nothing else. */
export function claimsOf(token: string): { readonly alg: string; readonly kid: string | undefined } | undefined {
  try {
    const header = decodeProtectedHeader(token);
    // Extensions that a reader must understand (RFC 7515, section 4.1.11): OPA does not, and both must take the same bundles.
    if (header.crit !== undefined) return undefined;
    const named = header.kid === "" ? undefined : header.kid;
    // `opa sign` leaves the header's kid empty and puts the id, if any, into the payload.
    const claimed = payloadSchema.safeParse(payloadOf(token)).data?.keyid;
    const inBody = claimed === "" ? undefined : claimed;
    if (named !== undefined && inBody !== undefined && named !== inBody) return undefined;
    return { alg: header.alg ?? "none", kid: named ?? inBody };
  } catch {
    return undefined;
  }
}

/** The payload of a token, unverified. */
export function payloadOf(token: string): unknown {
  return readJson(Buffer.from(token.split(".")[1] ?? "", "base64url"));
}

/** The value of a small JSON text, or undefined if it is none. */
export function readJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  if (!text.ok) return undefined;
  const value = parseJson(text.value, jsonLimits);
  return value.ok ? value.value : undefined;
}

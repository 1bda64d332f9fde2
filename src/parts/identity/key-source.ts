import type { JSONWebKeySet } from "jose";
import { type Claims, isObject } from "./compact-token.ts";
import { type IssuerConfig, isSafeUrl } from "./config.ts";

const LARGEST_DOCUMENT = 512 * 1024;
const MOST_KEYS = 100;

export type Fetch = (
  url: string,
  init: { readonly signal: AbortSignal; readonly redirect: "error"; readonly headers: Record<string, string> },
) => Promise<Response>;

/** Reads the keys of an issuer from where the configuration says, or where its own metadata says. Throws if it cannot. */
export async function readKeys(issuer: IssuerConfig, fetch: Fetch): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(issuer.jwks_timeout_ms);
  const address = issuer.jwks_uri ?? (await discover(issuer.issuer, fetch, signal));
  const document = await readDocument(address, fetch, signal);
  const keys = document.keys;
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new Error(`"${address}" holds no list of at most ${MOST_KEYS} keys`);
  // A shared secret in a public document is a mistake of the issuer, not a key.
  return { keys: keys.filter((key) => isObject(key) && typeof key.kty === "string" && key.kty !== "oct") };
}

async function discover(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const failures: string[] = [];
  for (const address of metadataAddresses(issuer)) {
    try {
      return keysAddress(issuer, await readDocument(address, fetch, signal));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw new Error(failures.join("; "));
}

/** OpenID Connect Discovery, section 4, and RFC 8414, section 3.1. */
function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

function keysAddress(issuer: string, metadata: Claims): string {
  // Metadata that belongs to another issuer would let that one sign for this one (RFC 8414, section 3.3).
  if (metadata.issuer !== issuer) throw new Error(`metadata of "${issuer}" names another issuer`);
  if (typeof metadata.jwks_uri !== "string" || !isSafeUrl(metadata.jwks_uri)) {
    throw new Error(`metadata of "${issuer}" names no https jwks_uri`);
  }
  return metadata.jwks_uri;
}

async function readDocument(address: string, fetch: Fetch, signal: AbortSignal): Promise<Claims> {
  const response = await fetch(address, { signal, redirect: "error", headers: { accept: "application/json, application/jwk-set+json" } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`"${address}" answered "${response.status}"`);
  }
  const document: unknown = JSON.parse(await readText(address, response));
  if (!isObject(document)) throw new Error(`"${address}" is not a JSON object`);
  return document;
}

async function readText(address: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LARGEST_DOCUMENT) throw new Error(`"${address}" is larger than ${LARGEST_DOCUMENT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `fetch` says "fetch failed" and keeps what happened in `cause`. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

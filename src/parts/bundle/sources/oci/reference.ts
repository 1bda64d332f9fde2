import type { Digest } from "../../../../core/digest.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import { isLoopback } from "../wire/index.ts";

/** What an image is called: where it is, and by which tag or digest. */
export interface Reference {
  /** `registry.example.com`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `policies/acme`. */
  readonly repository: string;
  readonly tag?: string;
  /** With one, the tag is for people only. */
  readonly digest?: Digest;
}

/** What `parseReference` wants, in words. */
export const referenceForm =
  'a registry, a repository, and a tag or digest, e.g. "registry.example.com/policies/acme:prod" or "…/acme@sha256:…"';

const LONGEST = 512;
const host = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Reads a reference. Nothing is filled in: no usual registry, no `latest`, since both are ways to get what nobody named. */
export function parseReference(text: string): Result<Reference, string> {
  const refused = (found: string) => err(`found ${found}, wanted ${referenceForm}`);
  if (text.length > LONGEST) return refused(`${text.length} characters`);
  const [named = "", digest, ...rest] = text.split("@");
  if (rest.length > 0) return refused("more than one @");
  if (digest !== undefined && !digestForm.test(digest)) return refused(`the digest "${digest}"`);
  const slash = named.indexOf("/");
  const place = named.slice(0, Math.max(0, slash));
  // A first part without dot or port is a folder of some usual registry.
  if (!host.test(place) || !(/[.:[]/.test(place) || place === "localhost")) return refused("no registry at its begin");
  const colon = named.indexOf(":", slash);
  const path = colon < 0 ? named.slice(slash + 1) : named.slice(slash + 1, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (!repository.test(path)) return refused(`the repository "${path}"`);
  if (tag !== undefined && !tagForm.test(tag)) return refused(`the tag "${tag}"`);
  if (tag === undefined && digest === undefined) return refused("neither a tag nor a digest");
  return ok({
    host: place.toLowerCase(),
    repository: path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: digest as Digest }),
  });
}

export function isLoopbackRegistry(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed.ok && isLoopback(hostname(parsed.value.host));
}

export function referenceText({ host: place, repository: path, tag, digest }: Reference): string {
  return `${place}/${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

function hostname(place: string): string {
  return place.replace(/:\d+$/, "");
}

/** The address of a registry. Docker's own is not where its references say. */
export function registryOrigin(place: string, plainHttp: boolean): string {
  if (place === "docker.io") return "https://registry-1.docker.io";
  return new URL(`${plainHttp ? "http" : "https"}://${place}`).origin;
}

import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { contentDigest, defaultBundleLimits, fileBundleStore, hashFile, readBundle, signaturesFile } from "../../parts/bundle/index.ts";
import type { Place } from "./place.ts";

/** The bytes of a bundle whose content is what records name: its digest says so, and nothing else of it is believed. */
export interface KeptBundle {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The file it was read from. */
  readonly file: string;
}

export interface NoBundle {
  /** `not_kept`: no place has it. `changed`: what is kept under its name is something else. */
  readonly kind: "not_kept" | "changed";
  readonly digest: string;
  readonly detail: string;
}

const digestForm = /^sha256:[0-9a-f]{64}$/;

function isDigest(text: string): text is Digest {
  return digestForm.test(text);
}

/** The bundle that a record names, from the first place that has it unchanged. */
export async function bundleOf(digest: string, places: readonly Place[]): Promise<Result<KeptBundle, NoBundle>> {
  const none = (kind: NoBundle["kind"], detail: string): Result<never, NoBundle> => err({ kind, digest, detail });
  if (!isDigest(digest)) return none("not_kept", `"${digest}" is no digest of a bundle`);
  const odd: string[] = [];
  for (const { bundleFolder } of places) {
    const bytes = await fileBundleStore(bundleFolder).read(digest);
    if (bytes === undefined) continue;
    const file = join(bundleFolder, `${digest.slice("sha256:".length)}.tar.gz`);
    const other = await otherContent(bytes, digest);
    if (other === undefined) return ok({ digest, bytes, file });
    odd.push(`"${file}" ${other}`);
  }
  if (odd.length > 0) return none("changed", `${odd.join("; ")}; wanted ${digest}`);
  const folders = places.map(({ bundleFolder }) => `"${bundleFolder}"`).join(", ");
  return none("not_kept", `the bundle ${digest} is kept in none of ${folders}`);
}

const algorithms = ["SHA-256", "SHA-384", "SHA-512"] as const;

/**
 * What a bundle holds instead of the wanted content; nothing where it holds just that. The signed list names one hash
 * algorithm for all files; which one is found out by what gives the digest.
 */
export async function otherContent(bytes: Uint8Array, wanted: string): Promise<string | undefined> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) return `cannot be read: ${contents.error.detail}`;
  let found = "";
  for (const algorithm of algorithms) {
    const files: { readonly name: string; readonly hash: string; readonly algorithm: string }[] = [];
    for (const [name, content] of contents.value.files) {
      if (name === signaturesFile) continue;
      const hash = hashFile(name, content, algorithm);
      if (!hash.ok) return `cannot be read: "${name}": ${hash.error}`;
      files.push({ name, hash: hash.value, algorithm });
    }
    const digest = contentDigest(files);
    if (digest === wanted) return undefined;
    found ||= digest;
  }
  return `holds the content ${found}`;
}

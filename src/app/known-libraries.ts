import { readdirSync, readFileSync } from "node:fs";
import type { Digest } from "../core/digest.ts";
import { libraryDigest } from "../parts/bundle/index.ts";

/**
 * The product libraries that this release accepts in a bundle: the one it was released with. A bundle with another library
 * could fold denials away, so its digest has to be known.
 */
export function knownLibraries(): ReadonlySet<Digest> {
  const folder = new URL("../../policies/toolgate/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  return new Set([libraryDigest(names.map((name) => ({ path: `toolgate/${name}`, text: readFileSync(new URL(name, folder), "utf8") })))]);
}

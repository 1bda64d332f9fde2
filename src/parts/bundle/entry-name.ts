import { ok, type Result } from "../../core/result.ts";
import type { BundleRefusal } from "./bundle.ts";
import { refuse } from "./refuse.ts";

export const signaturesFile = ".signatures.json";
export const manifestFile = ".manifest";
export const dataFile = "data.json";
export const wasmFile = "policy.wasm";

/** Control characters, backslash and colon: the parts of a name that other systems read as something else. */
const ODD = /[\p{Cc}\\:]/u;

/**
 * The name of an entry inside the bundle. OPA writes every name with one leading slash, tar with "./": that one prefix is
 * dropped. What is left must be a plain relative path, so that "../x", "//etc/x" and "a//b" have no second reading.
 */
export function entryName(raw: string): Result<string, BundleRefusal> {
  const name = raw.startsWith("./") ? raw.slice(2) : raw.startsWith("/") ? raw.slice(1) : raw;
  if (name === "" || name.startsWith("/") || /^[A-Za-z]:/.test(name)) {
    return refuse("bundle.unreadable", `found the absolute or empty path "${raw}", wanted a path inside the bundle`);
  }
  const odd = name.split("/").some((part) => part === "" || part === "." || part === "..");
  if (odd) return refuse("bundle.unreadable", `found the path "${raw}" with "..", "." or an empty part`);
  if (ODD.test(name) || !name.isWellFormed() || name.normalize("NFC") !== name || name.includes("\ufffd")) {
    return refuse("bundle.unreadable", `found the path ${JSON.stringify(raw)} with characters that readers understand differently`);
  }
  return ok(name);
}

/** Two names with the same folded form are one file on some systems. */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

/** Files that OPA would act on and this reader does not: accepting them would let the two disagree on what was signed. */
export function unsupportedFile(name: string): string | undefined {
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (base === "patch.json") return `found "${name}": delta bundles carry no signature; build the whole bundle`;
  if (base === "data.yaml" || base === "data.yml") return `found "${name}"; wanted all data in "${dataFile}"`;
  if (base === "plan.json" || base === "plan.pb" || base.endsWith(".manifest.pb"))
    return `found "${name}"; wanted WebAssembly and a JSON manifest`;
  const single = base === dataFile || base === wasmFile || base === signaturesFile || base.endsWith(manifestFile);
  const atRoot = name === dataFile || name === wasmFile || name === signaturesFile || name === manifestFile;
  return single && !atRoot ? `found "${name}"; wanted "${base}" at the root of the bundle only` : undefined;
}

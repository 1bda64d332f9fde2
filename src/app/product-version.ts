import { readFileSync } from "node:fs";

/** The version in package.json, two folders up from here in the sources and in the package alike. */
export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}

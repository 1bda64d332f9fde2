import { readFileSync } from "node:fs";
import { parse } from "yaml";

export type Revision = "2025-11-25" | "2026-07-28";

const suite = new URL("../../node_modules/@modelcontextprotocol/conformance/", import.meta.url);

interface Requirements {
  readonly server: readonly string[];
  readonly client: readonly string[];
}

/** What the suite says that a revision requires: the scenarios' names, as its own file lists them. */
export function requirements(revision: Revision): Requirements {
  return parse(readFileSync(new URL(`requirements/${revision}.yaml`, suite), "utf8")) as Requirements;
}

/** The version of the suite that is installed. */
export function suiteVersion(): string {
  return String((JSON.parse(readFileSync(new URL("package.json", suite), "utf8")) as { readonly version: unknown }).version);
}

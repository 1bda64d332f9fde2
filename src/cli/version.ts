import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** The version in package.json, two folders up from here in the sources and in the package alike. */
export function productVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}

export function registerVersion(program: Command, terminal: Terminal): void {
  program
    .command("version")
    .description("print the version of Toolgate, of Node and of the protocol revisions it speaks")
    .option("--json", "print one JSON object")
    .action((options: { readonly json?: boolean }) => {
      const facts = {
        toolgate: productVersion(),
        node: process.versions.node,
        mcp: ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"],
      };
      if (options.json) terminal.out(JSON.stringify(facts));
      else terminal.out(`toolgate ${facts.toolgate}   node ${facts.node}   mcp ${facts.mcp.join(", ")}`);
    });
}

import type { Command } from "commander";
import { productVersion } from "../app/index.ts";
import type { Terminal } from "./terminal.ts";

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

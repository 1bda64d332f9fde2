import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { type CataloguedServer, openLint, pinServer, readServers } from "../authoring/index.ts";
import { formatMistakes, type Mistake, oneOf } from "../core/mistakes.ts";
import { lintText, registerCatalogLint } from "./catalog-lint.ts";
import { listingOf } from "./server-listing.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

interface PinFlags {
  readonly policies: string;
  readonly config: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

export function registerCatalog(program: Command, terminal: Terminal): void {
  const catalog = program.command("catalog").description("what is approved, and how it is approved");
  catalog
    .command("pin")
    .description("ask a server what it offers now, lint it, and write the pins that a reviewer then commits")
    .argument("<server>", "id of the server in catalog/servers.yaml")
    .requiredOption("-p, --policies <folder>", "folder with catalog/")
    .requiredOption("-c, --config <file>", "toolgate.yaml, for the places and secrets of servers")
    .option("--check", "write nothing; exit 1 if the pins differ from what the server offers")
    .option("--json", "print one JSON object")
    .action(async (server: string, flags: PinFlags) => {
      process.exitCode = await pin(terminal, server, flags);
    });
  registerCatalogLint(catalog, terminal);
}

/** The catalogued server of this id, or the exit code of having said that there is none. */
export async function serverOf(terminal: Terminal, { policies, json }: PinFlags, id: string): Promise<CataloguedServer | number> {
  const servers = await readServers(resolve(policies));
  if (!servers.ok) return tellMistakes(terminal, servers.error, json);
  const server = servers.value.get(id);
  if (server) return server;
  terminal.err(`there is no server "${id}" in catalog/servers.yaml; wanted ${oneOf([...servers.value.keys()])}`);
  return exitCodes.usage;
}

function tellMistakes(terminal: Terminal, mistakes: readonly Mistake[], json = false): number {
  if (json) terminal.out(JSON.stringify({ ok: false, mistakes }));
  else terminal.err(formatMistakes(mistakes, { colour: terminal.colour }));
  return exitCodes.mistake;
}

async function pin(terminal: Terminal, id: string, flags: PinFlags): Promise<number> {
  const server = await serverOf(terminal, flags, id);
  if (typeof server === "number") return server;
  const lint = await openLint(flags.policies);
  if (!lint.ok) return tellMistakes(terminal, lint.error, flags.json);
  const listing = await listingOf(terminal, server, flags.config);
  if (typeof listing === "number") return listing;
  const proposal = pinServer({ serverId: id, definition: server.definition, listing, ...(server.pins ? { previous: server.pins } : {}) });
  const linted = lint.value.lint(id, listing);
  const refused = linted.findings.some(({ level }) => level === "error");
  const file = join(resolve(flags.policies), "catalog", "pins", `${id}.json`);
  const written = !flags.check && !refused && proposal.changed;
  if (written) {
    await mkdir(join(resolve(flags.policies), "catalog", "pins"), { recursive: true });
    await writeFile(file, proposal.file);
  }
  const { changed, counts, diff } = proposal;
  if (flags.json) terminal.out(JSON.stringify({ server: id, file, changed, written, counts, diff, lint: linted }));
  else {
    terminal.out(diff.trimEnd());
    terminal.out("");
    if (linted.findings.length > 0) terminal.out(`${lintText(terminal, id, linted)}\n`);
    terminal.out(outcomeText(file, { changed, written, refused }));
  }
  return refused || (flags.check && changed) ? exitCodes.finding : exitCodes.ok;
}

interface Outcome {
  readonly changed: boolean;
  readonly written: boolean;
  readonly refused: boolean;
}

function outcomeText(file: string, { changed, written, refused }: Outcome): string {
  if (refused) return `Not written to ${file}: have the server mended, or accept what was found in lint.yaml and say why.`;
  if (!changed) return "The pins are what the server offers.";
  return `${written ? "Written to" : "Not written"} ${file}. Review it: descriptions are instructions to a model.`;
}

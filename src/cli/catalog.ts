import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { environment, readConfig } from "../app/index.ts";
import { type CataloguedServer, pinServer, readServers } from "../authoring/index.ts";
import { formatMistakes, oneOf } from "../core/mistakes.ts";
import { createCredentials } from "../parts/credentials/index.ts";
import { createUpstream, type Listing } from "../parts/upstream/index.ts";
import { systemClock } from "../platform/clock.ts";
import { pinoLogger } from "../platform/pino-logger.ts";
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
    .description("ask a server what it offers now and write the pins that a reviewer then commits")
    .argument("<server>", "id of the server in catalog/servers.yaml")
    .requiredOption("-p, --policies <folder>", "folder with catalog/")
    .requiredOption("-c, --config <file>", "toolgate.yaml, for the places and secrets of servers")
    .option("--check", "write nothing; exit 1 if the pins differ from what the server offers")
    .option("--json", "print one JSON object")
    .action(async (server: string, flags: PinFlags) => {
      process.exitCode = await pin(terminal, server, flags);
    });
}

async function pin(terminal: Terminal, id: string, flags: PinFlags): Promise<number> {
  const servers = await readServers(resolve(flags.policies));
  if (!servers.ok) {
    terminal.err(formatMistakes(servers.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const server = servers.value.get(id);
  if (!server) {
    terminal.err(`there is no server "${id}" in catalog/servers.yaml; wanted ${oneOf([...servers.value.keys()])}`);
    return exitCodes.usage;
  }
  const listing = await listingOf(terminal, server, flags.config);
  if (typeof listing === "number") return listing;
  const proposal = pinServer({ serverId: id, definition: server.definition, listing, ...(server.pins ? { previous: server.pins } : {}) });
  const file = join(resolve(flags.policies), "catalog", "pins", `${id}.json`);
  if (!flags.check && proposal.changed) {
    await mkdir(join(resolve(flags.policies), "catalog", "pins"), { recursive: true });
    await writeFile(file, proposal.file);
  }
  if (flags.json)
    terminal.out(JSON.stringify({ server: id, file, changed: proposal.changed, counts: proposal.counts, diff: proposal.diff }));
  else {
    terminal.out(proposal.diff.trimEnd());
    terminal.out("");
    terminal.out(
      proposal.changed
        ? `${flags.check ? "Not written" : "Written to"} ${file}. Review it: descriptions are instructions to a model.`
        : "The pins are what the server offers.",
    );
  }
  return flags.check && proposal.changed ? exitCodes.finding : exitCodes.ok;
}

/** What the server offers now, or the exit code of having said why it cannot be asked. */
async function listingOf(terminal: Terminal, server: CataloguedServer, configFile: string): Promise<Listing | number> {
  const config = await readConfig(configFile);
  if (!config.ok) {
    terminal.err(formatMistakes(config.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const { upstream: limits, places, secrets } = config.value;
  const credentials = createCredentials({ secrets, environment: environment(), clock: systemClock });
  const upstream = createUpstream({
    config: { ...limits, places },
    clock: systemClock,
    logger: pinoLogger("warn"),
    onServerRequest: () => {},
    credentialFor: (definition) => credentials.headersFor(definition.credential),
    scrub: credentials.scrub,
  });
  try {
    const listing = await upstream.connect(server.definition).listing();
    if (listing.ok) return listing.value;
    terminal.err(`the server "${server.definition.id}" cannot be asked: ${listing.error.detail}`);
    return exitCodes.unavailable;
  } finally {
    await upstream.close();
  }
}

import { environment, readConfig } from "../app/index.ts";
import type { CataloguedServer } from "../authoring/index.ts";
import { formatMistakes } from "../core/mistakes.ts";
import { createCredentials } from "../parts/credentials/index.ts";
import { createUpstream, type Listing } from "../parts/upstream/index.ts";
import { systemClock } from "../platform/clock.ts";
import { pinoLogger } from "../platform/pino-logger.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

/** What the server offers now, or the exit code of having said why it cannot be asked. */
export async function listingOf(terminal: Terminal, server: CataloguedServer, configFile: string): Promise<Listing | number> {
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

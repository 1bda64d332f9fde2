import type { Command } from "commander";
import { environment, productVersion, readConfig, start } from "../app/index.ts";
import { randomIds } from "../core/ids.ts";
import { formatMistakes } from "../core/mistakes.ts";
import { systemClock } from "../platform/clock.ts";
import { pinoLogger } from "../platform/pino-logger.ts";
import { askedToStop } from "./signals.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

export function registerServe(program: Command, terminal: Terminal): void {
  program
    .command("serve")
    .description("run the gateway")
    .requiredOption("-c, --config <file>", "the configuration, toolgate.yaml")
    .option("--json", "print the ready line as one JSON object")
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      process.exitCode = await serve(terminal, options);
    });
}

/** Resolves with the exit code once the gateway has stopped: a signal drains it, a later second one ends it at once. */
async function serve(terminal: Terminal, options: { readonly config: string; readonly json?: boolean }): Promise<number> {
  const config = await readConfig(options.config);
  if (!config.ok) {
    terminal.err(formatMistakes(config.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const stopping = askedToStop();
  const logger = pinoLogger(config.value.log_level);
  const started = await start(config.value, {
    clock: systemClock,
    ids: randomIds(),
    logger,
    environment: environment(),
    version: productVersion(),
  });
  if (!started.ok) {
    terminal.err(`${terminal.paint.red("toolgate cannot start.")} ${started.error.detail}`);
    return exitCodes.unavailable;
  }
  const { url, adminUrl, built, stop } = started.value;
  const { active } = built.parts.generations.status();
  if (options.json)
    terminal.out(JSON.stringify({ ready: true, url, ...(adminUrl === undefined ? {} : { admin: adminUrl }), bundle: active }));
  else terminal.out(`toolgate listens on ${terminal.paint.bold(url)} with bundle ${active?.revision} (sequence ${active?.sequence})`);
  await stopping;
  logger.info({}, "stopping: calls in flight may end");
  await stop();
  return exitCodes.ok;
}

import type { Command } from "commander";
import { checkSurroundings, environment, readConfig } from "../app/index.ts";
import { formatMistakes } from "../core/mistakes.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

export function registerCheck(program: Command, terminal: Terminal): void {
  program
    .command("check")
    .description("say everything that is wrong with a configuration, without starting anything")
    .requiredOption("-c, --config <file>", "the configuration, toolgate.yaml")
    .option("--json", "print one JSON object")
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      const config = await readConfig(options.config);
      const mistakes = config.ok ? await checkSurroundings(config.value, environment()) : config.error;
      process.exitCode = mistakes.length === 0 ? exitCodes.ok : exitCodes.mistake;
      if (options.json) terminal.out(JSON.stringify({ ok: mistakes.length === 0, mistakes }));
      else if (mistakes.length > 0) terminal.err(formatMistakes(mistakes, { colour: terminal.colour }));
      else terminal.out(`${options.config} is fine.`);
    });
}

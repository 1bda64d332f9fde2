import type { Command } from "commander";
import { holds, placeOf, type Replay, replayLogs, replayText } from "../hindsight/index.ts";
import { moment } from "./flags.ts";
import { progressOf } from "./policy/index.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

interface ReplayFlags {
  readonly since?: number;
  readonly until?: number;
  readonly decision?: string;
  readonly json?: boolean;
}

export function registerReplay(program: Command, terminal: Terminal): void {
  program
    .command("replay")
    .description("decide recorded traffic again, on the bundles that decided it")
    .addHelpText(
      "after",
      `
Examples:
  toolgate replay ./data --since 7d
  toolgate replay ./one ./two --json`,
    )
    .argument("<data_dir...>", "the data_dir of a gateway; one of each replica")
    .option("--since <when>", "from here on: how long ago (7d, 12h), or a time", (text) => moment(text))
    .option("--until <when>", "up to here", (text) => moment(text))
    .option("--decision <id>", "only what is recorded under this decision id")
    .option("--json", "print one JSON object")
    .action(async (dataDirs: readonly string[], flags: ReplayFlags) => {
      process.exitCode = await replay(terminal, dataDirs, flags);
    });
}

async function replay(terminal: Terminal, dataDirs: readonly string[], flags: ReplayFlags): Promise<number> {
  const { since, until, decision } = flags;
  const replayed = await replayLogs(dataDirs.map(placeOf), {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(decision === undefined ? {} : { decision }),
    progress: progressOf(terminal, "replay", "read"),
  });
  if (!replayed.ok) return unavailable(terminal, flags, replayed.error.detail);
  const found = replayed.value;
  const missing = whyNothing(found, dataDirs, flags);
  // A fault may be why there is nothing: that is what is told then.
  if (missing !== undefined && found.faults.length === 0) return unavailable(terminal, flags, missing);
  if (flags.json) terminal.out(JSON.stringify({ ok: holds(found), ...found }));
  else terminal.out(replayText(found, terminal.paint, table));
  return holds(found) ? exitCodes.ok : exitCodes.finding;
}

function whyNothing({ records, logs }: Replay, dataDirs: readonly string[], { decision }: ReplayFlags): string | undefined {
  const where = dataDirs.map((dir) => `"${dir}"`).join(", ");
  if (logs.logs === 0) return `found no log in ${where}; wanted the data_dir of a gateway`;
  if (decision !== undefined && records === 0) return `"${decision}" is in none of the ${logs.records} records of ${where}`;
  return undefined;
}

function unavailable(terminal: Terminal, { json }: Pick<ReplayFlags, "json">, detail: string): number {
  if (json) terminal.out(JSON.stringify({ ok: false, unavailable: detail }));
  else terminal.err(detail);
  return exitCodes.unavailable;
}

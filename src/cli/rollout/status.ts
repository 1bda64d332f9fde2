import type { Command } from "commander";
import { type AdminFlags, adminFlags, reach, tellFailure } from "../admin/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { statusText } from "./status-text.ts";
import { watchStatus } from "./watch.ts";

interface StatusFlags extends AdminFlags {
  readonly watch?: boolean;
}

export function registerRolloutStatus(rollout: Command, terminal: Terminal): void {
  const command = rollout
    .command("status")
    .description("what decides, what is on its way, and what it would change")
    .addHelpText(
      "after",
      `
Examples:
  toolgate rollout status --watch   # ends with 1 if it is rolled back`,
    )
    .option("-w, --watch", "go on until the rollout ends");
  adminFlags(command).action(async (flags: StatusFlags) => {
    process.exitCode = await status(terminal, flags);
  });
}

async function status(terminal: Terminal, flags: StatusFlags): Promise<number> {
  const client = await reach(terminal, flags);
  if (typeof client === "number") return client;
  if (flags.watch) return await watchStatus(terminal, client, flags);
  const answer = await client.ask("status");
  if (!answer.ok) return tellFailure(terminal, answer.error, flags.json);
  terminal.out(flags.json ? answer.value.text : statusText(terminal, answer.value.value, Date.now()));
  return exitCodes.ok;
}

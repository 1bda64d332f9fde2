import type { Command } from "commander";
import { adminFlags } from "../admin/index.ts";
import type { Terminal } from "../terminal.ts";
import { type ActFlags, announce, finish, look } from "./act.ts";
import { bundleName } from "./status-text.ts";

export function registerRolloutRollback(rollout: Command, terminal: Terminal): void {
  const command = rollout
    .command("rollback")
    .description("end the rollout; the promoted bundle decides for all")
    .requiredOption("--why <text>", "the reason, for the record");
  adminFlags(command).action(async (flags: ActFlags) => {
    process.exitCode = await rollBack(terminal, flags);
  });
}

async function rollBack(terminal: Terminal, flags: ActFlags): Promise<number> {
  const looked = await look(terminal, flags);
  if (typeof looked === "number") return looked;
  const { client, etag, status } = looked;
  const { rollout, promoted } = status.state;
  if (rollout) announce(terminal, flags, `rolling back ${bundleName(rollout.bundle)}${promoted ? ` to ${bundleName(promoted)}` : ""}`);
  const acted = await client.ask("rollBack", { body: { why: flags.why }, ...(etag === undefined ? {} : { ifMatch: etag }) });
  return finish(terminal, flags, acted, "Rolled back: the promoted bundle decides for all.");
}

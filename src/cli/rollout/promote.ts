import type { Command } from "commander";
import { adminFlags } from "../admin/index.ts";
import type { Terminal } from "../terminal.ts";
import { type ActFlags, announce, finish, look } from "./act.ts";
import { bundleName } from "./status-text.ts";

export function registerRolloutPromote(rollout: Command, terminal: Terminal): void {
  const command = rollout
    .command("promote")
    .description("let the candidate decide for all; there is no way back")
    .requiredOption("--why <text>", "the reason, for the record");
  adminFlags(command).action(async (flags: ActFlags) => {
    process.exitCode = await promote(terminal, flags);
  });
}

async function promote(terminal: Terminal, flags: ActFlags): Promise<number> {
  const looked = await look(terminal, flags);
  if (typeof looked === "number") return looked;
  const { client, etag, status } = looked;
  const candidate = status.state.rollout?.bundle ?? status.state.held;
  const { promoted } = status.state;
  if (candidate) announce(terminal, flags, `promoting ${bundleName(candidate)}${promoted ? ` over ${bundleName(promoted)}` : ""}`);
  const acted = await client.ask("promote", { body: { why: flags.why }, ...(etag === undefined ? {} : { ifMatch: etag }) });
  return finish(terminal, flags, acted, "Promoted: it decides for all, and no lower sequence is taken any more.");
}

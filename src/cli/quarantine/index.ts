import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { registerQuarantineAdd } from "./add.ts";
import { registerQuarantineLift } from "./lift.ts";
import { registerQuarantineList } from "./list.ts";

/** What operators refuse at once whatever policy says, over the admin API of a running gateway: one command a file. */
export function registerQuarantine(program: Command, terminal: Terminal): void {
  const quarantine = program.command("quarantine").description("refuse an agent, user, server, tool or session at once");
  registerQuarantineList(quarantine, terminal);
  registerQuarantineAdd(quarantine, terminal);
  registerQuarantineLift(quarantine, terminal);
}

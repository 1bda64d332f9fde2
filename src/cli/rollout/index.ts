import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { registerRolloutCanary } from "./canary.ts";
import { registerRolloutPromote } from "./promote.ts";
import { registerRolloutRollback } from "./rollback.ts";
import { registerRolloutShadow } from "./shadow.ts";
import { registerRolloutStatus } from "./status.ts";

/** What operators do with a bundle on its way, over the admin API of a running gateway: one command a file. */
export function registerRollout(program: Command, terminal: Terminal): void {
  const rollout = program.command("rollout").description("bring a new bundle into a running gateway, step by step");
  registerRolloutStatus(rollout, terminal);
  registerRolloutShadow(rollout, terminal);
  registerRolloutCanary(rollout, terminal);
  registerRolloutPromote(rollout, terminal);
  registerRolloutRollback(rollout, terminal);
}

import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { type BeginFlags, begin, beginFlags } from "./begin.ts";

export function registerRolloutShadow(rollout: Command, terminal: Terminal): void {
  const command = rollout
    .command("shadow")
    .description("ask a candidate the same as the promoted bundle, and count differences")
    .addHelpText(
      "after",
      `
Examples:
  toolgate rollout shadow next.tar.gz --for 1h --why "release 12"
  toolgate rollout shadow --why "…"   # the bundle that a source brought`,
    );
  beginFlags(command).action(async (file: string | undefined, flags: BeginFlags) => {
    process.exitCode = await begin(terminal, file, flags, { mode: "shadow" });
  });
}

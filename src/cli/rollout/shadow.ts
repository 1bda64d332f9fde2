import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { type BeginFlags, begin, beginFlags } from "./begin.ts";

export function registerRolloutShadow(rollout: Command, terminal: Terminal): void {
  const command = rollout.command("shadow").description("ask a candidate the same as the active bundle, and count differences");
  beginFlags(command).action(async (file: string | undefined, flags: BeginFlags) => {
    process.exitCode = await begin(terminal, file, flags, { mode: "shadow" });
  });
}

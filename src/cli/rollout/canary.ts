import { type Command, InvalidArgumentError } from "commander";
import { wholeNumber } from "../flags.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { type BeginFlags, begin, beginFlags } from "./begin.ts";

interface CanaryFlags extends BeginFlags {
  readonly percent?: number;
  readonly agent?: readonly string[];
}

export function registerRolloutCanary(rollout: Command, terminal: Terminal): void {
  const command = rollout
    .command("canary")
    .description("let a candidate decide for a share of the agents")
    .addHelpText(
      "after",
      `
Examples:
  toolgate rollout canary next.tar.gz --percent 5 --for 30m --why "…" \\
    --rollback-if 'new-denies>20' --min-calls 100
  toolgate rollout canary --agent support-bot --why "…"   # under way: go on`,
    )
    .option("--percent <n>", "the share of the agents, 1 to 100", wholeNumber(1, 100))
    .option("--agent <id>", "this agent of the catalog instead; may be repeated", agents);
  beginFlags(command).action(async (file: string | undefined, flags: CanaryFlags) => {
    process.exitCode = await canary(terminal, file, flags);
  });
}

function agents(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(text)) throw new InvalidArgumentError("wanted the id of an agent in the catalog, like support-bot");
  return [...before, text];
}

async function canary(terminal: Terminal, file: string | undefined, flags: CanaryFlags): Promise<number> {
  const { percent, agent } = flags;
  if ((percent === undefined) === (agent === undefined)) {
    terminal.err("a canary needs either --percent or --agent: for whom does the candidate decide?");
    return exitCodes.usage;
  }
  const share = percent === undefined ? { agents: agent ?? [] } : { percent };
  return await begin(terminal, file, flags, { mode: "canary", ...share });
}

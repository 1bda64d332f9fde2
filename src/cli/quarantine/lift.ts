import type { Command } from "commander";
import { type AdminFlags, adminFlags, reach, tellFailure } from "../admin/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { subjectText } from "./list.ts";

interface LiftFlags extends AdminFlags {
  readonly why: string;
}

export function registerQuarantineLift(quarantine: Command, terminal: Terminal): void {
  const command = quarantine
    .command("lift")
    .description("let policy decide again")
    .argument("<id>", "id of the entry, qua_…")
    .requiredOption("--why <text>", "the reason, for the record");
  adminFlags(command).action(async (id: string, flags: LiftFlags) => {
    process.exitCode = await lift(terminal, id, flags);
  });
}

async function lift(terminal: Terminal, id: string, flags: LiftFlags): Promise<number> {
  const client = await reach(terminal, flags);
  if (typeof client === "number") return client;
  const answer = await client.ask("liftQuarantine", { params: { id }, query: { why: flags.why } });
  if (!answer.ok) return tellFailure(terminal, answer.error, flags.json);
  terminal.out(flags.json ? answer.value.text : terminal.paint.green(`Lifted: ${subjectText(answer.value.value)}.`));
  return exitCodes.ok;
}

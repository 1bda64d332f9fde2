import { Argument, type Command } from "commander";
import { type QuarantineKind, quarantineKinds } from "../../core/operations.ts";
import type { QuarantineBody } from "../../http/index.ts";
import { type AdminFlags, adminFlags, reach, tellFailure } from "../admin/index.ts";
import { duration } from "../flags.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { subjectText } from "./list.ts";

interface AddFlags extends AdminFlags {
  readonly issuer?: string;
  readonly for?: number;
  readonly why: string;
}

export function registerQuarantineAdd(quarantine: Command, terminal: Terminal): void {
  const command = quarantine
    .command("add")
    .description("refuse it at once, on all replicas")
    .addHelpText(
      "after",
      `
Examples:
  toolgate quarantine add agent support-bot --for 12h --why "INC-7"
  toolgate quarantine add tool crm.refund --why "prices are wrong"`,
    )
    .addArgument(new Argument("<kind>", "what it is").choices(quarantineKinds))
    .argument("<id>", "its id, e.g. support-bot, ann, crm, crm.refund, ses_…")
    .option("--issuer <issuer>", "of a user: only the one of this issuer")
    .option("--for <time>", "end by itself after this time, e.g. 30m, 12h, 7d", duration)
    .requiredOption("--why <text>", "the reason, for the record");
  adminFlags(command).action(async (kind: QuarantineKind, subject: string, flags: AddFlags) => {
    process.exitCode = await add(terminal, kind, subject, flags);
  });
}

async function add(terminal: Terminal, kind: QuarantineKind, subject: string, flags: AddFlags): Promise<number> {
  if (flags.issuer !== undefined && kind !== "user") {
    terminal.err("--issuer is for a user; other ids are the same whoever issued the token");
    return exitCodes.usage;
  }
  const client = await reach(terminal, flags);
  if (typeof client === "number") return client;
  const body: QuarantineBody = {
    kind,
    subject,
    reason: flags.why,
    ...(flags.issuer === undefined ? {} : { issuer: flags.issuer }),
    ...(flags.for === undefined ? {} : { forMs: flags.for }),
  };
  const answer = await client.ask("quarantine", { body });
  if (!answer.ok) return tellFailure(terminal, answer.error, flags.json);
  const entry = answer.value.value;
  const until = entry.until === undefined ? "until it is lifted" : `until ${new Date(entry.until).toISOString()}`;
  terminal.out(
    flags.json
      ? answer.value.text
      : `${terminal.paint.green(`Quarantined ${subjectText(entry)}`)} ${until}.\n  toolgate quarantine lift ${entry.id} --why "…"`,
  );
  return exitCodes.ok;
}

import type { Command } from "commander";
import type { QuarantinedAnswer } from "../../http/index.ts";
import { type AdminFlags, adminFlags, reach, tellFailure } from "../admin/index.ts";
import { durationText } from "../flags.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";

export function registerQuarantineList(quarantine: Command, terminal: Terminal): void {
  adminFlags(quarantine.command("list").description("what is quarantined at this moment")).action(async (flags: AdminFlags) => {
    process.exitCode = await list(terminal, flags);
  });
}

async function list(terminal: Terminal, flags: AdminFlags): Promise<number> {
  const client = await reach(terminal, flags);
  if (typeof client === "number") return client;
  const answer = await client.ask("listQuarantine");
  if (!answer.ok) return tellFailure(terminal, answer.error, flags.json);
  if (flags.json) terminal.out(answer.value.text);
  else terminal.out(listText(terminal, answer.value.value.quarantine, Date.now()));
  return exitCodes.ok;
}

export function listText({ paint }: Terminal, entries: readonly QuarantinedAnswer[], now: number): string {
  if (entries.length === 0) return "Nothing is quarantined.";
  const head = ["id", "what", "since", "left", "by", "reason"].map(paint.dim);
  const rows = entries.map((entry) => [
    entry.id,
    subjectText(entry),
    `${durationText(now - entry.at)} ago`,
    entry.until === undefined ? "until lifted" : durationText(entry.until - now),
    entry.by,
    entry.reason,
  ]);
  return table([head, ...rows]);
}

export function subjectText({ kind, subject, issuer }: Pick<QuarantinedAnswer, "kind" | "subject" | "issuer">): string {
  return `${kind} ${subject}${issuer === undefined ? "" : ` of ${issuer}`}`;
}

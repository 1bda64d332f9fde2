import { resolve } from "node:path";
import type { Command } from "commander";
import { formatHead, type LogHead, type LogRecord, parseHead, tailLog, type Verification, verifyLog } from "../parts/decisions/index.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

export function registerLog(program: Command, terminal: Terminal): void {
  const log = program.command("log").description("read and prove the decision log");
  log
    .command("tail")
    .description("show records, the oldest first")
    .argument("<folder>", "the log folder, <data_dir>/log")
    .option("-f, --follow", "go on with what is written later")
    .option("-n, --newest", "begin with the newest log instead of the oldest")
    .option("--kind <kind>", "only records of this kind, e.g. refusal")
    .option("--json", "print the records as they stand in the log")
    .action((folder: string, options: TailFlags) => tail(terminal, folder, options));
  log
    .command("verify")
    .description("prove that no record was changed, dropped, moved or inserted")
    .argument("<folder>", "the log folder, <data_dir>/log")
    .option("--head <head>", "a head remembered elsewhere (<log>:<count>:<hash>): finds records that are missing at the end")
    .option("--json", "print one JSON object")
    .action(async (folder: string, options: { readonly head?: string; readonly json?: boolean }) => {
      process.exitCode = await verify(terminal, folder, options);
    });
}

interface TailFlags {
  readonly follow?: boolean;
  readonly newest?: boolean;
  readonly kind?: string;
  readonly json?: boolean;
}

async function tail(terminal: Terminal, folder: string, options: TailFlags): Promise<void> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const { kind } = options;
  const records = tailLog(resolve(folder), {
    signal: AbortSignal.any([stop.signal, terminal.closed]),
    follow: options.follow === true,
    newest: options.newest === true,
    ...(kind === undefined ? {} : { filter: (record: LogRecord) => record.kind === kind }),
  });
  for await (const record of records) terminal.out(options.json ? JSON.stringify(record) : recordLine(terminal, record));
}

/** One record as one line: when, what, who, which target or act, how it ended and why, which bundle, and an operator's reason. */
export function recordLine(terminal: Terminal, record: LogRecord): string {
  const { paint } = terminal;
  // What an operator is about to do has no effect yet.
  const effect = String(record.effect ?? at(record.decision, "effect") ?? (record.kind === "operator" ? (record.phase ?? "") : ""));
  const coloured = effect === "allow" ? paint.green(effect.padEnd(9)) : paint.yellow(effect.padEnd(9));
  const reasons = Array.isArray(record.reasons) ? record.reasons.map((reason) => String(at(reason, "code"))).join(" ") : "";
  const time = String(record.time ?? "").slice(11, 23);
  const bundle = at(record.bundle, "revision");
  const cells = [
    paint.dim(time.padEnd(12)),
    String(record.kind ?? "").padEnd(10),
    whoOf(record).padEnd(22),
    String(record.target ?? record.server ?? actOf(record)).padEnd(26),
    coloured,
    reasons,
    bundle === undefined ? "" : paint.dim(String(bundle)),
    typeof record.why === "string" ? `"${record.why}"` : "",
  ];
  return cells.join(" ").trimEnd();
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as LogRecord)[key] : undefined;
}

/** The operator, as the table names it, or the user with the agent. */
function whoOf({ operator, by, principal }: LogRecord): string {
  if (operator !== undefined || by !== undefined) return String(operator ?? by);
  return [at(principal, "user"), at(principal, "agent") ?? at(principal, "client")].filter((name) => name !== undefined).join(" via ");
}

/** What an operator does, and to what. */
function actOf({ act, subject }: LogRecord): string {
  const about = [at(subject, "kind"), at(subject, "subject") ?? at(subject, "id")].filter((word) => typeof word === "string");
  return [act, ...about].filter((word) => word !== undefined).join(" ");
}

async function verify(terminal: Terminal, folder: string, options: { readonly head?: string; readonly json?: boolean }): Promise<number> {
  let head: LogHead | undefined;
  if (options.head !== undefined) {
    const parsed = parseHead(options.head);
    if (!parsed.ok) {
      terminal.err(`--head: ${parsed.error.detail}`);
      return exitCodes.usage;
    }
    head = parsed.value;
  }
  const result = await verifyLog(resolve(folder), head ? { head } : {});
  // To find nothing is no proof: it is the wrong folder, or somebody emptied it.
  if (result.ok && result.logs === 0) {
    if (options.json) terminal.out(JSON.stringify({ ...result, ok: false }));
    else terminal.err(`found no log in "${folder}"; wanted the folder log/ of a gateway's data_dir`);
    return exitCodes.finding;
  }
  if (options.json) terminal.out(JSON.stringify({ ...result, ...(result.head ? { head: formatHead(result.head) } : {}) }));
  else terminal.out(verdict(terminal, result));
  return result.ok ? exitCodes.ok : exitCodes.finding;
}

function verdict({ paint }: Terminal, result: Verification): string {
  const { fault } = result;
  if (fault) {
    return [
      paint.red(`The log does not hold: ${fault.code} at ${fault.file}${fault.line > 0 ? `:${fault.line}` : ""}`),
      table([
        [paint.dim("found"), fault.found],
        [paint.dim("wanted"), fault.wanted],
      ]),
      "Nothing behind this place was looked at.",
    ].join("\n");
  }
  const rows = [
    [paint.dim("records"), `${result.records} in ${result.segments} segments of ${result.logs} logs`],
    ...(result.head ? [[paint.dim("head"), formatHead(result.head)]] : []),
    [
      paint.dim("end"),
      result.endProven
        ? "holds up to the head that was given"
        : "not proven: records missing at the very end cannot be seen without --head",
    ],
    ...(result.live ? [[paint.dim("live"), "a process is writing; its last calls may be open"]] : []),
  ];
  return `${paint.green("The log holds.")}\n${table(rows)}`;
}

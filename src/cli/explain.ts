import { resolve } from "node:path";
import type { Command } from "commander";
import { environment } from "../app/index.ts";
import { findOpa } from "../authoring/index.ts";
import {
  type DecisionSource,
  dataDirectories,
  type Explanation,
  explain,
  explanationText,
  type NoDecision,
} from "../hindsight/explain/index.ts";
import { placeOf } from "../hindsight/records/index.ts";
import { patience } from "./policy/progress.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

interface ExplainFlags {
  readonly target?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const DECISION_ID = /^dec_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function registerExplain(program: Command, terminal: Terminal): void {
  program
    .command("explain")
    .description("why a decision was as it was, on its own bundle and input")
    .argument("<decision-id>", "id of the decision, dec_…")
    .argument("[data_dir...]", "data directories of the gateways to look in")
    .option("--target <target>", "of a list: why this is in it or not, e.g. crm.refund")
    .option("--all", "also the rules that did not hold, and who has what")
    .option("--json", "print one JSON object")
    .action(async (id: string, folders: readonly string[], flags: ExplainFlags) => {
      process.exitCode = await explainDecision(terminal, id, folders, flags);
    });
}

async function explainDecision(terminal: Terminal, id: string, folders: readonly string[], flags: ExplainFlags): Promise<number> {
  if (!DECISION_ID.test(id)) {
    terminal.err(
      `"${id}" is no decision id; wanted one like dec_01991e5a-7c3e-7abc-8def-0123456789ab, as a refusal and its record carry it`,
    );
    return exitCodes.usage;
  }
  const source = sourceOf(folders);
  if (typeof source === "string") {
    terminal.err(source);
    return exitCodes.usage;
  }
  const done = patience(terminal, "reading the logs …");
  const opa = await findOpa({ env: environment() });
  const told = await explain(id, { source, opa, ...(flags.target !== undefined && { target: flags.target }) }).finally(done);
  return told.ok ? tell(terminal, told.value, flags) : tellMissing(terminal, id, told.error, flags);
}

function sourceOf(folders: readonly string[]): DecisionSource | string {
  if (folders.length === 0) return "name the data_dir of at least one gateway, as in toolgate.yaml";
  return dataDirectories(folders.map((folder) => placeOf(resolve(folder))));
}

function tell(terminal: Terminal, told: Explanation, { json, all }: ExplainFlags): number {
  if (json === true) terminal.out(JSON.stringify({ ok: told.faults.length === 0, ...told }));
  else terminal.out(explanationText(told, { paint: terminal.paint, all: all === true }));
  return told.faults.length === 0 ? exitCodes.ok : exitCodes.finding;
}

function tellMissing(terminal: Terminal, id: string, { kind, detail, faults }: NoDecision, { json }: ExplainFlags): number {
  const time = mintedAt(id);
  if (json === true) terminal.out(JSON.stringify({ ok: false, kind, detail, minted: time, faults }));
  else {
    terminal.err(detail);
    terminal.err(`the id was made at ${time}`);
    for (const fault of faults) terminal.err(fault);
  }
  return kind === "unknown" ? exitCodes.finding : exitCodes.unavailable;
}

/** An id holds the instant at which it was made (UUIDv7). */
function mintedAt(id: string): string {
  return new Date(Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16)).toISOString();
}

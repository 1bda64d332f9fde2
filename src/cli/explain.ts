import { resolve } from "node:path";
import type { Command } from "commander";
import { environment } from "../app/index.ts";
import { findOpa } from "../authoring/index.ts";
import { err, ok } from "../core/result.ts";
import {
  type DecisionSource,
  dataDirectories,
  type Explanation,
  explain,
  explanationText,
  type GatewayAnswers,
  type NoDecision,
  placeOf,
  runningGateway,
} from "../hindsight/index.ts";
import { type AdminClient, type AdminFailure, type AdminFlags, adminFlags, reach } from "./admin/index.ts";
import { patience } from "./progress.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

interface ExplainFlags extends AdminFlags {
  readonly target?: string;
  readonly all?: boolean;
}

const DECISION_ID = /^dec_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function registerExplain(program: Command, terminal: Terminal): void {
  const command = program
    .command("explain")
    .description("why a decision was as it was, on its own bundle and input")
    .addHelpText(
      "after",
      `
Examples:
  toolgate explain dec_01991e5a-… ./data          # of each replica: ./one ./two
  toolgate explain dec_01991e5a-… --admin http://127.0.0.1:8081
  toolgate explain dec_01991e5a-… ./data --target crm.refund   # of a list`,
    )
    .argument("<decision-id>", "id of the decision, dec_…")
    .argument("[data_dir...]", "the data_dir of a gateway; one of each replica")
    .option("--target <target>", "of a list: why this is in it or not, e.g. crm.refund")
    .option("--all", "also the rules that did not hold, and who has what");
  adminFlags(command, "print one JSON object").action(async (id: string, folders: readonly string[], flags: ExplainFlags) => {
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
  const source =
    folders.length > 0 ? dataDirectories(folders.map((folder) => placeOf(resolve(folder)))) : await gatewaySource(terminal, flags);
  if (typeof source === "number") return source;
  const done = patience(terminal, "reading the logs …");
  const opa = await findOpa({ env: environment() });
  const told = await explain(id, { source, opa, ...(flags.target !== undefined && { target: flags.target }) }).finally(done);
  return told.ok ? tell(terminal, told.value, flags) : tellMissing(terminal, id, told.error, flags);
}

/** Without a data_dir it is a running gateway that is asked. */
async function gatewaySource(terminal: Terminal, flags: ExplainFlags): Promise<DecisionSource | number> {
  if (flags.admin === undefined && (environment().TOOLGATE_ADMIN ?? "") === "") {
    terminal.err("name the data_dir of at least one gateway, as in toolgate.yaml, or a running one with --admin <url>");
    return exitCodes.usage;
  }
  const client = await reach(terminal, flags);
  return typeof client === "number" ? client : runningGateway(answersOf(client));
}

function answersOf(client: AdminClient): GatewayAnswers {
  return {
    async records(id) {
      const answer = await client.ask("readDecision", { params: { id } });
      if (answer.ok) {
        const { logs, away } = answer.value.value;
        return ok({ lines: logs.flatMap(({ lines }) => lines), away });
      }
      const isUnknown = answer.error.kind === "refused" && answer.error.problem.status === 404;
      return err({ kind: isUnknown ? "unknown" : "unavailable", detail: failureText(answer.error), faults: [] });
    },
    async bundle(digest) {
      const answer = await client.ask("readBundle", { params: { digest } });
      return answer.ok ? ok(answer.value.bytes) : err({ kind: "not_kept", detail: failureText(answer.error) });
    },
  };
}

function failureText(failure: AdminFailure): string {
  if (failure.kind !== "refused") return `"${failure.url}" gave no answer that can be used: ${failure.detail}`;
  const { code, title, detail, remedy } = failure.problem;
  return `the gateway refused: ${code} - ${title}${detail === title ? "" : ` (${detail})`}${remedy === undefined ? "" : ` ${remedy}`}`;
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
    if (kind === "unknown") terminal.err(`the id was made at ${time}`);
    for (const fault of faults) terminal.err(fault);
  }
  return kind === "unknown" ? exitCodes.finding : exitCodes.unavailable;
}

/** An id holds the instant at which it was made (UUIDv7). */
function mintedAt(id: string): string {
  return new Date(Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16)).toISOString();
}

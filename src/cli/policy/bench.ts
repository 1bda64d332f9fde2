import type { Command } from "commander";
import { benchPolicies, type CaseCost, counted, type PolicyBench } from "../../authoring/index.ts";
import { wholeNumber } from "../flags.ts";
import { oneLine } from "../shown-text.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { type WorkbenchFlags, withWorkbench } from "./open-workbench.ts";
import { progressOf } from "./progress.ts";

interface BenchFlags extends WorkbenchFlags {
  readonly limit?: number;
}

/** Evaluations are ended well beyond any limit, so that what loops is told as what loops. */
const TIMEOUT_MS = 500;

export function registerPolicyBench(policy: Command, terminal: Terminal): void {
  policy
    .command("bench")
    .description("say what each golden case costs on the evaluator of the gateway, and fail beyond the limit")
    .argument("<policies>", "folder with policy/, catalog/ and cases/ (needs OPA), or a bundle")
    .option("--limit <ms>", "instead of max_decide_ms of settings.yaml", wholeNumber(1, 50))
    .option("--environment <name>", "the environment that inputs of cases are written for")
    .option("--json", "print one JSON object")
    .action(async (source: string, flags: BenchFlags) => {
      process.exitCode = await withWorkbench(terminal, source, { ...flags, timeoutMs: TIMEOUT_MS }, async (bench) => {
        if (flags.json !== true) terminal.err(`measuring ${counted(bench.cases.length, "golden case")}`);
        const { limit } = flags;
        const measured = await benchPolicies(bench, {
          progress: progressOf(terminal, source),
          ...(limit !== undefined && { limitMs: limit }),
        });
        const beyond = measured.cases.filter(({ verdict }) => verdict !== "within");
        if (flags.json === true) terminal.out(JSON.stringify({ ok: beyond.length === 0, ...measured }));
        else terminal.out(textOf(terminal, measured, beyond.length));
        return beyond.length === 0 ? exitCodes.ok : exitCodes.finding;
      });
    });
}

function textOf({ paint }: Terminal, { cases, emptyUs, limitMs }: PolicyBench, beyond: number): string {
  const head = (cell: string, first: boolean) => (first ? paint.dim(cell) : cell);
  const rows = [
    ["quickest", "p50", "ratio", "asks", "case"],
    ...cases.map((one) => [us(one.quickestUs), us(one.p50Us), `${one.ratio.toFixed(1)}x`, one.entrypoint, nameOf(paint, one)]),
  ];
  const widest = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [widest(0), widest(1), widest(2)];
  // Numbers end where those above and below them end.
  const shown = rows.map((row, at) => row.map((cell, column) => head(cell.padStart(widths[column] ?? 0), at === 0)));
  const verdict = beyond === 0 ? paint.green(`All within ${limitMs} ms.`) : paint.red(`${beyond} beyond ${limitMs} ms.`);
  return `${table(shown)}\n\n${counted(cases.length, "golden case")}; 1.0x is an input that says nothing, ${us(emptyUs)} here. ${verdict}`;
}

function nameOf(paint: Terminal["paint"], { name, verdict }: CaseCost): string {
  const text = oneLine(name);
  if (verdict === "within") return text;
  return paint.red(`${text}   ${verdict === "timeout" ? "does not end" : "beyond the limit"}`);
}

function us(value: number): string {
  return `${value.toFixed(1)} µs`;
}

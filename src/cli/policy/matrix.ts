import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type AccessSelection,
  type AccessTable,
  accessOf,
  type MatrixFacts,
  matrixCsv,
  matrixHtml,
  matrixJson,
  matrixText,
  type Workbench,
} from "../../authoring/index.ts";
import { messageOf } from "../../core/errors.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { readMoment } from "./moment.ts";
import { withWorkbench } from "./open-workbench.ts";
import { progressOf } from "./progress.ts";

const formats = ["terminal", "csv", "html", "json"] as const;
const kinds = { tools: ["tool"], prompts: ["prompt"], resources: ["resource"], all: ["tool", "prompt", "resource"] } as const;

interface MatrixFlags {
  readonly agent: readonly string[];
  readonly group: readonly string[];
  readonly groups: readonly (readonly string[])[];
  readonly tool: readonly string[];
  readonly server: readonly string[];
  readonly kind: keyof typeof kinds;
  readonly at?: number;
  readonly environment?: string;
  readonly format: (typeof formats)[number];
  readonly output?: string;
  readonly json?: boolean;
}

export function registerPolicyMatrix(policy: Command, terminal: Terminal): void {
  policy
    .command("matrix")
    .description("show who may use what: agents, for which groups, by tools, as the gateway would decide")
    .argument("<policies>", "a policy folder (needs OPA) or a bundle")
    .option("--agent <id>", "only this agent; repeatable", collect, [])
    .option("--group <name>", "users in this group alone; repeatable (default: no group, each group, all groups)", collect, [])
    .option("--groups <names>", "users in exactly these groups, with commas between them; repeatable", collectSets, [])
    .option("--tool <pattern>", "only what fits this pattern, such as crm.get_*; repeatable", collect, [])
    .option("--server <id>", "only this server; repeatable", collect, [])
    .addOption(new Option("--kind <kind>", "what is asked for").choices(Object.keys(kinds)).default("tools"))
    .option("--at <time>", "the moment that is asked about (default: now)", readMoment)
    .option("--environment <name>", "the environment that a folder is compiled for (default: the one of most servers)")
    .addOption(new Option("--format <name>", "how it is told").choices(formats).default("terminal"))
    .option("-o, --output <file>", "write it to this file")
    .option("--json", "print one JSON object, as --format json does")
    .action(async (source: string, given: MatrixFlags) => {
      const flags = given.json === true ? { ...given, format: "json" as const } : given;
      const opening = { json: flags.format === "json", ...(flags.environment !== undefined && { environment: flags.environment }) };
      process.exitCode = await withWorkbench(terminal, source, opening, (workbench) => matrix(terminal, workbench, flags));
    });
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function collectSets(value: string, before: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const names = value.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError(`"${value}" has an empty name.`);
  return [...before, names];
}

async function matrix(terminal: Terminal, workbench: Workbench, flags: MatrixFlags): Promise<number> {
  const at = flags.at ?? Date.now();
  const table = await accessOf(workbench, selectionOf(flags, at, progressOf(terminal, workbench.source)));
  if (table.failures.length > 0) return unbelievable(terminal, table, flags);
  const { environment } = workbench.manifest.metadata.toolgate;
  const facts = { source: workbench.source, environment, timezone: workbench.rehearsal.catalog.timezone, at };
  const written = await write(terminal, piecesOf(terminal, table, facts, flags), flags.output);
  if (written !== undefined) {
    if (flags.format === "json" && flags.output === undefined) terminal.out(JSON.stringify({ ok: false, unavailable: written }));
    else terminal.err(written);
    return exitCodes.unavailable;
  }
  return exitCodes.ok;
}

function selectionOf(flags: MatrixFlags, at: number, progress: NonNullable<AccessSelection["progress"]>): AccessSelection {
  const { agent, group, groups, tool, server, kind } = flags;
  const sets = [...group.map((name) => [name]), ...groups];
  return {
    at,
    progress,
    kinds: kinds[kind],
    ...(agent.length > 0 && { agents: agent }),
    ...(sets.length > 0 && { groups: sets }),
    ...(tool.length > 0 && { targets: tool }),
    ...(server.length > 0 && { servers: server }),
  };
}

/** What failed would be shown as a refusal, and nobody could tell it from one: no table is better than that. */
function unbelievable(terminal: Terminal, { failures }: AccessTable, { format }: MatrixFlags): number {
  if (format === "json") terminal.out(JSON.stringify({ ok: false, failures }));
  else {
    terminal.err("no table is shown: evaluations gave no usable answer, and a refusal in their place is no fact about the policy.");
    for (const failure of failures) terminal.err(`  ${failure}`);
  }
  return exitCodes.mistake;
}

const WIDTH = 100;

function piecesOf(terminal: Terminal, table: AccessTable, facts: MatrixFacts, { format, output }: MatrixFlags): Iterable<string> {
  if (format === "csv") return matrixCsv(table);
  if (format === "html") return matrixHtml(table, facts);
  if (format === "json") return matrixJson(table, facts);
  const plain = (text: string) => text;
  const paint = output === undefined ? terminal.paint : { bold: plain, dim: plain, green: plain, yellow: plain, red: plain };
  return [`${matrixText(table, { width: process.stdout.columns ?? WIDTH, paint })}\n`];
}

/** Piece by piece, and no faster than it is taken. Says in a sentence what stood in the way. */
async function write(terminal: Terminal, pieces: Iterable<string>, output: string | undefined): Promise<string | undefined> {
  if (output === undefined) {
    for (const piece of pieces) {
      if (terminal.closed.aborted) return undefined;
      terminal.out(piece.replace(/\n$/, ""));
      if (process.stdout.writableNeedDrain) await drained(terminal);
    }
    return undefined;
  }
  try {
    await pipeline(Readable.from(pieces), createWriteStream(output));
    return undefined;
  } catch (error) {
    return `"${output}" cannot be written: ${messageOf(error)}`;
  }
}

function drained(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once("drain", resolve);
    terminal.closed.addEventListener("abort", () => resolve(), { once: true });
  });
}

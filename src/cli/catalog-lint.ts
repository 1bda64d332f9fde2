import { resolve } from "node:path";
import type { Command } from "commander";
import { counted, type LintFinding, type LintResult, lintRules, openLint, readServers } from "../authoring/index.ts";
import { formatMistakes, oneOf } from "../core/mistakes.ts";
import { listingOf } from "./server-listing.ts";
import { oneLine } from "./shown-text.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

interface LintFlags {
  readonly policies: string;
  readonly config?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function registerCatalogLint(catalog: Command, terminal: Terminal): void {
  catalog
    .command("lint")
    .description("look at what servers say of themselves as a suspicious reviewer would")
    .argument("[servers...]", "ids in catalog/servers.yaml; without any, all that are pinned")
    .requiredOption("-p, --policies <folder>", "folder with catalog/ and, where something is required, forbidden or accepted, lint.yaml")
    .option("-c, --config <file>", "toolgate.yaml: ask the servers what they offer now, instead of reading their pins")
    .option("--strict", "warnings count as errors")
    .option("--json", "print one JSON object")
    .action(async (servers: readonly string[], flags: LintFlags) => {
      process.exitCode = await lintServers(terminal, servers, flags);
    });
}

async function lintServers(terminal: Terminal, asked: readonly string[], flags: LintFlags): Promise<number> {
  const [servers, lint] = [await readServers(resolve(flags.policies)), await openLint(flags.policies)];
  if (!servers.ok || !lint.ok) {
    const mistakes = servers.ok ? (lint.ok ? [] : lint.error) : servers.error;
    if (flags.json) terminal.out(JSON.stringify({ ok: false, mistakes }));
    else terminal.err(formatMistakes(mistakes, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const unknown = asked.filter((id) => !servers.value.has(id));
  if (unknown.length > 0) {
    terminal.err(`there is no server "${unknown.join('", "')}" in catalog/servers.yaml; wanted ${oneOf([...servers.value.keys()])}`);
    return exitCodes.usage;
  }
  const ids =
    asked.length > 0 ? asked : [...servers.value.keys()].filter((id) => flags.config !== undefined || servers.value.get(id)?.pins);
  const results: Record<string, LintResult> = {};
  for (const id of ids) {
    const server = servers.value.get(id);
    const offered = server && flags.config !== undefined ? await listingOf(terminal, server, flags.config) : server?.pins;
    if (typeof offered === "number") return offered;
    if (offered === undefined) {
      terminal.err(`the server "${id}" has no pins; ask it what it offers with --config toolgate.yaml`);
      return exitCodes.unavailable;
    }
    results[id] = lint.value.lint(id, offered);
  }
  return tell(terminal, results, flags);
}

function tell(terminal: Terminal, results: Readonly<Record<string, LintResult>>, { strict, json }: LintFlags): number {
  const findings = Object.values(results).flatMap((result) => result.findings);
  const wrong = findings.filter(({ level }) => strict === true || level === "error");
  if (json) terminal.out(JSON.stringify({ ok: wrong.length === 0, servers: results }));
  else {
    for (const [id, result] of Object.entries(results)) if (hasNews(result)) terminal.out(`${lintText(terminal, id, result)}\n`);
    const errors = findings.filter(({ level }) => level === "error").length;
    const looked = `${counted(Object.keys(results).length, "server")} looked at`;
    terminal.out(
      findings.length === 0
        ? `${looked}, nothing found.`
        : `${looked}: ${counted(errors, "error")}, ${counted(findings.length - errors, "warning")}.`,
    );
  }
  return wrong.length === 0 ? exitCodes.ok : exitCodes.finding;
}

const hasNews = ({ findings, accepted, unused }: LintResult): boolean => findings.length + accepted.length + unused.length > 0;

/** Findings by rule, the dangerous ones first, with why each matters said once. */
export function lintText(terminal: Terminal, server: string, { findings, accepted, unused }: LintResult): string {
  const { paint } = terminal;
  const blocks = lintRules.flatMap(({ id, level, danger }) => {
    const own = findings.filter(({ rule }) => rule === id);
    if (own.length === 0) return [];
    const title = level === "error" ? paint.red(`error    ${id}`) : paint.yellow(`warning  ${id}`);
    return [`${title}  ${paint.dim(danger)}\n${table(rowsOf(own), "           ")}`];
  });
  const notes = [
    ...(accepted.length > 0
      ? [paint.dim(`  accepted in lint.yaml: ${accepted.map(({ rule, item }) => `${rule} (${oneLine(item)})`).join(", ")}`)]
      : []),
    ...unused.map(({ rule, item }) =>
      paint.dim(`  accepted in lint.yaml and not found: ${rule}${item === undefined ? "" : ` (${item})`}; remove it`),
    ),
  ];
  return [paint.bold(server), ...blocks, ...notes].join("\n");
}

const MOST_NAMED = 4;

/** Items of which the same was found stand on one line. */
function rowsOf(findings: readonly LintFinding[]): readonly (readonly string[])[] {
  const same = Map.groupBy(findings, ({ path, found }) => (path === "" ? found : `${path}: ${found}`));
  return [...same].map(([found, alike]) => {
    const items = [...new Set(alike.map(({ item }) => item))];
    const more = items.length > MOST_NAMED ? ` and ${items.length - MOST_NAMED + 1} more` : "";
    return [`${items.slice(0, more === "" ? MOST_NAMED : MOST_NAMED - 1).join(", ")}${more}`, found].map(oneLine);
  });
}

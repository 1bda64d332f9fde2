import { createHash } from "node:crypto";
import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";
import { type CompactTable, compactTable, type MatrixFacts } from "./compact.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { actingFor, factsEverywhere, marks, marksOf, signs, verdictOf, verdicts } from "./verdict.ts";

/**
 * One file that needs no network: the table as data, and a script that draws the part of it that is looked at. In pieces;
 * whatever comes from the policies stands in the data or is escaped, and the page's own policy runs no other script.
 */
export function* matrixHtml(table: AccessTable, facts: MatrixFacts): Generator<string> {
  const compact = compactTable(table);
  const everywhere = factsEverywhere(table);
  yield headText();
  yield bodyText(table, facts, everywhere);
  yield '<script type="application/json" id="data">{';
  yield `"verdicts":${dataText(verdictData())},"marks":${dataText(marks)},"targets":${dataText(compact.targets.map(targetData))},`;
  yield `"cells":${dataText(compact.cells.map((cell) => cellData(cell, new Set(everywhere))))},"rows":[`;
  for (const [number, row] of compact.rows.entries()) yield `${number === 0 ? "" : ","}${dataText(rowData(row))}`;
  yield `]}</script>\n<script>${pageScript}</script>\n</body>\n</html>\n`;
}

function headText(): string {
  const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = `default-src 'none'; script-src ${digest(pageScript)}; style-src ${digest(pageStyle)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Who may use what</title>
<style>${pageStyle}</style>
</head>
`;
}

function bodyText(
  { callers, targets, alike, notes }: AccessTable,
  { source, environment, timezone, at }: MatrixFacts,
  everywhere: readonly string[],
): string {
  const legend = [
    ...verdicts.map(
      (verdict) => `<li><span class="cell ${verdict}">${signs[verdict].label}</span> ${escapeHtml(signs[verdict].meaning)}</li>`,
    ),
    ...Object.values(marks).map(
      ({ sign, label, meaning }) => `<li><span class="mark">${sign}</span> ${escapeHtml(`${label}: ${meaning}`)}</li>`,
    ),
  ];
  const told = [
    ...(everywhere.length === 0 ? [] : [`rules look at these facts of every caller, which a table cannot try: ${everywhere.join(", ")}`]),
    ...notes,
  ];
  const list = told.map((note) => `<li>${escapeHtml(note)}</li>`).join("");
  return `<body>
<header>
<h1>Who may use what</h1>
<p class="facts">${escapeHtml(source)} · environment ${escapeHtml(environment)} · ${escapeHtml(new Date(at).toISOString().slice(0, 16).replace("T", " "))} UTC, hours in ${escapeHtml(timezone)} · ${count(callers.length, "caller")}, ${alike.length} of them different, by ${count(targets.length, "target")}</p>
<details><summary>What the signs mean${told.length === 0 ? "" : `, and ${count(told.length, "note")}`}</summary><ul class="legend">${legend.join("")}</ul>${list === "" ? "" : `<ul class="notes">${list}</ul>`}</details>
</header>
<noscript><p>The table is drawn by a script of this file, which the browser did not run. The other formats need none.</p></noscript>
<form id="filters" role="search">
<label>Callers <input id="caller" type="search" placeholder="agent or group" autocomplete="off"></label>
<label>Targets <input id="target" type="search" placeholder="server, tool, effect or risk" autocomplete="off"></label>
<label>Show <select id="only"><option value="">everything</option><option value="open">targets that somebody shown may use</option></select></label>
<nav aria-label="pages"><span id="pages-callers"></span><span id="pages-targets"></span></nav>
</form>
<main><div id="frame" tabindex="0" role="region" aria-label="table of access"></div><aside id="details" aria-live="polite" hidden></aside></main>
`;
}

/** As JSON that no parser of HTML sees a tag in. */
function dataText(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function verdictData(): readonly (readonly [string, string, string])[] {
  return verdicts.map((verdict) => [verdict, signs[verdict].label, signs[verdict].meaning]);
}

function targetData({ kind, id, server, effects, risk }: AccessTarget): readonly string[] {
  return [server, id.slice(server.length + 1), kind, effects.join(" "), risk ?? ""];
}

function cellData(cell: AccessCell, everywhere: ReadonlySet<string>) {
  const { permits, reasons, obligations, conditions, sampled } = cell;
  return {
    ...{ verdict: verdicts.indexOf(verdictOf(cell)), marks: marksOf(cell, everywhere), sampled, when: conditions.when ?? "" },
    ...{ otherwise: conditions.otherwise ?? [], arguments: conditions.arguments, facts: conditions.facts },
    permits: permits.map(({ rule, id }) => (rule === "role" ? `role ${id}` : `${id} of ${rule}`)),
    reasons: reasons.map(({ code, rule, message, remedy }) => [`${code} (${rule})`, message ?? "", remedy ?? ""]),
    obligations: obligations.map(
      ({ type, rule, ...rest }) =>
        `${type} ${Object.entries(rest)
          .map(([key, value]) => `${key} ${value}`)
          .join(", ")} (${rule})`,
    ),
  };
}

function rowData({ callers, runs }: CompactTable["rows"][number]) {
  return { callers: callers.map((caller: AccessCaller) => [caller.agent, actingFor(caller)]), runs };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

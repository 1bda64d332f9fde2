import type { Impact, ImpactRow } from "./report.ts";
import { touched } from "./word-table.ts";
import { type ImpactWord, impactWords } from "./words.ts";

const MOST_ROWS = 20;
const columns: readonly ImpactWord[] = ["would-deny", "would-allow", "would-ask", "changed", "unjudgeable", "same"];

/** For a comment of a pull request. */
export function impactMarkdown(impact: Impact, bundle: string): string {
  const { decisions, from, to, counts, samples, unjudgeable } = impact;
  const span = from === undefined ? "" : ` from ${from} to ${to}`;
  const parts = [
    "## What recorded traffic would have met",
    `${code(bundle)} asked about ${decisions} decisions${span}.`,
    grid(
      ["", "decisions"],
      impactWords.map((word) => [word, String(counts[word])]),
    ),
  ];
  for (const [title, rows] of [
    ["By agent", impact.byAgent],
    ["By target", impact.byTarget],
  ] as const) {
    const cells = cellsOf(rows);
    if (cells.length > 0) parts.push(`### ${title}`, grid(["", ...columns], cells));
  }
  if (impact.byRule.length > 0) {
    const cells = impact.byRule.slice(0, MOST_ROWS).map(({ word, rule, count }) => [word, code(rule), String(count)]);
    parts.push("### By rule", grid(["", "rule", "decisions"], cells));
  }
  if (samples.length > 0) {
    const cells = samples.map(({ word, id, agent, user, target, before, after, message }) => {
      const who = user === undefined ? agent : `${user} via ${agent}`;
      return [word, code(target), code(who), code(`${before} -> ${after}`), code(message ?? ""), code(id)];
    });
    parts.push("### Samples", grid(["", "target", "who", "before -> after", "told", "decision"], cells));
  }
  if (unjudgeable.length > 0)
    parts.push(
      "### Cannot be judged",
      unjudgeable
        .slice(0, MOST_ROWS)
        .map(({ what, count }) => `- ${count}: ${code(what)}`)
        .join("\n"),
    );
  for (const { place, code: fault, file, line } of impact.faults)
    parts.push(`**The log of ${code(place)} does not hold: ${fault} at ${code(`${file}:${line}`)}.** Nothing behind it was looked at.`);
  return parts.join("\n\n");
}

function cellsOf(rows: readonly ImpactRow[]): readonly (readonly string[])[] {
  return rows
    .filter(({ counts }) => touched(counts) > 0)
    .slice(0, MOST_ROWS)
    .map(({ what, counts }) => [code(what), ...columns.map((word) => String(counts[word]))]);
}

function grid(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const row = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...cells.map(row)].join("\n");
}

/**
 * What stands in a log was written by strangers: it must not end a cell, nor become a link, or call a person or an issue, as
 * even escaped signs and bare addresses do in a comment. In code nothing of it means anything.
 */
function code(text: string): string {
  const inert = text.replace(/[`|]/g, "'").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return inert.trim() === "" ? "" : `\`${inert}\``;
}

import { oneLine } from "../../core/one-line.ts";
import type { Paint, Table } from "../paint.ts";
import type { Counted } from "../records/index.ts";
import type { Impact, ImpactRow, Sample } from "./report.ts";
import { touched } from "./word-table.ts";
import { type ImpactWord, impactWords } from "./words.ts";

const MOST_ROWS = 20;
const columns: readonly ImpactWord[] = ["would-deny", "would-allow", "would-ask", "changed", "unjudgeable"];
const says: Readonly<Record<ImpactWord, string>> = {
  same: "the same answer",
  changed: "the same answer with other obligations or redactions",
  "would-deny": "denied, where it was not",
  "would-allow": "allowed, where it was not",
  "would-ask": "an approval is asked for, where none was",
  unjudgeable: "the record does not hold what would decide",
};

export function impactText(impact: Impact, bundle: string, paint: Paint, table: Table): string {
  const { decisions, from, to, counts } = impact;
  const span = from === undefined ? "" : `, ${from} to ${to}`;
  const lines = [
    `${paint.bold(bundle)} asked about ${decisions} recorded decision${decisions === 1 ? "" : "s"}${span}: ${answer(counts)}`,
    "",
  ];
  lines.push(table(impactWords.map((word) => [colour(word, counts[word], paint)(word), String(counts[word]), paint.dim(says[word])])));
  lines.push(...rows("By agent", "agent", impact.byAgent, paint, table), ...rows("By target", "target", impact.byTarget, paint, table));
  if (impact.byRule.length > 0) {
    const shown = impact.byRule.map(({ word, rule, count }) => [word, String(count), oneLine(rule)]);
    lines.push("", paint.bold("By rule"), table(cut(shown, ["", "", `… and ${shown.length - MOST_ROWS} more`])));
  }
  if (impact.samples.length > 0) lines.push("", paint.bold("Samples"), ...impact.samples.flatMap((one) => sampleLines(one, paint)));
  lines.push(...counted("Cannot be judged", impact.unjudgeable, paint, table));
  lines.push(...counted("Turned away before policy was asked, and not on record for another bundle", impact.turnedAway, paint, table));
  lines.push(...counted("Not compared", impact.notCompared, paint, table));
  for (const { place, code, file, line } of impact.faults)
    lines.push(
      "",
      `${paint.red(`The log of "${place}" does not hold: ${code} at ${file}${line > 0 ? `:${line}` : ""}.`)} Nothing behind it was looked at.`,
    );
  return lines.join("\n");
}

/** What the first line ends with; what cannot be judged is never counted as the same. */
function answer(counts: Impact["counts"]): string {
  const otherwise = touched(counts) - counts.unjudgeable;
  const told = otherwise === 0 ? "nothing would be otherwise" : `${otherwise} would be otherwise`;
  return counts.unjudgeable === 0 ? told : `${told}, ${counts.unjudgeable} cannot be judged`;
}

function colour(word: ImpactWord, count: number, paint: Paint): (text: string) => string {
  if (count === 0) return paint.dim;
  if (word === "would-allow") return paint.red;
  return word === "same" ? paint.green : paint.yellow;
}

function rows(title: string, head: string, all: readonly ImpactRow[], paint: Paint, table: Table): readonly string[] {
  const shown = all.filter(({ counts }) => touched(counts) > 0);
  if (shown.length === 0) return [];
  const cells = shown.map(({ what, counts }) => [oneLine(what), ...columns.map((word) => String(counts[word])), String(counts.same)]);
  const header = [head, ...columns, "same"].map((text) => paint.dim(text));
  return ["", paint.bold(title), table([header, ...cut(cells, [`… and ${cells.length - MOST_ROWS} more (--json has all)`])])];
}

function cut(cells: readonly (readonly string[])[], more: readonly string[]): readonly (readonly string[])[] {
  return cells.length <= MOST_ROWS ? cells : [...cells.slice(0, MOST_ROWS), more];
}

function sampleLines({ word, id, time, agent, user, target, before, after, causes, message }: Sample, paint: Paint): readonly string[] {
  const who = user === undefined ? agent : `${user} via ${agent}`;
  const because = causes.length === 0 ? "" : `  ${causes.join(", ")}`;
  return [
    `  ${word}  ${oneLine(target)}  ${oneLine(who)}  ${paint.dim(`${time}  ${id}`)}`,
    `    ${before} -> ${after}${paint.dim(oneLine(because))}`,
    ...(message === undefined ? [] : [`    ${oneLine(message)}`]),
  ];
}

function counted(title: string, all: readonly Counted[], paint: Paint, table: Table): readonly string[] {
  if (all.length === 0) return [];
  return [
    "",
    paint.bold(title),
    table(
      cut(
        all.map(({ what, count }) => [String(count), oneLine(what)]),
        ["", `… and ${all.length - MOST_ROWS} more`],
      ),
    ),
  ];
}

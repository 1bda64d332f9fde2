import { oneLine } from "../../core/one-line.ts";
import type { Paint, Table } from "../paint.ts";
import { type Difference, holds, type Replay, type ReplayCounts } from "./report.ts";

const MOST_ROWS = 20;

export function replayText(replay: Replay, paint: Paint, table: Table): string {
  const { decisions, lists, admissions } = replay;
  const heading = ["", "replayed", "equal", "different", "not judgeable"].map((text) => paint.dim(text));
  const lines = [
    verdictOf(replay, paint),
    table([heading, row("decisions", decisions), row("lists", lists), row("admissions", admissions)]),
    ...reasons([decisions, lists, admissions], paint, table),
    ...lost(replay, paint, table),
    ...replay.differences.flatMap((one) => differenceLines(one, paint)),
    ...replay.faults.flatMap(({ place, code, file, line, found, wanted }) => [
      "",
      paint.red(`The log of "${place}" does not hold: ${code} at ${file}${line > 0 ? `:${line}` : ""}`),
      table([
        [paint.dim("found"), found],
        [paint.dim("wanted"), wanted],
      ]),
      "Nothing behind this place was replayed.",
    ]),
    "",
    paint.dim(
      `Read and verified ${replay.logs.records} records of ${replay.logs.logs} ${replay.logs.logs === 1 ? "log" : "logs"}. Results of servers are not in a log: what was`,
    ),
    paint.dim("redacted or withheld of them is not replayed."),
  ];
  return lines.join("\n");
}

function verdictOf(replay: Replay, paint: Paint): string {
  const { decisions, lists, admissions } = replay;
  const of = (member: "replayed" | "different") => decisions[member] + lists[member] + admissions[member];
  if (of("different") > 0) return paint.red(`${of("different")} of ${of("replayed")} records come out otherwise than they were recorded.`);
  if (!holds(replay)) return paint.red("What could be replayed came out as it was recorded; not everything could.");
  if (of("replayed") === 0) return "There was nothing to replay.";
  return paint.green("Everything that was replayed came out as it was recorded.");
}

function row(what: string, { replayed, equal, different, unjudgeable }: ReplayCounts): readonly string[] {
  return [what, String(replayed), String(equal), String(different), String(unjudgeable.count)];
}

function reasons(all: readonly ReplayCounts[], paint: Paint, table: Table): readonly string[] {
  const cells = all.flatMap(({ unjudgeable }) => unjudgeable.by.map(({ what, count }) => [String(count), oneLine(what)]));
  return cells.length === 0 ? [] : ["", paint.bold("Not judgeable, because"), table(cells.slice(0, MOST_ROWS))];
}

function lost({ withoutBundle }: Replay, paint: Paint, table: Table): readonly string[] {
  if (withoutBundle.length === 0) return [];
  return [
    "",
    paint.bold("Without a bundle"),
    table(withoutBundle.slice(0, MOST_ROWS).map(({ records, detail }) => [String(records), detail])),
  ];
}

function differenceLines({ id, time, what, target, members, recorded, again, place }: Difference, paint: Paint): readonly string[] {
  return [
    "",
    `${paint.red("different")}  ${what} ${oneLine(target)}  ${paint.dim(`${time}  ${id}  ${place}`)}`,
    `  ${members.join(", ")}`,
    `  ${paint.dim("recorded")}  ${JSON.stringify(only(recorded, members))}`,
    `  ${paint.dim("now")}       ${JSON.stringify(only(again, members))}`,
  ];
}

function only(value: unknown, members: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => members.includes(key)));
}

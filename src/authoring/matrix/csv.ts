import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";
import { verdictOf } from "./verdict.ts";

const header = [
  ...["agent", "kind", "groups", "target_kind", "target", "server", "target_effects", "risk", "verdict", "state", "effect", "sampled"],
  ...["arguments", "when", "otherwise", "facts", "permits", "reasons", "obligations"],
];

/** One line a cell, RFC 4180, as pieces that can be written one after the other: a large table is gigabytes. */
export function* matrixCsv(table: AccessTable): Generator<string> {
  yield lineOf(header);
  // Few cells differ, so that their part of the line is written once each.
  const endings = new Map<AccessCell, string>();
  const targets = table.targets.map((target) => ({ target, text: fields(targetFields(target)) }));
  for (const caller of table.callers) {
    const start = fields(callerFields(caller));
    let lines = "";
    for (const { target, text } of targets) {
      const cell = table.cell(caller, target);
      const ending = endings.get(cell) ?? fields(cellFields(cell));
      endings.set(cell, ending);
      lines += `${start},${text},${ending}\r\n`;
    }
    yield lines;
  }
}

function callerFields({ agent, kind, groups }: AccessCaller): readonly string[] {
  return [agent, kind, groups === undefined ? "" : groups.join("; ")];
}

function targetFields({ kind, id, server, effects, risk }: AccessTarget): readonly string[] {
  return [kind, id, server, effects.join(" "), risk ?? ""];
}

function cellFields(cell: AccessCell): readonly string[] {
  const { state, effect, sampled, permits, reasons, obligations, conditions } = cell;
  return [
    ...[verdictOf(cell), state, effect ?? "", String(sampled), String(conditions.arguments), conditions.when ?? ""],
    ...[(conditions.otherwise ?? []).join(" "), conditions.facts.join(" ")],
    permits.map(({ rule, id }) => `${rule}:${id}`).join(" "),
    reasons.map(({ rule, code }) => `${rule}:${code}`).join(" "),
    obligations.map((obligation) => JSON.stringify(obligation)).join(" "),
  ];
}

function lineOf(values: readonly string[]): string {
  return `${fields(values)}\r\n`;
}

function fields(values: readonly string[]): string {
  return values.map(field).join(",");
}

/** A spreadsheet runs what begins like this: an agent named `=HYPERLINK(…)` must stay a name. */
const formula = /^[\s]*[=+\-@\t\r]/;

function field(value: string): string {
  const defused = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(defused) || defused !== defused.trim() ? `"${defused.replaceAll('"', '""')}"` : defused;
}

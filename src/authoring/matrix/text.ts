import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";
import {
  actingFor,
  differentCells,
  factsEverywhere,
  type Mark,
  marks,
  marksOf,
  signs,
  type Verdict,
  verdictOf,
  verdicts,
} from "./verdict.ts";

export type Paint = Readonly<Record<"bold" | "dim" | "green" | "yellow" | "red", (text: string) => string>>;

export interface TextOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: Paint;
}

/** One column: callers whose every cell is the same. */
interface Column {
  readonly caller: AccessCaller;
  readonly alike: readonly AccessCaller[];
  readonly title: string;
}

const INDENT = "  ";
const GAP = 2;
/** More than this nobody reads on a terminal: it is summed up instead. */
const LINES = 500;
const CALLERS_SUMMED = 200;

/** Tools in rows, callers in columns, as many blocks of columns as the width makes necessary. */
export function matrixText(table: AccessTable, { width, paint }: TextOptions): string {
  if (table.callers.length === 0 || table.targets.length === 0) return [...notesText(table), "there is nothing to show"].join("\n");
  const everywhere = new Set(factsEverywhere(table));
  const columns = columnsOf(table);
  const names = Math.max(...table.targets.map((target) => INDENT.length + nameOf(target).length), 8);
  const cellWidth = 1 + Math.max(...[...differentCells(table)].map((cell) => marksOf(cell, everywhere).length));
  const blocks = blocksOf(columns, names, width, cellWidth);
  const lines = blocks.length * (table.targets.length + 4);
  const body =
    lines > LINES
      ? summary(table, columns, paint)
      : blocks.map((block) => blockText(table, block, { names, everywhere, paint })).join("\n\n");
  return [body, key(columns, blocks, paint), legend(table, everywhere, paint), ...notesText(table)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function columnsOf(table: AccessTable): readonly Column[] {
  return table.alike.flatMap((alike) => {
    const [caller] = alike;
    return caller === undefined ? [] : [{ caller, alike, title: `${caller.agent} ${actingFor(caller)}` }];
  });
}

interface Block {
  readonly columns: readonly { readonly column: Column; readonly head: readonly string[]; readonly width: number }[];
}

/** Under their names where they all fit, else under numbers that the key explains. */
function blocksOf(columns: readonly Column[], names: number, width: number, cellWidth: number): readonly Block[] {
  const named = columns.map((column) => {
    const head = [column.caller.agent, shortly(column)];
    return { column, head, width: Math.max(...head.map((text) => text.length), cellWidth) + GAP };
  });
  if (names + named.reduce((sum, one) => sum + one.width, 0) <= width) return [{ columns: named }];
  const numberWidth = Math.max(String(columns.length).length, cellWidth) + GAP;
  const numbered = columns.map((column, at) => ({ column, head: [String(at + 1)], width: numberWidth }));
  const count = Math.max(1, Math.floor((width - names) / numberWidth));
  return Array.from({ length: Math.ceil(numbered.length / count) }, (_, block) => ({
    columns: numbered.slice(block * count, (block + 1) * count),
  }));
}

function shortly({ caller, alike }: Column): string {
  const text = actingFor(caller).replace("for a user in no group", "no group");
  return alike.length > 1 ? `${text} (${alike.length})` : text;
}

interface BlockStyle {
  readonly names: number;
  readonly everywhere: ReadonlySet<string>;
  readonly paint: Paint;
}

function blockText(table: AccessTable, { columns }: Block, { names, everywhere, paint }: BlockStyle): string {
  const rows: string[] = [];
  for (let line = 0; line < (columns[0]?.head.length ?? 0); line++) {
    const heads = columns.map(({ head, width }) => pad(head[line] ?? "", width));
    rows.push(paint.dim(`${pad("", names)}${" ".repeat(GAP)}${heads.join("")}`.trimEnd()));
  }
  let server = "";
  for (const target of table.targets) {
    if (target.server !== server) {
      server = target.server;
      rows.push(paint.bold(server));
    }
    const cells = columns.map(({ column, width }) => cellText(table.cell(column.caller, target), width, everywhere, paint));
    rows.push(`${pad(`${INDENT}${nameOf(target)}`, names)}${" ".repeat(GAP)}${cells.join("")}`.trimEnd());
  }
  return rows.join("\n");
}

function cellText(cell: AccessCell, width: number, everywhere: ReadonlySet<string>, paint: Paint): string {
  const verdict = verdictOf(cell);
  const told = marksOf(cell, everywhere)
    .map((mark) => marks[mark].sign)
    .join("");
  return (
    colourOf(verdict, paint)(signs[verdict].sign) + (told === "" ? "" : paint.dim(told)) + " ".repeat(Math.max(0, width - 1 - told.length))
  );
}

function colourOf(verdict: Verdict, paint: Paint): (text: string) => string {
  return { allow: paint.green, ask: paint.yellow, deny: paint.red, closed: paint.red, unknown: paint.dim }[verdict];
}

/** Prompts and resources beside tools of the same name are told apart. */
function nameOf({ kind, id, server }: AccessTarget): string {
  const name = id.slice(server.length + 1);
  return kind === "tool" ? name : `${name} (${kind})`;
}

/** What each caller may do, in numbers: for tables that no screen holds. */
function summary(table: AccessTable, columns: readonly Column[], paint: Paint): string {
  const title = `${table.callers.length} callers, ${columns.length} of them different, by ${table.targets.length} targets are more than a screen holds: --format html or csv shows them all.`;
  const rows = columns.slice(0, CALLERS_SUMMED).map(({ title: caller, alike, caller: of }) => {
    const counts = new Map<Verdict, number>();
    for (const target of table.targets) {
      const verdict = verdictOf(table.cell(of, target));
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    }
    return [
      ...verdicts.map((verdict) => String(counts.get(verdict) ?? 0).padStart(8)),
      `  ${caller}${alike.length > 1 ? ` (and ${alike.length - 1} alike)` : ""}`,
    ].join("");
  });
  const more = columns.length - rows.length;
  const head = paint.dim(`${verdicts.map((verdict) => signs[verdict].label.padStart(8)).join("")}  caller`);
  return [title, "", head, ...rows, ...(more > 0 ? [`and ${more} others`] : [])].join("\n");
}

const ALIKE_NAMED = 6;

/** Which number stands for whom, and who is like whom. */
function key(columns: readonly Column[], blocks: readonly Block[], paint: Paint): string {
  const numbered = blocks[0]?.columns[0]?.head.length === 1;
  const lines = columns.slice(0, CALLERS_SUMMED).flatMap(({ title, alike }, at) => {
    const others = alike.slice(1, ALIKE_NAMED + 1).map((caller) => `${caller.agent} ${actingFor(caller)}`);
    const more = alike.length - 1 - others.length;
    const like = others.length === 0 ? "" : `${paint.dim("; the same: ")}${others.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    if (numbered) return [`${INDENT}${String(at + 1).padStart(3)}  ${title}${like}`];
    return like === "" ? [] : [`${INDENT}${title}${like}`];
  });
  return lines.length === 0 ? "" : [paint.dim(numbered ? "callers" : "callers that may do the same"), ...lines].join("\n");
}

/** Only what stands in this table is explained. */
function legend(table: AccessTable, everywhere: ReadonlySet<string>, paint: Paint): string {
  const used = new Set<Verdict>();
  const marked = new Set<Mark>();
  const whens = new Set<string>();
  for (const cell of differentCells(table)) {
    used.add(verdictOf(cell));
    for (const mark of marksOf(cell, everywhere)) marked.add(mark);
    if (cell.conditions.when !== undefined) whens.add(cell.conditions.when);
  }
  const lines = verdicts
    .filter((verdict) => used.has(verdict))
    .map((verdict) => `${INDENT}${colourOf(verdict, paint)(signs[verdict].sign)}  ${signs[verdict].meaning}`);
  for (const mark of ["arguments", "time", "facts"] as const) {
    if (marked.has(mark))
      lines.push(`${INDENT}${paint.dim(marks[mark].sign)}  ${marks[mark].meaning}${mark === "time" ? `: ${listed([...whens])}` : ""}`);
  }
  if (everywhere.size > 0)
    lines.push(`${INDENT}rules look at these facts of every caller, which a table cannot try: ${[...everywhere].join(", ")}`);
  return lines.join("\n");
}

const WHENS_NAMED = 8;

function listed(texts: readonly string[]): string {
  const more = texts.length - WHENS_NAMED;
  return `${texts.slice(0, WHENS_NAMED).join(" | ")}${more > 0 ? ` and ${more} others` : ""}`;
}

function notesText({ notes }: AccessTable): readonly string[] {
  return notes.length === 0 ? [] : [notes.map((note) => `note: ${note}`).join("\n")];
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - text.length));
}

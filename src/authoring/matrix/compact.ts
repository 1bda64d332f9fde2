import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";

/** A table as data: equal cells and equal rows stand once. */
export interface CompactTable {
  readonly targets: readonly AccessTarget[];
  readonly cells: readonly AccessCell[];
  readonly rows: readonly {
    /** Callers that have exactly these cells. */
    readonly callers: readonly AccessCaller[];
    /** Runs over the targets in order: place in `cells`, number of targets, and so on in turn. */
    readonly runs: readonly number[];
  }[];
}

export function compactTable(table: AccessTable): CompactTable {
  const places = new Map<AccessCell, number>();
  const rows = table.alike.map((callers) => {
    const [caller] = callers;
    const runs: number[] = [];
    for (const target of caller === undefined ? [] : table.targets) {
      const cell = caller && table.cell(caller, target);
      if (cell === undefined) continue;
      const place = places.get(cell) ?? places.size;
      places.set(cell, place);
      if (runs.at(-2) === place) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
      else runs.push(place, 1);
    }
    return { callers, runs };
  });
  return { targets: table.targets, cells: [...places.keys()], rows };
}

export interface MatrixFacts {
  /** What was asked: a folder or a bundle. */
  readonly source: string;
  readonly environment: string;
  readonly timezone: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** One JSON object, in pieces. */
export function* matrixJson(table: AccessTable, { source, environment, timezone, at }: MatrixFacts): Generator<string> {
  const { targets, cells, rows } = compactTable(table);
  const head = { ok: true, version: 1, source, environment, timezone, at: new Date(at).toISOString(), notes: table.notes, targets, cells };
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  for (const [number, row] of rows.entries()) yield `${number === 0 ? "" : ","}${JSON.stringify(row)}`;
  yield "]}\n";
}

import { z } from "zod";
import type { Coverage, FileCoverage } from "./test-run.ts";

const rangeSchema = z.object({ start: z.object({ row: z.number() }), end: z.object({ row: z.number() }) });
const fileSchema = z.object({ covered: z.array(rangeSchema).default([]), not_covered: z.array(rangeSchema).default([]) });

/** What `opa test --coverage` prints, and what `opa eval --coverage` has under `coverage`. */
export const coverageSchema = z.object({ files: z.record(z.string(), fileSchema).default({}) });
export type OpaCoverage = z.infer<typeof coverageSchema>;

/** A line counts as covered if any of the runs reached it. Tests and the product library are left out. */
export function mergeCoverage(runs: readonly OpaCoverage[], authorFiles: Iterable<string>): Coverage {
  const files = [...authorFiles].sort().map((file) =>
    fileCoverage(
      file,
      runs.flatMap((run) => run.files[file] ?? []),
    ),
  );
  const covered = files.reduce((sum, one) => sum + one.covered, 0);
  const missed = files.reduce((sum, one) => sum + linesIn(one), 0);
  return { percent: percentOf(covered, missed), files };
}

function fileCoverage(file: string, runs: readonly z.infer<typeof fileSchema>[]): FileCoverage {
  const covered = new Set(runs.flatMap((run) => run.covered.flatMap(rowsOf)));
  const missed = new Set(runs.flatMap((run) => run.not_covered.flatMap(rowsOf)).filter((row) => !covered.has(row)));
  return { file, percent: percentOf(covered.size, missed.size), covered: covered.size, uncovered: stretches(missed) };
}

function rowsOf({ start, end }: z.infer<typeof rangeSchema>): readonly number[] {
  return Array.from({ length: end.row - start.row + 1 }, (_, at) => start.row + at);
}

function stretches(rows: ReadonlySet<number>): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const row of [...rows].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === row - 1) last[1] = row;
    else found.push([row, row]);
  }
  return found;
}

function linesIn({ uncovered }: FileCoverage): number {
  return uncovered.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** Where there is nothing to reach, nothing is missed. Never rounded up to a hundred. */
function percentOf(covered: number, missed: number): number {
  return covered + missed === 0 ? 100 : Math.floor((covered * 1000) / (covered + missed)) / 10;
}

import { err, ok, type Result } from "../../core/result.ts";
import type { Place } from "./place.ts";
import { type BrokenLog, type HeldRecord, type NoLog, readRecords } from "./read-records.ts";

/** Everything that was recorded under one decision id. */
export interface FoundRecords {
  /** In the order they were written: intent and outcome, or a refusal; a question and its answer. At least one. */
  readonly records: readonly HeldRecord[];
  /** Later legs of it name it in `resumes`; questions asked in it name it in `of`. */
  readonly related: readonly HeldRecord[];
  /** Logs that do not hold to their end: what stands behind the fault was not looked at. */
  readonly faults: readonly BrokenLog[];
}

export type NotFound =
  | NoLog
  /** No record has the id. With faults, it may stand behind one. */
  | { readonly kind: "no_record"; readonly detail: string; readonly faults: readonly BrokenLog[] };

const MOST_RELATED = 100;

/** Looks in all places. Every log is verified as far as it is read. */
export async function recordsOf(id: string, places: readonly Place[]): Promise<Result<FoundRecords, NotFound>> {
  const records: HeldRecord[] = [];
  const related: HeldRecord[] = [];
  let [first, last]: [unknown, unknown] = [undefined, undefined];
  const read = await readRecords(places, {}, (record) => {
    const { value } = record;
    first ??= value.time;
    last = value.time ?? last;
    if (value.id === id) records.push(record);
    else if ((value.resumes === id || value.of === id) && related.length < MOST_RELATED) related.push(record);
  });
  if (!read.ok) return read;
  const { faults } = read.value;
  if (records.length > 0) return ok({ records, related, faults });
  const where = places.map(({ name }) => `"${name}"`).join(", ");
  const span = first === undefined ? "" : `, from ${String(first)} to ${String(last)}`;
  return err({ kind: "no_record", detail: `"${id}" is in none of the ${read.value.records} records of ${where}${span}`, faults });
}

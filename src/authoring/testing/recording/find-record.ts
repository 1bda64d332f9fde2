import { readdir } from "node:fs/promises";
import { err, ok, type Result } from "../../../core/result.ts";
import { type LogRecord, tailLog } from "../../../parts/decisions/index.ts";

/** What is said where a decision is not in a log; `unavailable` where there is no log at all. */
export interface NoRecord {
  readonly kind: "unknown" | "unavailable";
  readonly detail: string;
}

/** The record of a decision that says what policy was asked; of an id without such a record the first that has it. */
export async function findRecord(folder: string, id: string): Promise<Result<LogRecord, NoRecord>> {
  if (!(await isFolder(folder))) return err({ kind: "unavailable", detail: `"${folder}": there is no such folder` });
  let looked = 0;
  let first: unknown;
  let last: unknown;
  let found: LogRecord | undefined;
  for await (const record of tailLog(folder)) {
    looked += 1;
    first ??= record.time;
    last = record.time ?? last;
    if (record.id !== id) continue;
    found ??= record;
    if (record.input !== undefined) return ok(record);
  }
  if (found !== undefined) return ok(found);
  if (looked === 0)
    return err({ kind: "unavailable", detail: `found no log in "${folder}"; wanted the folder log/ of a gateway's data_dir` });
  const span = first === undefined ? "" : ` from ${String(first)} to ${String(last)}`;
  return err({ kind: "unknown", detail: `"${id}" is in none of the ${looked} records of "${folder}",${span}` });
}

async function isFolder(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}

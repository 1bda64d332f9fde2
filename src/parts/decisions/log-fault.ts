import { hash } from "node:crypto";
import { recordStart } from "./line.ts";
import { readLines } from "./line-reader.ts";

export interface LogFault {
  /**
   * `changed`: the line's bytes are not those that were written. `dropped`: lines are missing before this one.
   * `moved`: lines stand in another order. `torn_end`: the last line is not whole. `truncated`: the log ends before the
   * head that was given, or that its successor names. `rewritten`: the line at the given head is another one.
   */
  readonly code: "changed" | "dropped" | "moved" | "missing_segment" | "missing_log" | "torn_end" | "truncated" | "rewritten";
  /** Relative to the folder. */
  readonly file: string;
  /** From 1; 0 where no line can be named. */
  readonly line: number;
  readonly found: string;
  readonly wanted: string;
}

/** The chain up to and with line `line`. */
export interface Chain {
  readonly line: number;
  /** The hash of that line. */
  readonly prev: string;
  /** Records so far. */
  readonly count: number;
}

/** Says what happened at a line that does not follow the chain. Reads the rest of its segment once more. */
export async function diagnose(path: string, file: string, chain: Chain, bytes: Buffer): Promise<LogFault> {
  const line = chain.line + 1;
  const start = recordStart(bytes);
  const changed: LogFault = { code: "changed", file, line, found: shorten(bytes), wanted: `record ${chain.count} after ${chain.prev}` };
  if (start === undefined || start.prev === chain.prev) return changed;
  const ahead = await lookAhead(path, line, chain.count);
  if (start.seq !== chain.count) {
    const code = start.seq < chain.count || ahead.movedTo !== undefined ? "moved" : "dropped";
    const where = ahead.movedTo === undefined ? "" : `, which is line ${ahead.movedTo}`;
    return { code, file, line, found: `record ${start.seq}`, wanted: `record ${chain.count}${where}` };
  }
  // Either this line's `prev` was changed, or the line before was. The line after tells whether this one is whole.
  if (ahead.next !== undefined && ahead.next !== hash("sha256", bytes, "hex")) return changed;
  return { code: "changed", file, line: chain.line, found: chain.prev, wanted: start.prev };
}

/** Whether a segment's first line is what its second line follows; a segment without a second line counts as whole. */
export async function isWholeHeader(path: string, bytes: Buffer): Promise<boolean> {
  const { next } = await lookAhead(path, 1, -1);
  return next === undefined || next === hash("sha256", bytes, "hex");
}

async function lookAhead(path: string, line: number, seq: number): Promise<{ next: string | undefined; movedTo: number | undefined }> {
  let at = 0;
  let next: string | undefined;
  for await (const batch of readLines(path)) {
    for (const bytes of batch) {
      at += 1;
      if (at <= line) continue;
      const start = recordStart(bytes);
      if (at === line + 1) next = start?.prev;
      if (start?.seq === seq) return { next, movedTo: at };
    }
  }
  return { next, movedTo: undefined };
}

function shorten(bytes: Buffer): string {
  return bytes.toString("utf8", 0, 120);
}

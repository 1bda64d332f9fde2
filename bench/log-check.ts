import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { verifyLog } from "../src/parts/decisions/index.ts";

export interface Recorded {
  readonly intents: number;
  readonly outcomes: number;
  readonly records: number;
  /** Why the log does not hold, if it does not. */
  readonly fault?: string;
}

const NEWLINE = 0x0a;
/** Kind and position stand before this. */
const START_BYTES = 200;

/** Verifies the log of a gate that has stopped, and counts its records. */
export async function checkLog(folder: string): Promise<Recorded> {
  const verified = await verifyLog(folder);
  const { withoutOutcome, withoutIntent, aborted, gaps } = verified.pairs;
  const unpaired = withoutOutcome.count + withoutIntent.count + aborted + gaps;
  let fault = verified.fault && `${verified.fault.code} at ${verified.fault.file}:${verified.fault.line}`;
  if (fault === undefined && !verified.ok) fault = "it does not verify";
  if (fault === undefined && unpaired > 0) fault = `${unpaired} records without their counterpart, or gaps`;
  const counted = await countKinds(folder);
  return { ...counted, records: verified.records, ...(fault === undefined ? {} : { fault }) };
}

async function countKinds(folder: string): Promise<{ readonly intents: number; readonly outcomes: number }> {
  let intents = 0;
  let outcomes = 0;
  for (const file of await segments(folder)) {
    await forEachLine(file, (start) => {
      if (start.includes('"kind":"intent"')) intents += 1;
      else if (start.includes('"kind":"outcome"')) outcomes += 1;
    });
  }
  return { intents, outcomes };
}

/** Inputs of up to `wanted` calls, exactly as policy was asked. */
export async function recordedInputs(folder: string, wanted: number): Promise<readonly string[]> {
  const inputs: string[] = [];
  for (const file of await segments(folder)) {
    for await (const chunk of createReadStream(file, { encoding: "utf8", end: 16 * 1024 * 1024 })) {
      for (const found of String(chunk).matchAll(
        /"entrypoint":"toolgate\/decide","input":(\{[^\n]*\}),"args_digest":"[^"]*","decision":/g,
      )) {
        if (found[1] !== undefined && inputs.push(found[1]) === wanted) return inputs;
      }
    }
  }
  return inputs;
}

async function segments(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(".jsonl")).map((name) => join(folder, name));
}

async function forEachLine(file: string, visit: (start: string) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      visit(bytes.toString("latin1", from, Math.min(end, from + START_BYTES)));
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

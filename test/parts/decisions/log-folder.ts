import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { randomIds } from "../../../src/core/ids.ts";
import { type OpenedLog, type OpenLogOptions, openLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

export const START = Date.parse("2026-10-01T08:00:00Z");

export async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "decisions-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "log");
}

export function logOptions(dir: string, options: Partial<OpenLogOptions> = {}): OpenLogOptions {
  return {
    dir,
    clock: manualClock(START),
    ids: randomIds(),
    logger: silentLogger,
    segmentBytes: 1 << 20,
    stallMs: 2000,
    instance: "gate-1",
    ...options,
  };
}

/** Opens a log that the test closes at its end, if it has not done so itself. */
export async function opened(dir: string, options: Partial<OpenLogOptions> = {}): Promise<OpenedLog> {
  const result = await openLog(logOptions(dir, options));
  if (!result.ok) throw new Error(result.error.detail);
  onTestFinished(() => result.value.log.close());
  return result.value;
}

/** Every segment file, oldest first, relative to the folder. */
export async function segmentFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  return names.filter((name) => name.endsWith(".jsonl")).sort();
}

/** Every line of every log in the folder. */
export async function allLines(dir: string): Promise<string[]> {
  const lines: string[] = [];
  for (const file of await segmentFiles(dir)) {
    const text = await readFile(join(dir, file), "utf8");
    lines.push(...text.split("\n").filter((line) => line !== ""));
  }
  return lines;
}

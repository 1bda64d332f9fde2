import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "./place.ts";

/** Bytes of all segments of these logs, as they are now. */
export async function logSize(places: readonly Place[]): Promise<number> {
  let bytes = 0;
  for (const { logFolder } of places) {
    for (const name of await readdir(logFolder, { recursive: true }))
      if (name.endsWith(".jsonl")) bytes += (await stat(join(logFolder, name))).size;
  }
  return bytes;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Digest } from "../../core/digest.ts";
import { isMissing } from "../../core/errors.ts";
import { replaceFile } from "../../platform/durable-file.ts";
import { Lane } from "../../platform/lane.ts";
import { type Floor, floorId, mustWrite, type SequenceFloor } from "./sequence-floor.ts";

const digest = z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)]);
const fileSchema = z.strictObject({
  version: z.literal(1),
  floors: z.record(z.string(), z.strictObject({ sequence: z.int().min(1), digest: digest.transform((text): Digest => text) })),
});

/** The floors in one file of the data directory, which one process holds locked. */
export function fileSequenceFloor(directory: string): SequenceFloor {
  const path = join(directory, "bundle-sequence.json");
  // One writer at a time: two that read the same file would each drop the other's floor.
  const lane = new Lane();
  return {
    read: async (key) => (await load(path)).get(floorId(key)),
    raise: (key, floor) =>
      lane.do(async () => {
        const floors = await load(path);
        if (!mustWrite(floors.get(floorId(key)), floor)) return;
        floors.set(floorId(key), { sequence: floor.sequence, digest: floor.digest });
        await store(path, floors);
      }),
  };
}

async function load(path: string): Promise<Map<string, Floor>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return new Map();
    throw error;
  }
  // A file that is there and cannot be read is a lost floor, never an empty one: an attacker could break it to play back.
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success)
    throw new Error(`found a broken sequence file "${path}"; restore it from a backup, or set min_sequence and remove it`);
  return new Map(Object.entries(parsed.data.floors));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function store(path: string, floors: ReadonlyMap<string, Floor>): Promise<void> {
  await replaceFile(path, `${JSON.stringify({ version: 1, floors: Object.fromEntries(floors) }, null, 2)}\n`);
}

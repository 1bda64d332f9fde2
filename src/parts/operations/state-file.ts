import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isMissing, messageOf } from "../../core/errors.ts";
import { replaceFile } from "../../platform/durable-file.ts";
import { type Kept, lineSchema, nameOfKey } from "./kept-state.ts";
import type { OperationsKey } from "./operations.ts";
import { firstIssue, stateSchema } from "./state-schema.ts";
import { type Tally, tallySchema } from "./tally.ts";

const fileSchema = z.strictObject({
  version: z.literal(1),
  tenant: z.string(),
  environment: z.string(),
  name: z.string(),
  line: lineSchema,
  state: stateSchema,
  /** By rollout; only where no Redis keeps them. */
  counts: z.record(z.string(), tallySchema).exactOptional(),
});

export interface StateFile extends Kept {
  readonly counts?: Readonly<Record<string, Tally>>;
}

/** Makes the folder of this line of bundles within the data directory. */
export async function openFolder(dataDir: string, key: OperationsKey): Promise<string> {
  const folder = join(dataDir, "operations", nameOfKey(key));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * What was kept; `undefined` only where there is no file. Throws for one that is there and cannot be used: taken for an
 * empty one, whoever breaks it would lift every quarantine.
 */
export async function readStateFile(folder: string, key: OperationsKey): Promise<StateFile | undefined> {
  const path = pathIn(folder);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`cannot read "${path}": ${messageOf(error)}; make it readable for the gateway`, { cause: error });
  }
  const value = parse(text);
  const newer = z.looseObject({ version: z.number().gt(1) }).safeParse(value);
  if (newer.success)
    throw new Error(`found version ${newer.data.version} of the file "${path}", wanted 1; start the newer gateway that wrote it`);
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw new Error(`found a broken file "${path}" (${firstIssue(parsed.error)}); ${remedy}`);
  const { version: _, tenant, environment, name, ...kept } = parsed.data;
  if (nameOfKey({ tenant, environment, name }) !== nameOfKey(key)) {
    throw new Error(`found the operations of "${tenant}", "${environment}", "${name}" in "${path}"; ${remedy}`);
  }
  return kept;
}

const remedy =
  "restore it from a backup; or, where it is lost, remove it, and put on each quarantine again that must hold and set min_sequence before agents are let in";

export async function writeStateFile(folder: string, key: OperationsKey, kept: StateFile): Promise<void> {
  const { tenant, environment, name } = key;
  await replaceFile(pathIn(folder), `${JSON.stringify({ version: 1, tenant, environment, name, ...kept }, null, 2)}\n`);
}

function pathIn(folder: string): string {
  return join(folder, "state.json");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

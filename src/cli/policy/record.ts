import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { caseFileText, findRecord, type RecordedCase, readersOf, recordedCase, withCase } from "../../authoring/index.ts";
import { isMissing } from "../../core/errors.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { type WorkbenchFlags, withWorkbench } from "./open-workbench.ts";

export interface RecordFlags extends WorkbenchFlags {
  readonly record?: string;
  readonly log?: string;
  readonly write?: string;
}

/** Turns one logged decision into a golden case: printed, or added to a file of cases. */
export async function recordCase(terminal: Terminal, policiesDir: string, flags: RecordFlags): Promise<number> {
  const { record: id = "", log } = flags;
  if (log === undefined) {
    terminal.err("--record needs --log <folder>, the log folder of a gateway");
    return exitCodes.usage;
  }
  const found = await findRecord(resolve(log), id);
  if (!found.ok) {
    terminal.err(found.error.detail);
    return found.error.kind === "unavailable" ? exitCodes.unavailable : exitCodes.mistake;
  }
  return withWorkbench(terminal, policiesDir, flags, async (bench) => {
    const recorded = recordedCase(found.value, readersOf(bench));
    if (recorded.ok) return give(terminal, recorded.value, flags);
    terminal.err(recorded.error);
    return exitCodes.mistake;
  });
}

async function give(terminal: Terminal, recorded: RecordedCase, { write, json }: RecordFlags): Promise<number> {
  if (write === undefined) {
    terminal.out(json === true ? JSON.stringify({ ok: true, ...recorded }) : caseFileText(recorded).trimEnd());
    return exitCodes.ok;
  }
  const text = withCase(await textOf(write), recorded);
  if (!text.ok) {
    terminal.err(`"${write}": ${text.error}`);
    return exitCodes.mistake;
  }
  await writeFile(write, text.value);
  terminal.out(json === true ? JSON.stringify({ ok: true, file: write, ...recorded }) : `${write}: added "${recorded.value.name}"`);
  return exitCodes.ok;
}

/** What is there already; a file that is not there yet is begun. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

import { environment } from "../../app/index.ts";
import { findOpa, openWorkbench, type Workbench } from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";
import { exitCodes, type Terminal } from "../terminal.ts";

export interface WorkbenchFlags {
  readonly environment?: string;
  readonly json?: boolean;
  /** Milliseconds after which an evaluation is given up. */
  readonly timeoutMs?: number;
}

/** Opens policies for a command, uses them and closes them. What stands in the way is told, and the exit code says which kind it is. */
export async function withWorkbench(
  terminal: Terminal,
  source: string,
  flags: WorkbenchFlags,
  use: (workbench: Workbench) => Promise<number>,
): Promise<number> {
  const opened = await openWorkbench(source, {
    findOpa: () => findOpa({ env: environment() }),
    ...(flags.environment !== undefined && { environment: flags.environment }),
    ...(flags.timeoutMs !== undefined && { timeoutMs: flags.timeoutMs }),
  });
  if (!opened.ok) {
    if (opened.error.kind === "unavailable") {
      if (flags.json) terminal.out(JSON.stringify({ ok: false, unavailable: opened.error.detail }));
      else terminal.err(opened.error.detail);
      return exitCodes.unavailable;
    }
    if (flags.json) terminal.out(JSON.stringify({ ok: false, mistakes: opened.error.mistakes }));
    else terminal.err(formatMistakes(opened.error.mistakes, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  try {
    return await use(opened.value);
  } finally {
    await opened.value.close();
  }
}

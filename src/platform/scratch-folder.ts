import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./at-exit.ts";

export interface ScratchFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A folder for the time being; it goes with this process, also where somebody presses Ctrl-C. */
export async function scratchFolder(prefix: string): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const undone = atExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 2 }));
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      undone();
    },
  };
}

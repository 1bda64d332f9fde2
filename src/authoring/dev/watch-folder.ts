import { watch } from "node:fs";
import { join, sep } from "node:path";

/** Milliseconds without another change before a folder is read: an editor writes a file in several steps. */
const SETTLE_MS = 40;

/** What an editor leaves beside a file while it is open, and what lies in a folder that begins with a dot. */
const passing = /(?:^|[\\/])(?:\.[^\\/]*(?:[\\/].*)?|[^\\/]*~|4913|[^\\/]*\.sw[a-z])$/;

/** Whether a change means another round. `own` is where rounds write: each would otherwise lead to the next, for ever. */
export function matters(folder: string, name: string | null, own?: string): boolean {
  if (name === null) return true;
  const path = join(folder, name);
  return !passing.test(name) && (own === undefined || (path !== own && !path.startsWith(`${own}${sep}`)));
}

/** Calls once after each burst of changes below a folder, until it is closed. What changes in the folder `own` does not count. */
export function watchFolder(folder: string, onChange: () => void, own?: string): { close(): void } {
  let settle: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (!matters(folder, name, own)) return;
    clearTimeout(settle);
    settle = setTimeout(onChange, SETTLE_MS);
  });
  // A folder that is taken away while it is watched: the next look says so.
  watcher.on("error", () => onChange());
  return {
    close: () => {
      clearTimeout(settle);
      watcher.close();
    },
  };
}

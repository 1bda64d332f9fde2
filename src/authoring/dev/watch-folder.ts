import { watch } from "node:fs";

/** Milliseconds without another change before a folder is read: an editor writes a file in several steps. */
const SETTLE_MS = 40;

/** What an editor leaves beside a file while it is open. */
const passing = /(?:^|[\\/])(?:\.[^\\/]*|[^\\/]*~|4913|[^\\/]*\.sw[a-z])$/;

/** Calls once after each burst of changes below a folder, until it is closed. */
export function watchFolder(folder: string, onChange: () => void): { close(): void } {
  let settle: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name !== null && passing.test(name)) return;
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

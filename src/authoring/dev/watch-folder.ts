import { type FSWatcher, readdirSync, watch } from "node:fs";
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

/**
 * Calls once after each burst of changes below a folder, until it is closed. What changes in the folder `own` does not count.
 * Each folder is watched by itself: Node's own watch of a whole tree loses a file for good once another one was renamed over
 * it, as many editors save.
 */
export function watchFolder(folder: string, onChange: () => void, own?: string): { close(): void } {
  const watchers = new Map<string, FSWatcher>();
  let settle: NodeJS.Timeout | undefined;
  const changed = (name: string | null) => {
    if (!matters(folder, name, own)) return;
    follow("");
    clearTimeout(settle);
    settle = setTimeout(onChange, SETTLE_MS);
  };
  const forget = (name: string) => {
    for (const [known, watcher] of watchers) {
      if (known !== name && !known.startsWith(`${name}${sep}`)) continue;
      watcher.close();
      watchers.delete(known);
    }
  };
  /** Watches this folder, and then what is in it by now: nothing that comes later is missed. */
  const follow = (name: string) => {
    const path = join(folder, name);
    try {
      if (!watchers.has(name)) {
        const watcher = watch(path, (_event, entry) => {
          // A folder that came or went: one of the same name is another one.
          if (entry !== null) forget(join(name, entry));
          changed(entry === null ? null : join(name, entry));
        });
        watchers.set(name, watcher);
        watcher.on("error", () => {
          forget(name);
          onChange();
        });
      }
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const below = join(name, entry.name);
        if (entry.isDirectory() && matters(folder, below, own)) follow(below);
      }
    } catch {
      // It is gone, or was replaced by a file: the next look says so.
      forget(name);
    }
  };
  follow("");
  return {
    close: () => {
      clearTimeout(settle);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

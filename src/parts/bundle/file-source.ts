import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "../../core/digest.ts";
import type { BundleRefusal } from "./bundle.ts";

export interface FileSourceOptions {
  /** Larger files are never read. */
  readonly maxBytes: number;
  /** Milliseconds between looks at the file, for file systems that report no changes. */
  readonly pollMs: number;
  /** Milliseconds without another change before the file is read; also how long a file must stay as it was found. */
  readonly settleMs: number;
  /** Content that was dealt with already; it is not handed over again. */
  readonly seen?: Uint8Array | undefined;
  /** Content that was not handed over before. The next candidate waits until this is done. */
  readonly onCandidate: (bytes: Uint8Array) => void | Promise<void>;
  /** The file cannot be read; said once for each different reason. */
  readonly onProblem: (problem: BundleRefusal) => void;
}

export interface FileSource {
  /** Looks at the file now; done when a changed one was handed over. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A file that changes this often while it is read is looked at again later. */
const TRIES = 5;

/**
 * Reads a bundle file now and whenever it changes. Its folder is watched, not the file, so that a rename over it and the
 * swap of a linked folder are seen; a slow poll finds what no event told. A half written file is at worst a candidate that
 * its receiver refuses; the rest follows with the next change.
 */
export function fileSource(path: string, options: FileSourceOptions): FileSource {
  const state: State = { path, options, closed: false, fingerprint: "", content: options.seen ? sha256(options.seen) : "", problem: "" };
  let running: Promise<void> = Promise.resolve();
  let settle: NodeJS.Timeout | undefined;
  const check = () => {
    running = running.then(() => look(state));
    return running;
  };
  const soon = () => {
    clearTimeout(settle);
    settle = setTimeout(check, options.settleMs);
  };
  const watcher = watchFolder(dirname(path), soon);
  const poll = setInterval(check, options.pollMs);
  poll.unref();
  void check();
  return {
    check,
    close: async () => {
      state.closed = true;
      watcher?.close();
      clearInterval(poll);
      clearTimeout(settle);
      await running;
    },
  };
}

interface State {
  readonly path: string;
  readonly options: FileSourceOptions;
  closed: boolean;
  /** Inode, size and time of what was last read. */
  fingerprint: string;
  /** Digest of what was last handed over. */
  content: string;
  problem: string;
}

function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close()); // the folder is gone: the poll goes on
    return watcher;
  } catch {
    return undefined;
  }
}

async function look(state: State): Promise<void> {
  if (state.closed) return;
  let file: FileHandle | undefined;
  try {
    file = await open(state.path, "r");
    const bytes = await readSettled(state, file);
    if (bytes === undefined || state.closed) return;
    state.problem = "";
    const content = sha256(bytes);
    if (content === state.content) return;
    state.content = content;
    await state.options.onCandidate(bytes);
  } catch (error) {
    report(state, {
      code: "bundle.unreadable",
      detail: `"${state.path}": ${error instanceof Error ? error.message.toLowerCase() : "cannot be read"}`,
    });
  } finally {
    await file?.close();
  }
}

/** The bytes of a file that stayed as it was while it was read; undefined if it is the one that was read before or is not fit to be read. */
async function readSettled(state: State, file: FileHandle): Promise<Uint8Array | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await fingerprintOf(file);
    if (before.text === state.fingerprint) return undefined;
    if (before.size > state.options.maxBytes) {
      state.fingerprint = before.text;
      const detail = `found "${state.path}" of ${before.size} bytes, wanted at most ${state.options.maxBytes}`;
      report(state, { code: "bundle.too_large", detail });
      return undefined;
    }
    const bytes = new Uint8Array(before.size);
    const { bytesRead } = await file.read(bytes, 0, before.size, 0);
    if (bytesRead === before.size && (await fingerprintOf(file)).text === before.text) {
      state.fingerprint = before.text;
      return bytes;
    }
    await wait(state.options.settleMs);
  }
  report(state, { code: "bundle.unreadable", detail: `"${state.path}" changes while it is read` });
  return undefined;
}

async function fingerprintOf(file: FileHandle): Promise<{ readonly text: string; readonly size: number }> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return { text: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, size: Number(size) };
}

function report(state: State, problem: BundleRefusal): void {
  if (state.closed || problem.detail === state.problem) return;
  state.problem = problem.detail;
  state.options.onProblem(problem);
}

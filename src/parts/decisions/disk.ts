import { constants, fdatasync, write, writeSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** One segment file that is being written. Only one call of each kind is under way at a time. */
export interface SegmentFile {
  /** Appends. May take fewer bytes than asked, like write(2). A callback, because a promise for each write costs more than the record. */
  write(bytes: Buffer, offset: number, length: number, done: (error: Error | null, written: number) => void): void;
  /** The same without a thread in between, for a disk that is known to be prompt. Throws. */
  writeNow?(bytes: Buffer, offset: number, length: number): number;
  /** fdatasync(2): what was written before the call survives a power cut. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Where segments are made. A port, so that tests can fill it up, hang it or make it read-only. */
export interface Disk {
  /** Makes a file that must not exist, readable by its owner alone, and makes its name durable. */
  create(path: string): Promise<SegmentFile>;
  remove(path: string): Promise<void>;
}

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;

export const nodeDisk: Disk = {
  async create(path) {
    const handle = await open(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY, 0o600);
    await syncFolder(dirname(path));
    return nodeFile(handle);
  },
  remove: (path) => rm(path, { force: true }),
};

function nodeFile(handle: FileHandle): SegmentFile {
  const fd = handle.fd;
  return {
    write: (bytes, offset, length, done) => write(fd, bytes, offset, length, null, done),
    writeNow: (bytes, offset, length) => writeSync(fd, bytes, offset, length),
    sync: () => new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

/** A name in a folder survives a power cut only when the folder itself is synced. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

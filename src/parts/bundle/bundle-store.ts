import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { isMissing } from "../../core/errors.ts";
import { replaceFile } from "../../platform/durable-file.ts";

/** Every bundle that decided here, by digest, for as long as a record may name it. */
export interface BundleStore {
  /** Keeps one that is promoted. Durable before it returns. */
  save(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Keeps one that nobody began to roll out, in place of the oldest of a few: no record names it as what decided. */
  saveStaged(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Keeps one that is on its way: it can be read, and counts as promoted only once it is. Durable before it returns. */
  saveCandidate(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Whether promoted or not. */
  read(digest: Digest): Promise<Uint8Array | undefined>;
  /** What was promoted before; the signature of each is verified again when it is loaded. */
  digests(): Promise<ReadonlySet<Digest>>;
}

const ENDING = ".tar.gz";
const CANDIDATES = "candidates";
const STAGED = "staged";
/** Whoever may stage must not fill the disk by it. */
const MOST_STAGED = 4;

/** One file a bundle, named by its digest, in a folder of the data directory. */
export function fileBundleStore(folder: string): BundleStore {
  const candidates = join(folder, CANDIDATES);
  const staged = join(folder, STAGED);
  return {
    async save(digest, bytes) {
      await write(folder, digest, bytes);
      for (const other of [candidates, staged]) await rm(pathIn(other, digest), { force: true });
    },
    async saveStaged(digest, bytes) {
      await write(staged, digest, bytes);
      await dropOldest(staged);
    },
    async saveCandidate(digest, bytes) {
      await write(candidates, digest, bytes);
      await rm(pathIn(staged, digest), { force: true });
    },
    read: async (digest) => (await read(folder, digest)) ?? (await read(candidates, digest)) ?? (await read(staged, digest)),
    async digests() {
      try {
        const names = await readdir(folder);
        return new Set(names.filter((name) => name.endsWith(ENDING)).map((name): Digest => `sha256:${name.slice(0, -ENDING.length)}`));
      } catch (error) {
        if (isMissing(error)) return new Set();
        throw error;
      }
    },
  };
}

/** Digests come from other replicas too: one with a path in it would read any archive of this host. */
function pathIn(folder: string, digest: Digest): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new Error(`${JSON.stringify(digest)} is no digest of a bundle`);
  return join(folder, `${hex}${ENDING}`);
}

async function write(folder: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(pathIn(folder, digest), bytes);
}

async function dropOldest(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const files = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path, { bigint: true })).mtimeNs })));
  const oldest = files.toSorted((a, b) => Number(b.at - a.at)).slice(MOST_STAGED);
  for (const { path } of oldest) await rm(path, { force: true });
}

async function read(folder: string, digest: Digest): Promise<Uint8Array | undefined> {
  try {
    return await readFile(pathIn(folder, digest));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";

/** Every bundle that was activated, by digest, for as long as a record may name it. */
export interface BundleStore {
  /** Durable before it returns. */
  save(digest: Digest, bytes: Uint8Array): Promise<void>;
  read(digest: Digest): Promise<Uint8Array | undefined>;
  /** What was activated before; the signature of each is verified again when it is loaded. */
  digests(): Promise<ReadonlySet<Digest>>;
}

const ENDING = ".tar.gz";

/** One file a bundle, named by its digest, in a folder of the data directory. */
export function fileBundleStore(folder: string): BundleStore {
  const pathOf = (digest: Digest) => join(folder, `${digest.slice("sha256:".length)}${ENDING}`);
  return {
    async save(digest, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = pathOf(digest);
      const file = await open(`${path}.new`, "w", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
    async read(digest) {
      try {
        return await readFile(pathOf(digest));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
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

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

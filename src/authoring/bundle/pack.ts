import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { compareUtf8 } from "../../parts/bundle/index.ts";

/** Position of the operating system in a gzip header (RFC 1952), which zlib fills with its own. */
const GZIP_OS = 9;
const UNKNOWN_OS = 255;

/**
 * A tar.gz whose bytes depend on names and contents only: sorted, without times and owners. Names get the leading slash
 * that OPA writes.
 */
export async function packBundle(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const archive = pack();
  const chunks: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    archive.on("data", (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(chunk);
    });
    archive.on("end", resolve);
    archive.on("error", reject);
  });
  for (const name of [...files.keys()].sort(compareUtf8)) {
    const header = { name: `/${name}`, mode: 0o600, uid: 0, gid: 0, mtime: new Date(0), type: "file" } as const;
    archive.entry(header, files.get(name) ?? new Uint8Array());
  }
  archive.finalize();
  await done;
  const bytes = gzipSync(Buffer.concat(chunks), { level: 9 });
  bytes[GZIP_OS] = UNKNOWN_OS;
  return bytes;
}

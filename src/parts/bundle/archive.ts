import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type ExtractEvents, extract, type Header } from "tar-stream";
import { ok, type Result } from "../../core/result.ts";
import type { BundleRefusal } from "./bundle.ts";
import { entryName, foldName, unsupportedFile } from "./entry-name.ts";
import type { BundleLimits } from "./limits.ts";
import { refuse } from "./refuse.ts";

/** What an archive holds, by name without a leading slash. Nothing of it is trusted yet. */
export interface BundleContents {
  readonly files: ReadonlyMap<string, Uint8Array>;
}

type Entry = ExtractEvents["entry"][1];

const inflate = promisify(gunzip);

/** Below this an archive is no bomb, whatever its ratio: a short policy full of repeats is small anyway. */
const RATIO_FLOOR = 1024 * 1024;

/** Unpacks a bundle in memory. Nothing is written to disk; names, kinds and sizes that a bundle has no use for are refused. */
export async function readBundle(bytes: Uint8Array, limits: BundleLimits): Promise<Result<BundleContents, BundleRefusal>> {
  if (bytes.byteLength > limits.maxBytes) {
    return refuse("bundle.too_large", `found an archive of ${bytes.byteLength} bytes, wanted at most ${limits.maxBytes}`);
  }
  const tar = await unzip(bytes, limits);
  return tar.ok ? unpack(tar.value, limits) : tar;
}

async function unzip(bytes: Uint8Array, limits: BundleLimits): Promise<Result<Uint8Array, BundleRefusal>> {
  const byRatio = Math.max(RATIO_FLOOR, bytes.byteLength * limits.maxRatio);
  const maxOutputLength = Math.min(limits.maxTotalBytes, byRatio);
  try {
    return ok(await inflate(bytes, { maxOutputLength }));
  } catch (error) {
    if (error instanceof RangeError) {
      const found = `found ${bytes.byteLength} bytes that unpack to more than ${maxOutputLength}`;
      return refuse("bundle.too_large", `${found}, the ${byRatio < limits.maxTotalBytes ? "ratio" : "size"} that is allowed`);
    }
    return refuse("bundle.unreadable", `found no gzip archive: ${reason(error)}`);
  }
}

async function unpack(tar: Uint8Array, limits: BundleLimits): Promise<Result<BundleContents, BundleRefusal>> {
  const files = new Map<string, Uint8Array>();
  const folded = new Map<string, string>();
  let entries = 0;
  const extractor = extract();
  extractor.on("error", () => {}); // the iterator below throws the same error
  extractor.end(tar);
  try {
    for await (const entry of extractor) {
      if (++entries > limits.maxFiles) return refuse("bundle.too_large", `found more than ${limits.maxFiles} entries`);
      const header = checkHeader(entry.header, limits);
      if (!header.ok) return header;
      if (header.value === undefined) {
        entry.resume();
        continue;
      }
      const name = header.value;
      const twin = folded.get(foldName(name));
      if (twin !== undefined)
        return refuse("bundle.unreadable", `found the entries "${twin}" and "${name}", which are the same file to some readers`);
      folded.set(foldName(name), name);
      files.set(name, await contentOf(entry));
    }
  } catch (error) {
    return refuse("bundle.unreadable", `found a broken tar archive: ${reason(error)}`);
  }
  return ok({ files });
}

/** The name of a file to keep, or undefined for a folder. Links, devices and pipes have no place in a bundle. */
function checkHeader(header: Header, limits: BundleLimits): Result<string | undefined, BundleRefusal> {
  if (header.type === "directory" && header.size === 0) return ok(undefined);
  if (header.type !== "file") return refuse("bundle.unreadable", `found "${header.name}", a ${header.type}; wanted plain files`);
  const { size } = header;
  if (size > limits.maxFileBytes) {
    return refuse("bundle.too_large", `found "${header.name}" of ${size} bytes, wanted at most ${limits.maxFileBytes}`);
  }
  const name = entryName(header.name);
  if (!name.ok) return name;
  const unsupported = unsupportedFile(name.value);
  return unsupported === undefined ? name : refuse("bundle.unsupported", unsupported);
}

function contentOf(entry: Entry): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    entry.on("data", (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(chunk);
    });
    entry.on("error", reject);
    entry.on("end", () => resolve(Buffer.concat(chunks)));
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.toLowerCase() : String(error);
}

import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../core/errors.ts";

/** The one folder of a gateway, mode 0700: log, sequence floor, activated bundles, the key of the mask. */
export interface DataDirectory {
  readonly path: string;
  readonly logFolder: string;
  readonly floorFolder: string;
  readonly bundleFolder: string;
  /** Makes equal masked values recognisable as equal in the records of this gateway, and nowhere else. */
  readonly maskKey: Uint8Array;
  /** Key of what clients must bring back unread, for a gateway that shares none with others; made when it is first asked for. */
  sealKey(): Promise<Uint8Array>;
}

const KEY_BYTES = 32;

/** Opens the folder and makes what is missing. The log locks it: a second process that opens the log is refused there. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  const [logFolder, floorFolder, bundleFolder] = [join(path, "log"), join(path, "sequence"), join(path, "bundles")];
  for (const folder of [logFolder, floorFolder, bundleFolder]) await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    path,
    logFolder,
    floorFolder,
    bundleFolder,
    maskKey: await keyAt(join(path, "mask.key")),
    sealKey: () => keyAt(join(path, "seal.key")),
  };
}

async function keyAt(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      const key = randomBytes(KEY_BYTES);
      await file.writeFile(key);
      await file.sync();
      return key;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const key = await readFile(path);
    if (key.byteLength !== KEY_BYTES)
      throw new Error(`"${path}" holds ${key.byteLength} bytes, wanted ${KEY_BYTES}: restore it, or remove it to begin with a new key`);
    return key;
  }
}

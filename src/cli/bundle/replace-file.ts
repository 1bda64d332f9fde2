import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isMissing } from "../../core/errors.ts";

/** Of a file that is made; the system takes away what its user does not give. */
const NEW_MODE = 0o666;

/**
 * Puts new content in the place of a file, at once: who reads it finds the old or the new, and a full disk leaves the old. A
 * link goes on pointing to the same place, and a file that is not there yet is made. Throws what the system refuses.
 */
export async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const target = (await present(realpath(path))) ?? path;
  const mode = (await present(stat(target)))?.mode ?? NEW_MODE;
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    const file = await open(beside, "wx", mode & 0o777);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function present<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

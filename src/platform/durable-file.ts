import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../core/errors.ts";

/** Replaces a file, all or nothing, also across a power cut: file and folder are synced around the rename. One writer at a time. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path)).catch((error) => {
    throw new Error(`it may have been changed all the same: ${messageOf(error)}`, { cause: error });
  });
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

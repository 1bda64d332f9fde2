import { lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { throwAwayOwner } from "../../authoring/index.ts";
import { isMissing } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** What `toolgate dev` writes: a bundle, the keyring that trusts it, and the data of its own gateway. */
export interface DevFiles {
  readonly folder: string;
  readonly bundle: string;
  readonly keyring: string;
  readonly dataDir: string;
  writeBundle(bytes: Uint8Array): Promise<void>;
}

/** Opens the folder of a sitting. A keyring that somebody keeps is never overwritten: gateways that read it would trust a throw-away key. */
export async function openDevFiles(folder: string, keyring: string): Promise<Result<DevFiles, string>> {
  const files = { folder, bundle: join(folder, "bundle.tar.gz"), keyring: join(folder, "keyring.json"), dataDir: join(folder, "data") };
  // The folder may lie in a repository of somebody else: a link in it would lead to files, or to a gateway's data, elsewhere.
  for (const path of [folder, files.bundle, files.keyring, files.dataDir]) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) return err(`"${path}" is a link; name another folder with --out`);
  }
  const before = await textOf(files.keyring);
  if (before !== undefined && !isThrowAway(before)) {
    return err(`"${files.keyring}" holds keys that somebody keeps; name another folder with --out`);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(files.keyring, keyring);
  return ok({ ...files, writeBundle: (bytes) => replace(files.bundle, bytes) });
}

/** A gateway that watches the file must never read half of it, and what stands in the way of the new one is not written through. */
async function replace(file: string, content: string | Uint8Array): Promise<void> {
  const next = `${file}.next`;
  await rm(next, { force: true });
  await writeFile(next, content, { mode: 0o600, flag: "wx" });
  await rename(next, file);
}

/** Undefined only where there is no such file: one that cannot be read may be somebody's. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isThrowAway(text: string): boolean {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: Readonly<Record<string, { readonly owner?: unknown }>> };
    const owners = Object.values(keys ?? {}).map(({ owner }) => owner);
    return owners.length > 0 && owners.every((owner) => owner === throwAwayOwner);
  } catch {
    return false;
  }
}

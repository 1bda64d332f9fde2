import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { throwAwayOwner } from "../../authoring/index.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** What `toolgate dev` writes: a bundle, the keyring that trusts it, and the data of its own gateway. */
export interface DevFiles {
  readonly bundle: string;
  readonly keyring: string;
  readonly dataDir: string;
  writeBundle(bytes: Uint8Array): Promise<void>;
}

/** Opens the folder of a sitting. A keyring that somebody keeps is never overwritten: gateways that read it would trust a throw-away key. */
export async function openDevFiles(folder: string, keyring: string): Promise<Result<DevFiles, string>> {
  const files = { bundle: join(folder, "bundle.tar.gz"), keyring: join(folder, "keyring.json"), dataDir: join(folder, "data") };
  const before = await readFile(files.keyring, "utf8").catch(() => undefined);
  if (before !== undefined && !isThrowAway(before)) {
    return err(`"${files.keyring}" holds keys that somebody keeps; name another folder with --out`);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(files.keyring, keyring, { mode: 0o600 });
  return ok({
    ...files,
    // A gateway that watches the file must never read half of it.
    async writeBundle(bytes) {
      const next = `${files.bundle}.next`;
      await writeFile(next, bytes, { mode: 0o600 });
      await rename(next, files.bundle);
    },
  });
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

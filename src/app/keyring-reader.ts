import { readFile } from "node:fs/promises";
import { err, type Result } from "../core/result.ts";
import { type BundleRefusal, type Keyring, readKeyring } from "../parts/bundle/index.ts";

/** Reads the keyring anew each time it is asked, so that a key that was revoked counts no longer. */
export function keyringReader(path: string): () => Promise<Result<Keyring, BundleRefusal>> {
  return async () => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch {
      return err({ code: "bundle.unknown_key", detail: `the keyring "${path}" cannot be read` });
    }
    const keyring = readKeyring(text);
    if (keyring.ok) return keyring;
    const mistakes = keyring.error.map((mistake) => `${mistake.path}: ${mistake.wanted}`).join("; ");
    return err({ code: "bundle.unknown_key", detail: `the keyring "${path}" has mistakes: ${mistakes}` });
  };
}

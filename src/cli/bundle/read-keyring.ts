import { formatMistakes } from "../../core/mistakes.ts";
import { type Keyring, readKeyring } from "../../parts/bundle/index.ts";
import type { Terminal } from "../terminal.ts";

/** The keyring in a file's content, or undefined once its mistakes were told. */
export function keyringIn(terminal: Terminal, file: string, content: Uint8Array): Keyring | undefined {
  const keyring = readKeyring(Buffer.from(content).toString("utf8"), file);
  if (keyring.ok) return keyring.value;
  terminal.err(formatMistakes(keyring.error, { colour: terminal.colour }));
  return undefined;
}

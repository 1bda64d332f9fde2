import type { Flip } from "../../core/operations.ts";

/** How people call what two bundles say differently. */
export const flipWords: Readonly<Record<Flip, string>> = {
  same: "same",
  changed: "changed",
  new_deny: "new deny",
  new_allow: "new allow",
  new_ask: "new ask",
  failed: "failure",
};

const SHOWN = "sha256:".length + 12;

export function shortDigest(digest: string): string {
  return digest.slice(0, SHOWN);
}

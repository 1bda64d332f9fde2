import type { Quarantined, QuarantineKind } from "../../../src/core/operations.ts";
import { ok } from "../../../src/core/result.ts";
import type { Operations } from "../../../src/parts/operations/index.ts";

let number = 0;

/** Puts something into quarantine the way an operator's act ends up: in the state that all replicas follow. */
export async function quarantine(
  operations: Pick<Operations, "update">,
  kind: QuarantineKind,
  subject: string,
  more: Partial<Quarantined> = {},
): Promise<string> {
  number += 1;
  const entry: Quarantined = { id: `qua_${number}`, kind, subject, reason: "a test", by: "security/olga", at: 0, ...more };
  await operations.update((state) => ok({ ...state, quarantine: [...state.quarantine, entry] }));
  return entry.id;
}

export async function lift(operations: Pick<Operations, "update">, id: string): Promise<void> {
  await operations.update((state) => ok({ ...state, quarantine: state.quarantine.filter((entry) => entry.id !== id) }));
}

import { sha256 } from "../../../src/core/digest.ts";
import type { Quarantined, Rollout, StagedBundle } from "../../../src/core/operations.ts";

export const NOW = 1_700_000_000_000;

export function bundle(sequence: number, content = ""): StagedBundle {
  return { name: "house", revision: `r${sequence}${content}`, sequence, digest: sha256(`${sequence} ${content}`), signer: "key-1" };
}

export function rollout(of: StagedBundle, over: Partial<Rollout> = {}): Rollout {
  return {
    id: `rol_${of.revision}`,
    bundle: of,
    steps: [
      { mode: "shadow", forMs: 1_000 },
      { mode: "canary", percent: 5, forMs: 60_000 },
      { mode: "canary", agents: ["desk", "bot"] },
    ],
    step: 0,
    stepAt: NOW,
    rollbackIf: [{ measure: "new_deny", above: 0.5, unit: "percent" }],
    minCalls: 100,
    atEnd: "promote",
    by: "ann",
    at: NOW,
    ...over,
  };
}

export function entry(id: string, over: Partial<Quarantined> = {}): Quarantined {
  return { id, kind: "agent", subject: "bot", reason: "it mails ü\u2028 strangers", by: "ann", at: NOW, ...over };
}

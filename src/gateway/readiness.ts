import type { Readiness } from "./gateway.ts";
import type { GenerationStatus } from "./generations.ts";
import type { Parts } from "./parts.ts";
import { stepText } from "./rollouts/index.ts";

/** Ready means: a call that policy allows would be let through now. */
export function readinessOf(parts: Parts): Readiness {
  const { active, candidate, refused } = parts.generations.status();
  const expired = active !== undefined && active.expiresAt <= parts.clock.now();
  const bundle = {
    ok: active !== undefined && !expired,
    detail: [
      active
        ? `${active.name} ${active.revision} sequence ${active.sequence} ${active.digest}${expired ? " has expired" : ""}`
        : "no valid bundle",
      ...(candidate ? [`${candidate.revision} sequence ${candidate.sequence} is in ${candidateText(candidate)}`] : []),
      ...(refused ? [`latest candidate refused: ${refused.code}: ${refused.detail}`] : []),
    ].join("; "),
  };
  const log = { ok: parts.log.healthy(), detail: parts.log.healthy() ? "writable" : "cannot be written" };
  const reachable = parts.budgetsReady();
  const budgets = { ok: reachable, detail: reachable ? "reachable" : "the budget store cannot be reached" };
  const stale = parts.quarantine.staleMs();
  const operations = {
    ok: stale === undefined,
    detail: stale === undefined ? "known" : `nothing was heard of quarantine and rollouts for ${told(stale)}`,
  };
  return { ready: bundle.ok && log.ok && budgets.ok && operations.ok, parts: { bundle, log, budgets, operations } };
}

function told(ms: number): string {
  return Number.isFinite(ms) ? `${Math.floor(ms / 1000)} s` : "as long as this gateway runs";
}

function candidateText({ mode, percent, agents }: NonNullable<GenerationStatus["candidate"]>): string {
  return stepText({ mode, ...(percent === undefined ? {} : { percent }), ...(agents === undefined ? {} : { agents }) });
}

import type { ReplicaReport } from "../../core/operations.ts";

export const REPORT_KEPT_MS = 5_000;

/** What replicas said of themselves lately, within one process. */
export class Reported {
  readonly #reports = new Map<string, ReplicaReport>();

  add(report: Omit<ReplicaReport, "at">, now: number): void {
    this.#reports.set(report.replica, { ...report, at: now });
  }

  lately(now: number): readonly ReplicaReport[] {
    for (const [replica, { at }] of this.#reports) if (now - at >= REPORT_KEPT_MS) this.#reports.delete(replica);
    return [...this.#reports.values()].toSorted((one, other) => (one.replica < other.replica ? -1 : 1));
  }
}

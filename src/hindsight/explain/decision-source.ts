import { err, ok, type Result } from "../../core/result.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import { type BrokenLog, bundleOf, type Place, recordsOf } from "../records/index.ts";

/** A record with the text it was read from: numbers that a double cannot hold stand in it as they were written. */
export interface SourcedRecord {
  readonly value: LogRecord;
  readonly line: string;
}

/** Everything on record of one decision. */
export interface SourcedDecision {
  /** Of the decision itself, in the order they were written; at least one. */
  readonly records: readonly SourcedRecord[];
  /** Questions that were asked in it, and legs that went on with it. */
  readonly related: readonly SourcedRecord[];
  /** Where a log does not hold, in sentences. */
  readonly faults: readonly string[];
  /** What else is to be known of where they come from. */
  readonly notes?: readonly string[];
}

export interface NoDecision {
  /** `unknown`: what was looked at does not have it. `unavailable`: there is nothing to look at. `refused`: one may not look. */
  readonly kind: "unknown" | "unavailable" | "refused";
  /** Where was looked, and which time that covers. */
  readonly detail: string;
  readonly faults: readonly string[];
}

export interface MissingBundle {
  /** `changed`: what is kept under its name is something else. */
  readonly kind: "not_kept" | "changed" | "refused";
  readonly detail: string;
}

/** Where records and bundles come from: data directories, or the admin API of a running gateway. */
export interface DecisionSource {
  find(id: string): Promise<Result<SourcedDecision, NoDecision>>;
  /** The bytes of the bundle whose content has this digest, which whoever gives them has checked. */
  bundle(digest: string): Promise<Result<Uint8Array, MissingBundle>>;
}

/** Logs and bundles as gateways left them, or are writing them. */
export function dataDirectories(places: readonly Place[]): DecisionSource {
  return {
    async find(id) {
      const found = await recordsOf(id, places);
      if (found.ok) return ok({ ...found.value, faults: found.value.faults.map(faultText) });
      const { error } = found;
      if (error.kind === "no_folder") return err({ kind: "unavailable", detail: error.detail, faults: [] });
      return err({ kind: "unknown", detail: error.detail, faults: error.faults.map(faultText) });
    },
    async bundle(digest) {
      const found = await bundleOf(digest, places);
      return found.ok ? ok(found.value.bytes) : found;
    },
  };
}

function faultText({ place, fault }: BrokenLog): string {
  const where = `${fault.file}${fault.line > 0 ? `:${fault.line}` : ""}`;
  return `the log of "${place.name}" does not hold: ${fault.code} at ${where}: found ${fault.found}, wanted ${fault.wanted}; nothing behind it was looked at`;
}

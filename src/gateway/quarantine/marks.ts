import type { Quarantined, QuarantineKind } from "../../core/operations.ts";

interface Mark {
  /** Of a user: only the one of this issuer. */
  readonly issuer: string | undefined;
  /** Unix milliseconds. */
  readonly until: number;
}

/** The entries of one state by kind and subject. Subjects are compared sign by sign, as policy, budgets and catalog compare them. */
export interface Marks {
  readonly none: boolean;
  /** Unix milliseconds at which entries end, ascending. */
  readonly ends: readonly number[];
  /** Whether any entry of this kind is there, ended or not. */
  has(kind: QuarantineKind): boolean;
  holds(kind: QuarantineKind, subject: string, now: number, issuer?: string): boolean;
}

export function marksOf(entries: readonly Quarantined[]): Marks {
  const byKind = new Map<QuarantineKind, Map<string, Mark[]>>();
  for (const { kind, subject, issuer, until = Number.POSITIVE_INFINITY } of entries) {
    const bySubject = byKind.get(kind) ?? new Map<string, Mark[]>();
    byKind.set(kind, bySubject);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), { issuer, until }]);
  }
  return {
    none: entries.length === 0,
    ends: entries.flatMap(({ until }) => (until === undefined ? [] : [until])).sort((a, b) => a - b),
    has: (kind) => byKind.has(kind),
    holds(kind, subject, now, issuer) {
      const marks = byKind.get(kind)?.get(subject);
      return marks?.some((mark) => now < mark.until && (mark.issuer === undefined || mark.issuer === issuer)) === true;
    },
  };
}

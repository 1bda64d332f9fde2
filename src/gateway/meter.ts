/** Counts for /metrics, as plain numbers: a label set is a key, and nothing is formatted until somebody asks. */
export interface Meter {
  /** One judged message and how it ended. */
  ended(method: string, effect: string, server: string): void;
  reason(code: string): void;
  /** One decision on a call, and where it came from. */
  decided(from: DecidedBy): void;
  /** Milliseconds a server took. */
  upstream(server: string, ms: number): void;
  read(): MeterReading;
}

/**
 * `memo`: policy said it to an equal input before. `policy`: it was asked, and its answer is remembered. `policy_unkeyed`: it
 * was asked without a look into the memo, because its rules read what no key holds, or no decision of late came back.
 */
export const decidedBy = ["memo", "policy", "policy_unkeyed"] as const;
export type DecidedBy = (typeof decidedBy)[number];

export interface MeterReading {
  readonly decided: Readonly<Record<DecidedBy, number>>;
  readonly ended: ReadonlyMap<string, number>;
  readonly reasons: ReadonlyMap<string, number>;
  readonly upstream: ReadonlyMap<string, { readonly count: number; readonly sumMs: number; readonly buckets: readonly number[] }>;
}

/** Upper bounds of the latency buckets in milliseconds; a last one holds the rest. */
export const latencyBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

export function createMeter(): Meter {
  const ended = new Map<string, number>();
  const reasons = new Map<string, number>();
  const decided = { memo: 0, policy: 0, policy_unkeyed: 0 };
  const upstream = new Map<string, { count: number; sumMs: number; buckets: number[] }>();
  return {
    ended(method, effect, server) {
      add(ended, `${method} ${effect} ${server}`);
    },
    reason(code) {
      add(reasons, code);
    },
    decided(from) {
      decided[from] += 1;
    },
    upstream(server, ms) {
      let series = upstream.get(server);
      if (!series) {
        series = { count: 0, sumMs: 0, buckets: new Array<number>(latencyBuckets.length + 1).fill(0) };
        upstream.set(server, series);
      }
      series.count += 1;
      series.sumMs += ms;
      const at = latencyBuckets.findIndex((bound) => ms <= bound);
      const bucket = at === -1 ? latencyBuckets.length : at;
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    },
    read: () => ({ ended, reasons, decided, upstream }),
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Counts for /metrics, as plain numbers: a label set is a key, and nothing is formatted until somebody asks. */
export interface Meter {
  /** One judged message and how it ended. */
  ended(method: string, effect: string, server: string): void;
  reason(code: string): void;
  /** Milliseconds a server took. */
  upstream(server: string, ms: number): void;
  read(): MeterReading;
}

export interface MeterReading {
  readonly ended: ReadonlyMap<string, number>;
  readonly reasons: ReadonlyMap<string, number>;
  readonly upstream: ReadonlyMap<string, { readonly count: number; readonly sumMs: number; readonly buckets: readonly number[] }>;
}

/** Upper bounds of the latency buckets in milliseconds; a last one holds the rest. */
export const latencyBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

export function createMeter(): Meter {
  const ended = new Map<string, number>();
  const reasons = new Map<string, number>();
  const upstream = new Map<string, { count: number; sumMs: number; buckets: number[] }>();
  return {
    ended(method, effect, server) {
      add(ended, `${method} ${effect} ${server}`);
    },
    reason(code) {
      add(reasons, code);
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
    read: () => ({ ended, reasons, upstream }),
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

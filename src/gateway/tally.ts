/** What is refused alike within one window is one record with a count, so that a flood cannot fill the disk. */
export interface Tally<Facts> {
  /** Counts one refusal. The first of its kind in a window is recorded at once; the others with the next, or at `flush`. */
  count(key: string, facts: Facts, now: number): Promise<void>;
  /** Records what was counted and not yet recorded. */
  flush(): Promise<void>;
}

const WINDOW_MS = 1000;
const MAX_KEYS = 1000;

interface Entry<Facts> {
  facts: Facts;
  since: number;
  pending: number;
}

/** `record` gets the facts of the latest refusal of the kind and how many there were. */
export function createTally<Facts>(record: (facts: Facts, count: number) => Promise<void>): Tally<Facts> {
  const entries = new Map<string, Entry<Facts>>();

  async function flush(): Promise<void> {
    const open = [...entries.values()].filter((entry) => entry.pending > 0);
    entries.clear();
    for (const entry of open) await record(entry.facts, entry.pending);
  }

  return {
    async count(key, facts, now) {
      const entry = entries.get(key);
      if (entry && now - entry.since < WINDOW_MS) {
        entry.facts = facts;
        entry.pending += 1;
        return;
      }
      const missed = entry?.pending ?? 0;
      if (entries.size >= MAX_KEYS) await flush();
      entries.set(key, { facts, since: now, pending: 0 });
      await record(facts, missed + 1);
    },
    flush,
  };
}

import { type DecidedBy, decidedBy } from "../src/gateway/meter.ts";

/** What a running gate says about itself on /metrics. */

/** Decisions on calls by where they came from, as `toolgate_decisions_total` counts them. */
export type Decided = Readonly<Record<DecidedBy, number>>;

export async function metricsText(url: string): Promise<string> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`${url}/metrics answered ${answer.status}`);
  return await answer.text();
}

export async function decidedOf(url: string): Promise<Decided> {
  const text = await metricsText(url);
  const read = (from: DecidedBy) => Number(new RegExp(`^toolgate_decisions_total\\{from="${from}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return countsOf(read);
}

export function decidedSince(before: Decided | undefined, now: Decided): Decided {
  return countsOf((from) => now[from] - (before?.[from] ?? 0));
}

/** The share of all decisions that was remembered; nothing where none was made. */
export function hitRateOf(decided: Decided): number | null {
  const all = decidedBy.reduce((sum, from) => sum + decided[from], 0);
  return all === 0 ? null : Number((decided.memo / all).toFixed(4));
}

function countsOf(read: (from: DecidedBy) => number): Decided {
  return { memo: read("memo"), policy: read("policy"), policy_unkeyed: read("policy_unkeyed") };
}

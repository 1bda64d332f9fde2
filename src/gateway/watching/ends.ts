import type { Clock } from "../../platform/clock.ts";
import type { Deciding, Generations } from "../generations.ts";
import type { Quarantine } from "../quarantine/index.ts";

/** A stream, a watch or a parked call outlives what ended by so much at most; each list and call is exact by itself. */
const LOOK_MS = 1_000;

/** Tells when an agent, or a role that somebody holds for a time, ended under the bundles that decide for a tenant; and when a quarantine did. */
export interface Ends {
  /** Looks at the clock now, as it is done every second while anything is left to end. */
  look(): void;
  stop(): void;
}

export interface EndingParts {
  readonly generations: Pick<Generations, "onSwap">;
  readonly quarantine: Pick<Quarantine, "ends" | "onChange">;
  readonly clock: Clock;
}

interface Left {
  readonly ends: readonly number[];
  next: number;
}

export function watchEnds({ generations, quarantine, clock }: EndingParts, onEnded: (tenant?: string) => void): Ends {
  /** By tenant; what is quarantined belongs to none. */
  const tenants = new Map<string | undefined, Left>();
  let timer: NodeJS.Timeout | undefined;

  /** Whether anything ended since the last look. */
  function passed(left: Left, now: number): boolean {
    const before = left.next;
    while ((left.ends[left.next] ?? Number.POSITIVE_INFINITY) <= now) left.next += 1;
    return left.next > before;
  }

  function keepLooking(): void {
    const busy = [...tenants.values()].some(({ ends, next }) => next < ends.length);
    if (busy) timer ??= setInterval(look, LOOK_MS).unref();
    else {
      clearInterval(timer);
      timer = undefined;
    }
  }

  function look(): void {
    const now = clock.now();
    const ended = [...tenants].filter(([, left]) => passed(left, now));
    keepLooking();
    for (const [tenant] of ended) onEnded(tenant);
  }

  function follow(tenant: string | undefined, ends: readonly number[]): void {
    const left = { ends, next: 0 };
    // What ended before a swap was never granted under these bundles.
    passed(left, clock.now());
    tenants.set(tenant, left);
    keepLooking();
  }

  const stops = [
    generations.onSwap(({ tenant, generations }) => follow(tenant, endsOf(generations))),
    quarantine.onChange(() => follow(undefined, quarantine.ends())),
  ];
  follow(undefined, quarantine.ends());
  return {
    look,
    stop() {
      for (const stop of stops) stop();
      clearInterval(timer);
    },
  };
}

function endsOf(generations: Deciding["generations"]): readonly number[] {
  const [only = [], ...others] = generations.map(({ catalog }) => catalog.ends);
  return others.length === 0 ? only : [only, ...others].flat().toSorted((a, b) => a - b);
}

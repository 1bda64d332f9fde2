import type { Ending, Spent } from "./call.ts";

/** How a call ended, what it costs, and what there is to take back should that not be recorded. */
export interface Concluded {
  readonly ending: Ending;
  readonly spent: Spent;
  readonly undo?: () => Promise<void>;
}

/** Ends a call that reached no server, or whose server asked instead of acting. */
export function free(ending: Ending): Concluded {
  return { ending, spent: { charged: false } };
}

/** Ends a call whose server may have acted. */
export function charged(ending: Ending): Concluded {
  return { ending, spent: { charged: true } };
}

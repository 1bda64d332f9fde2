import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that something in this process still refers to. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** By how many bytes what this process holds grew at most while that went on, looked at every so many turns. Garbage does not count. */
export async function mostHeldDuring(work: Promise<unknown>, turns = 200): Promise<number> {
  const before = heldBytes();
  let most = before;
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over) {
    most = Math.max(most, heldBytes());
    // Collecting takes longer than many turns: the work must get further than to the next look.
    for (let turn = 0; turn < turns && !over; turn++) await nextTurn();
  }
  await done;
  return most - before;
}

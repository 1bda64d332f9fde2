import { parentPort, workerData } from "node:worker_threads";
import { Evaluator } from "./evaluator.ts";
import { Judge, type Judged } from "./judge.ts";
import type { Entrypoint } from "./policy.ts";
import type { Ask, FromWorker, WorkerData } from "./worker-messages.ts";

/** The time after which a second look at a slow case is not worth it, in milliseconds. */
const ENOUGH = 10;

const { policy } = workerData as WorkerData;
const judge = new Judge(new Evaluator(policy));
// The first evaluation compiles; whoever is waiting for an answer should not pay for it.
judge.judge("toolgate/decide", "{}");

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function timed({ entrypoint, input, runs }: Ask): { readonly judged: Judged<Entrypoint>; readonly ms: number } {
  let best = Number.POSITIVE_INFINITY;
  let judged: Judged<Entrypoint> | undefined;
  for (let run = 0, spent = 0; run < Math.max(1, runs) && spent < ENOUGH; run++) {
    const begun = performance.now();
    judged = judge.judge(entrypoint, input);
    const ms = performance.now() - begun;
    best = Math.min(best, ms);
    spent += ms;
  }
  return { judged: judged ?? judge.judge(entrypoint, input), ms: best };
}

parentPort?.on("message", (ask: Ask) => tell({ kind: "judged", ...timed(ask) }));
tell({ kind: "ready" });

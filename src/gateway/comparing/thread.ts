import { parentPort, workerData } from "node:worker_threads";
import type { FromThread, Noted, ThreadData } from "./messages.ts";
import { openSecond } from "./open-second.ts";

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

const second = await openSecond(workerData as ThreadData);
if (second.ok) {
  // One batch after the other: the next one is sent when this one is answered.
  parentPort?.on(
    "message",
    (noted: readonly Noted[]) => void second.value(noted).then((compared) => tell({ kind: "compared", ...compared })),
  );
  tell({ kind: "ready" });
} else {
  tell({ kind: "unusable", detail: second.error });
}

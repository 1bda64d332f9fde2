import { randomIds } from "../../../src/core/ids.ts";
import { memoryLog } from "../../../src/parts/decisions/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { decisionLogContract } from "../../contracts/decision-log.contract.ts";
import { START } from "./log-folder.ts";

decisionLogContract("memory", async () => {
  const log = memoryLog({ clock: manualClock(START), ids: randomIds(), instance: "gate-1" });
  return {
    log,
    lines: async () => log.lines(),
    breakStorage: () => log.refuse("the disk is full"),
    repairStorage: () => log.refuse(undefined),
  };
});

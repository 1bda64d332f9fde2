import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Replays } from "../../../src/http/mcp/streams/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { mostHeldDuring } from "../../support/held-memory.ts";

const MEBIBYTE = 1024 * 1024;

test("a server that says much on a stream that nobody reads makes the gateway hold no more than its caller's quota", async () => {
  const replays = new Replays("r", MEBIBYTE, 1_000, manualClock(0));
  const stream = replays.open("answer", { session: "a", owner: "ann" });
  const flood = async () => {
    for (let event = 0; event < 200; event++) {
      stream.send(Buffer.alloc(MEBIBYTE / 4, 97 + (event % 26)).toString("latin1"));
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
  };
  // 50 MiB were said; garbage of a moment and what else goes on need a little too.
  expect(await mostHeldDuring(flood())).toBeLessThan(10 * MEBIBYTE);
  expect(replays.bytesOf("ann")).toBeLessThanOrEqual(MEBIBYTE);
});

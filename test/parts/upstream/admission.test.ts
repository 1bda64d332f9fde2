import { expect, it } from "vitest";
import { Admission } from "../../../src/parts/upstream/admission.ts";
import type { UpstreamCall } from "../../../src/parts/upstream/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { definition } from "./harness.ts";

const call: UpstreamCall = {
  ask: { method: "tools/call", tool: "t", argsText: undefined },
  timeoutMs: 1000,
  credential: {},
  decisionId: "dec_1",
};

function admitted(asks: readonly "elicitation"[], overHttp = true): number {
  const transport = { kind: "http", place: { url: "http://127.0.0.1:1/" }, hostClass: "loopback", era: "auto" } as const;
  const server = definition(transport, { asks, maxConcurrent: 10 });
  const admission = new Admission({ server, clock: manualClock(0), breaker: { failures: 5, open_ms: 1 }, overHttp, connections: 4 });
  return Array.from({ length: 20 }, () => admission.enter(call)).filter((refused) => refused === undefined).length;
}

it("lets no calls that wait for people take all connections, on which their answers have to go", () => {
  expect(admitted(["elicitation"])).toBe(4);
  expect(admitted([])).toBe(10);
  expect(admitted(["elicitation"], false)).toBe(10);
});

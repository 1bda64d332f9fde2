import { describe, expect, it } from "vitest";
import type { Generation } from "../../../src/gateway/generation.ts";
import type { Deciding } from "../../../src/gateway/generations.ts";
import { watchEnds } from "../../../src/gateway/watching/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";

function watched(start = 0) {
  const clock = manualClock(start);
  const told: string[] = [];
  let swap: (deciding: Deciding) => void = () => {};
  const generations = {
    onSwap: (listener: typeof swap) => {
      swap = listener;
      return () => {};
    },
  };
  let instants: readonly number[] = [];
  let change: () => void = () => {};
  const quarantine = {
    ends: () => instants,
    onChange: (listener: () => void) => {
      change = listener;
      return () => {};
    },
  };
  const ends = watchEnds({ generations, quarantine, clock }, (tenant = "quarantine") => told.push(tenant));
  return {
    told,
    look: () => ends.look(),
    stop: () => ends.stop(),
    set: clock.set,
    quarantine: (until: readonly number[]) => {
      instants = until;
      change();
    },
    activate: (tenant: string, ...ends: readonly (readonly number[])[]) =>
      swap({ tenant, generations: ends.map((instants) => ({ catalog: { ends: instants } }) as Generation) }),
  };
}

describe("the end of an agent or a role", () => {
  it("is told once, at its instant and not before, to its tenant alone", () => {
    const gate = watched();
    gate.activate("a", [100, 200]);
    gate.activate("b", [200]);
    gate.set(99);
    gate.look();
    expect(gate.told).toEqual([]);
    gate.set(100);
    gate.look();
    gate.look();
    expect(gate.told).toEqual(["a"]);
    gate.set(500);
    gate.look();
    expect(gate.told).toEqual(["a", "a", "b"]);
    gate.stop();
  });

  it("is told once for several that passed, and never for those before the bundle", () => {
    const gate = watched(50);
    gate.activate("a", [10, 50, 60, 70]);
    gate.look();
    expect(gate.told).toEqual([]);
    gate.set(100);
    gate.look();
    expect(gate.told).toEqual(["a"]);
    gate.stop();
  });

  it("is told for the candidate of a canary as for the active bundle", () => {
    const gate = watched();
    gate.activate("a", [300], [100, 400]);
    for (const now of [100, 300, 400]) {
      gate.set(now);
      gate.look();
    }
    expect(gate.told).toEqual(["a", "a", "a"]);
    gate.stop();
  });

  it("counts under the bundle of the moment only", () => {
    const gate = watched();
    gate.activate("a", [100]);
    gate.activate("a", []);
    gate.set(100);
    gate.look();
    expect(gate.told).toEqual([]);
    gate.stop();
  });

  it("is told for what was quarantined for a time as well, and not for what was lifted before", () => {
    const gate = watched();
    gate.activate("a", [300]);
    gate.quarantine([100, 200]);
    gate.set(100);
    gate.look();
    expect(gate.told).toEqual(["quarantine"]);
    gate.quarantine([]);
    gate.set(200);
    gate.look();
    expect(gate.told).toEqual(["quarantine"]);
  });
});

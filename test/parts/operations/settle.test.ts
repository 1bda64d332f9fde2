import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OperationsState } from "../../../src/core/operations.ts";
import type { Kept } from "../../../src/parts/operations/kept-state.ts";
import { settle } from "../../../src/parts/operations/settle.ts";
import { asKept } from "../../../src/parts/operations/state-schema.ts";
import { bundle, entry, NOW, rollout } from "./sample-state.ts";

const lines = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];

const states: fc.Arbitrary<OperationsState> = fc
  .record({
    version: fc.integer({ min: 1, max: 4 }),
    quarantine: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 }),
    promoted: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    held: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    under: fc.option(fc.integer({ min: 4, max: 6 }), { nil: undefined }),
    ended: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }),
  })
  .map(({ version, quarantine, promoted, held, under, ended }) => ({
    version,
    ...(promoted !== undefined && { promoted: { ...bundle(promoted), at: NOW, by: "ann" } }),
    ...(held !== undefined && { held: { ...bundle(held), at: NOW } }),
    ...(under !== undefined && { rollout: rollout(bundle(under)) }),
    ended: ended.map((id) => ({ id: `rol_${id}`, bundle: bundle(1), end: "rolled_back" as const, by: "ann", at: NOW - id, why: "" })),
    quarantine: quarantine.map((id) => entry(id)),
  }));
const keeps: fc.Arbitrary<Kept> = fc.record({ line: fc.constantFrom(...lines), state: states });

describe("when a replica and redis know different states", () => {
  test("nothing is lifted that nobody lifted, no floor falls, no version falls, and what comes of it can be kept", () => {
    fc.assert(
      fc.property(keeps, keeps, (own, stored) => {
        const settled = settle(own, stored, NOW);
        const { state } = settled.holds === "stored" ? stored : settled.kept;
        expect(asKept(state, state.version)).toEqual(state);
        expect(state.version).toBeGreaterThanOrEqual(Math.max(own.state.version, stored.state.version));
        if (settled.holds === "written") expect(state.version).toBeGreaterThan(stored.state.version);
        const sameLine = own.line === stored.line;
        if (sameLine && own.state.version !== stored.state.version) {
          expect(state).toEqual(own.state.version > stored.state.version ? own.state : stored.state);
          return;
        }
        const held = new Set(state.quarantine.map(({ id }) => id));
        for (const { id } of [...own.state.quarantine, ...stored.state.quarantine]) expect(held).toContain(id);
        const floors = [own, stored].map((kept) => kept.state.promoted?.sequence ?? 0);
        expect(state.promoted?.sequence ?? 0).toBe(Math.max(...floors));
        if (settled.holds === "written") expect(state.rollout).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test("two replicas come to one state, whoever speaks first and however often", () => {
    fc.assert(
      fc.property(keeps, keeps, fc.array(fc.boolean(), { minLength: 4, maxLength: 8 }), (one, other, turns) => {
        const known = [one, other];
        let stored: Kept | undefined;
        for (const turn of [...turns, true, false, true, false]) {
          const who = turn ? 0 : 1;
          const own = known[who]!;
          const settled = stored === undefined ? undefined : settle(own, stored, NOW);
          const next: Kept = stored === undefined || settled === undefined ? own : settled.holds === "stored" ? stored : settled.kept;
          expect(next.state.version).toBeGreaterThanOrEqual(own.state.version);
          stored = next;
          known[who] = next;
        }
        expect(known[0]).toEqual(known[1]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a state that took in another one is left alone, with the rollout that began since", () => {
    const own = { line: lines[0]!, state: { version: 1, ended: [], quarantine: [entry("a")] } };
    const stored = { line: lines[1]!, state: { version: 5, rollout: rollout(bundle(4)), ended: [], quarantine: [entry("b"), entry("a")] } };
    expect(settle(own, stored, NOW)).toEqual({ holds: "stored" });
  });
});

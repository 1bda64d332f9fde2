import { afterEach, describe, expect, test } from "vitest";
import type { OperationsState, StagedBundle } from "../../../src/core/operations.ts";
import { ok } from "../../../src/core/result.ts";
import { bundleOf, digestOf, type SmallLine, smallLine } from "./small-line.ts";

// What whoever writes into the shared state can make of the bundles that decide. Its own disk, and signatures, a replica
// believes before that.

const lines: SmallLine[] = [];
afterEach(async () => {
  for (const line of lines.splice(0)) await line.end();
});

/** A replica on which bundle 5 is promoted after bundle 3, both kept on its disk and in the shared store. */
async function atFive(): Promise<SmallLine> {
  const line = smallLine();
  lines.push(line);
  await line.rollouts.begin();
  for (const sequence of [3, 5]) expect((await line.rollouts.offer(bundleOf(sequence))).ok).toBe(true);
  await line.operations.saveBundle(digestOf(3), bundleOf(3));
  return line;
}

const named = (sequence: number, digest = digestOf(sequence)): StagedBundle => ({
  ...{ name: "test", revision: "forged", signer: "nobody" },
  ...{ sequence, digest },
});

async function forge(line: SmallLine, change: (state: OperationsState) => Omit<OperationsState, "version">): Promise<void> {
  expect((await line.operations.update((state) => ok(change(state)))).ok).toBe(true);
  for (let look = 0; look < 3; look++) {
    line.clock.advance(120_000);
    await line.rollouts.look();
  }
}

describe("a forged shared state", () => {
  test.each([
    ["that names an older bundle, which is kept and signed", named(3)],
    ["that names an older bundle under a higher sequence than it has", named(9, digestOf(3))],
    ["that names other content under the promoted sequence", named(5, digestOf(3))],
    ["that names a bundle nobody has", named(9)],
  ])("%s, does not move a replica below its own floor", async (_, bundle) => {
    const line = await atFive();
    await forge(line, (state) => ({ ...state, promoted: { ...bundle, at: 1, by: "nobody" } }));
    expect([line.active(), line.disk.floor?.sequence]).toEqual([5, 5]);
  });

  test("that promotes a bundle whose signature does not count changes nothing but what is said about it", async () => {
    const line = await atFive();
    line.refusals.set(6, { code: "bundle.bad_signature", detail: "nobody of the keyring signed it" });
    await line.operations.saveBundle(digestOf(6), bundleOf(6));
    await forge(line, (state) => ({ ...state, promoted: { ...named(6), at: 1, by: "nobody" } }));
    expect([line.active(), line.disk.floor?.sequence]).toEqual([5, 5]);
    expect(line.rollouts.problem()).toContain("nobody of the keyring signed it");
  });

  test("whose rollout is of an older bundle tries nothing out, and ends it", async () => {
    const line = await atFive();
    const steps = [{ mode: "canary", percent: 100 }] as const;
    await forge(line, (state) => {
      const plan = { steps, step: 0, stepAt: 1, rollbackIf: [], minCalls: 0, atEnd: "promote", by: "nobody", at: 1 } as const;
      return { ...state, rollout: { id: "rol_forged", bundle: named(9, digestOf(3)), ...plan } };
    });
    expect([line.active(), line.candidate()]).toEqual([5, undefined]);
    expect(line.operations.current().ended[0]).toMatchObject({ id: "rol_forged", end: "rolled_back", by: "gateway" });
  });

  test("without any promoted bundle does not open the way for an older one of a source", async () => {
    const line = await atFive();
    await forge(line, ({ promoted: _, ...state }) => state);
    expect(await line.rollouts.offer(bundleOf(3))).toMatchObject({ ok: false, error: { code: "bundle.older_sequence" } });
    expect(line.active()).toBe(5);
  });
});

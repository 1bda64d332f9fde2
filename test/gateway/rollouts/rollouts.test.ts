import { afterEach, describe, expect, test } from "vitest";
import type { RolloutStep } from "../../../src/core/operations.ts";
import { operationsMemory } from "../../../src/parts/operations/index.ts";
import { bundleOf, digestOf, type SmallLine, type SmallLineOptions, smallDisk, smallLine } from "./small-line.ts";

const lines: SmallLine[] = [];
afterEach(async () => {
  for (const line of lines.splice(0)) {
    await line.end();
    expect(line.leaks()).toEqual({ open: [], twice: 0 });
  }
});

async function begun(options: SmallLineOptions = {}): Promise<SmallLine> {
  const line = smallLine(options);
  lines.push(line);
  await line.rollouts.begin();
  return line;
}

/** A line on which the first bundle is promoted. */
async function ready(options: SmallLineOptions = {}): Promise<SmallLine> {
  const line = await begun(options);
  expect(await line.rollouts.offer(bundleOf(1))).toMatchObject({ ok: true });
  return line;
}

const canary = [{ mode: "canary", percent: 50 }] as const;

async function begin(line: SmallLine, sequence: number, steps: readonly RolloutStep[] = canary, ifVersion?: number) {
  await line.rollouts.stage(bundleOf(sequence));
  const wanted = { digest: digestOf(sequence), steps, rollbackIf: [], minCalls: 0, atEnd: "wait" } as const;
  return await line.rollouts.start(wanted, "olga", ifVersion);
}

const revoked = { code: "bundle.unknown_key", detail: "its key is revoked" } as const;

describe("a replica", () => {
  test("closes what it does not need any more, and nothing that decides", async () => {
    const line = await ready();
    await begin(line, 2);
    await line.rollouts.rollBack("", "olga");
    await begin(line, 3);
    await line.rollouts.promote("", "olga");
    await line.rollouts.stage(bundleOf(4));
    await line.rollouts.stage(bundleOf(5));
    await line.rollouts.look();
    expect(line.active()).toBe(3);
    expect(line.leaks().twice).toBe(0);
    expect(line.leaks().open).toEqual([3, 5]);
  });

  test("keeps a generation open that is pinned while its bundle is replaced", async () => {
    const line = await ready();
    const pinned = line.generations.pin({ tenant: "default" } as never);
    await line.rollouts.offer(bundleOf(2));
    expect(line.leaks().open).toContain(1);
    if (pinned) line.generations.release(pinned);
    expect(line.leaks().open).not.toContain(1);
  });

  test("promotes its candidate as it is: the agents who had it never fall back to the old bundle meanwhile", async () => {
    const line = await ready();
    await begin(line, 2);
    const candidate = line.generations.candidate("default")?.generation;
    const deciding: (readonly number[])[] = [];
    line.generations.onSwap(({ generations }) => deciding.push(generations.map(({ bundle }) => bundle.identity.sequence)));
    await line.rollouts.promote("", "olga");
    expect(deciding).toEqual([[2]]);
    expect(line.generations.active("default")).toBe(candidate);
  });

  test("takes the bytes from the others, and promotes and ends with them", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    const other = await begun({ memory, replica: "two" });
    expect(other.active()).toBe(1);
    await begin(one, 2);
    await other.rollouts.look();
    expect(other.candidate()).toBe(2);
    await other.rollouts.promote("", "petra");
    await one.rollouts.look();
    expect([one.active(), other.active()]).toEqual([2, 2]);
    expect([one.candidate(), other.candidate()]).toEqual([undefined, undefined]);
    expect(one.disk.floor).toEqual({ sequence: 2, digest: digestOf(2) });
  });

  test("that cannot take a candidate rolls it back for all, and says why", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    const other = await begun({ memory, replica: "two" });
    other.refusals.set(2, revoked);
    await begin(one, 2);
    await other.rollouts.look();
    await one.rollouts.look();
    expect([one.candidate(), other.candidate()]).toEqual([undefined, undefined]);
    expect(one.operations.current().ended).toMatchObject([
      { end: "rolled_back", by: "gateway", why: expect.stringContaining("its key is revoked") },
    ]);
    expect(other.records().map(({ effect }) => effect)).toEqual(["rolled_back"]);
  });

  test("keeps a candidate that decides on its own disk, for the records that name it, or does not decide with it", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    const other = await begun({ memory, replica: "two" });
    other.faults.keep = "the disk is full";
    await begin(one, 2);
    await other.rollouts.look();
    expect([other.candidate(), other.rollouts.problem()]).toEqual([undefined, expect.stringContaining("the disk is full")]);
    delete other.faults.keep;
    await other.rollouts.look();
    expect([other.candidate(), other.rollouts.problem()]).toEqual([2, undefined]);
    await one.rollouts.rollBack("", "olga");
    await other.rollouts.look();
    expect([...other.disk.kept.keys()]).toContain(digestOf(2));
  });

  test("whose shadow becomes a canary keeps the candidate by then", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    const other = await begun({ memory, replica: "two" });
    await begin(one, 2, [{ mode: "shadow" }]);
    await other.rollouts.look();
    expect(other.candidate()).toBe(2);
    other.faults.keep = "the disk is full";
    await begin(one, 2);
    await other.rollouts.look();
    expect(other.generations.candidate("default")?.mode).toBe("shadow");
    delete other.faults.keep;
    await other.rollouts.look();
    expect(other.generations.candidate("default")?.mode).toBe("canary");
    expect([...other.disk.kept.keys()]).toContain(digestOf(2));
  });

  test("with nothing to decide with tries its last good bundle again ever more rarely, and takes it once it may", async () => {
    const [memory, disk] = [operationsMemory(), smallDisk()];
    const first = await begun({ memory, disk });
    await first.rollouts.offer(bundleOf(5));
    lines.splice(lines.indexOf(first), 1);
    await first.end();
    const line = smallLine({ memory, disk });
    lines.push(line);
    line.refusals.set(5, { code: "bundle.unknown_key", detail: "its key was taken out of the keyring" });
    await line.rollouts.begin();
    for (let second = 0; second < 120; second++) {
      line.clock.advance(1_000);
      await line.rollouts.look();
    }
    expect(line.active()).toBeUndefined();
    expect(line.lastReads()).toBeGreaterThan(3);
    expect(line.lastReads()).toBeLessThan(12);
    line.refusals.clear();
    line.clock.advance(60_000);
    await line.rollouts.look();
    expect(line.active()).toBe(5);
  });

  test("that cannot take the promoted bundle goes on with its last good one, says so, and tries again", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    const other = await begun({ memory, replica: "two" });
    other.refusals.set(2, revoked);
    await one.rollouts.offer(bundleOf(2));
    await other.rollouts.look();
    expect([one.active(), other.active()]).toEqual([2, 1]);
    expect(other.rollouts.problem()).toContain("its key is revoked");
    expect((await one.rollouts.status()).replicas).toMatchObject([
      { replica: "one" },
      { replica: "two", active: digestOf(1), problem: expect.any(String) },
    ]);
    other.refusals.clear();
    other.clock.advance(120_000);
    await other.rollouts.look();
    expect(other.active()).toBe(2);
    expect(other.rollouts.problem()).toBeUndefined();
  });

  test("that cannot keep its floor does not decide with what it could not keep", async () => {
    const line = await ready();
    line.faults.promote = "the disk is full";
    expect(await line.rollouts.offer(bundleOf(2))).toMatchObject({
      ok: false,
      error: { detail: expect.stringContaining("the disk is full") },
    });
    expect(line.active()).toBe(1);
    delete line.faults.promote;
    line.clock.advance(120_000);
    await line.rollouts.look();
    expect(line.active()).toBe(2);
  });

  test("that waits for bytes that nobody has handed over yet does not end the rollout at once", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    await begin(one, 2);
    memory.bundles.delete(digestOf(2));
    const other = await begun({ memory, replica: "two" });
    expect(one.operations.current().rollout).toBeDefined();
    expect(other.rollouts.problem()).toContain("no replica keeps");
    other.clock.advance(60_000);
    await other.rollouts.look();
    expect(one.operations.current().ended).toMatchObject([{ end: "rolled_back", by: "gateway" }]);
  });

  test("takes nothing under a digest that it does not have", async () => {
    const memory = operationsMemory();
    const one = await ready({ memory });
    await one.rollouts.offer(bundleOf(2));
    memory.bundles.set(digestOf(2), bundleOf(3));
    const other = await begun({ memory, replica: "two" });
    expect(other.active()).toBeUndefined();
    expect(other.rollouts.problem()).toContain("bundle.file_changed");
  });
});

describe("a bundle of the source that is refused for what may end by itself", () => {
  const early = { code: "bundle.unknown_key", detail: "its key is valid from tomorrow", again: true } as const;

  test("is told once, and taken as soon as that is over, without anybody's help", async () => {
    const line = await ready();
    line.refusals.set(2, early);
    expect(await line.rollouts.offer(bundleOf(2))).toMatchObject({ ok: false, error: early });
    for (let seconds = 0; seconds < 300; seconds++) {
      line.clock.advance(1_000);
      await line.rollouts.look();
    }
    expect(line.active()).toBe(1);
    expect(line.generations.status().refused).toMatchObject({ code: early.code, at: 1_000_000 });
    line.refusals.clear();
    line.clock.advance(60_000);
    await line.rollouts.look();
    expect(line.active()).toBe(2);
    expect(line.generations.status().refused).toBeUndefined();
  });

  test("is not tried again once the source brings another one", async () => {
    const line = await ready();
    line.refusals.set(2, early);
    await line.rollouts.offer(bundleOf(2));
    await line.rollouts.offer(bundleOf(3));
    line.refusals.clear();
    line.clock.advance(60_000);
    await line.rollouts.look();
    expect(line.active()).toBe(3);
    expect(line.disk.kept.has(digestOf(2))).toBe(false);
  });

  test.each(["promote", "hold"] as const)("as a full disk is, under %s, changes nothing while it lasts", async (new_bundles) => {
    const line = await ready({ config: { new_bundles, compared_per_second: 1 } });
    const { version } = line.operations.current();
    line.faults.keep = "no space left on device";
    expect(await line.rollouts.offer(bundleOf(2))).toMatchObject({
      ok: false,
      error: { detail: expect.stringContaining("no space left") },
    });
    expect(line.operations.current().version).toBe(version);
    expect(line.active()).toBe(1);
    delete line.faults.keep;
    line.clock.advance(1_000);
    await line.rollouts.look();
    const { promoted, held } = line.operations.current();
    expect([promoted?.sequence, held?.sequence]).toEqual(new_bundles === "hold" ? [1, 2] : [2, undefined]);
  });
});

describe("what is told of a refused bundle of the source", () => {
  test("ends when the source has the active one again, and stays where something else was refused", async () => {
    const line = await ready();
    line.refusals.set(2, revoked);
    await line.rollouts.offer(bundleOf(2));
    expect(line.generations.status().refused).toMatchObject(revoked);
    await line.rollouts.offer(bundleOf(1));
    expect(line.generations.status().refused).toBeUndefined();
    line.generations.refused({ code: "bundle.expired", detail: "a candidate" });
    await line.rollouts.offer(bundleOf(1));
    expect(line.generations.status().refused).toMatchObject({ code: "bundle.expired" });
  });

  test("ends when a good one comes that is held", async () => {
    const line = await ready({ config: { new_bundles: "hold", compared_per_second: 1 } });
    line.refusals.set(2, revoked);
    await line.rollouts.offer(bundleOf(2));
    await line.rollouts.offer(bundleOf(3));
    expect([line.active(), line.operations.current().held?.sequence]).toEqual([1, 3]);
    expect(line.generations.status().refused).toBeUndefined();
  });
});

describe("a crash", () => {
  test("between the shared promotion and the swap ends at the promoted bundle after a restart", async () => {
    const [memory, disk] = [operationsMemory(), smallDisk()];
    const line = await ready({ memory, disk });
    await begin(line, 2);
    // From here on nothing is done locally: as if the process ended right after the shared state was written.
    line.faults.promote = "killed";
    await line.rollouts.promote("", "olga");
    expect(line.active()).toBe(1);
    expect(disk.floor?.sequence).toBe(1);
    memory.bundles.clear();
    const again = await begun({ memory, disk });
    expect(again.active()).toBe(2);
    expect(disk.floor?.sequence).toBe(2);
    expect(again.candidate()).toBeUndefined();
  });

  test("before it changes nothing but what lies in stock", async () => {
    const [memory, disk] = [operationsMemory(), smallDisk()];
    const line = await ready({ memory, disk });
    await line.rollouts.stage(bundleOf(2));
    const again = await begun({ memory, disk });
    expect(again.active()).toBe(1);
    expect(disk.promoted).toEqual(new Set([digestOf(1)]));
  });

  test("of the shared state does not lower the floor: what was promoted here is promoted again", async () => {
    const disk = smallDisk();
    const line = await ready({ disk });
    await line.rollouts.offer(bundleOf(5));
    const again = await begun({ disk });
    expect(again.operations.current().promoted).toMatchObject({ sequence: 5 });
    expect(await again.rollouts.offer(bundleOf(4))).toMatchObject({ ok: false, error: { code: "bundle.older_sequence" } });
  });
});

describe("the keyring", () => {
  test("when it does not carry the active bundle any more, nothing decides, until a newer one comes", async () => {
    const line = await ready({ config: { new_bundles: "hold", compared_per_second: 1 } });
    line.refusals.set(1, revoked);
    await line.rollouts.recheck();
    expect(line.active()).toBeUndefined();
    await line.rollouts.look();
    expect(line.active()).toBeUndefined();
    await line.rollouts.offer(bundleOf(2));
    expect(line.active()).toBe(2);
  });

  test("when it does not carry the candidate any more, that is rolled back at once and the active one goes on", async () => {
    const line = await ready();
    await begin(line, 2);
    line.refusals.set(2, revoked);
    await line.rollouts.recheck();
    expect([line.active(), line.candidate()]).toEqual([1, undefined]);
    expect(line.operations.current().ended).toMatchObject([{ end: "rolled_back", by: "gateway" }]);
  });

  test("when it does not carry a candidate that is promoted, the promotion is refused", async () => {
    const line = await ready();
    await begin(line, 2);
    line.refusals.set(2, revoked);
    expect(await line.rollouts.promote("", "olga")).toMatchObject({ ok: false, error: revoked });
    expect(line.active()).toBe(1);
    expect(line.operations.current().promoted).toMatchObject({ sequence: 1 });
  });

  test("when it does not carry a held bundle any more, that is not held any more", async () => {
    const line = await ready({ config: { new_bundles: "hold", compared_per_second: 1 } });
    await line.rollouts.offer(bundleOf(2));
    expect(line.operations.current().held).toMatchObject({ sequence: 2 });
    line.refusals.set(2, revoked);
    await line.rollouts.recheck();
    expect(line.operations.current().held).toBeUndefined();
  });
});

describe("what is compared", () => {
  test("is the candidate in shadow, the promoted bundle in a canary, and nothing without a rollout", async () => {
    const line = await ready();
    await begin(line, 2, [{ mode: "shadow" }]);
    await begin(line, 2, canary);
    await begin(line, 2, [{ mode: "canary", percent: 80 }]);
    const { rollout } = line.operations.current();
    const sequences = line.pairs.map(({ first, second, candidate, rollout: id }) => [
      first.bundle.identity.sequence,
      second.bundle.identity.sequence,
      candidate,
      id,
    ]);
    expect(sequences).toEqual([
      [1, 2, "second", rollout?.id],
      [2, 1, "first", rollout?.id],
    ]);
  });
});

describe("an act on a version that somebody saw", () => {
  test("happens only if nothing changed since, and says who did what", async () => {
    const line = await ready();
    const { version } = line.operations.current();
    expect(await begin(line, 2, canary, version)).toMatchObject({ ok: true });
    for (const act of [
      () => begin(line, 2, canary, version),
      () => line.rollouts.promote("", "petra", version),
      () => line.rollouts.rollBack("", "petra", version),
    ]) {
      expect(await act()).toMatchObject({
        ok: false,
        error: { code: "rollout.changed", detail: expect.stringContaining("begun by olga") },
      });
    }
    expect(line.candidate()).toBe(2);
  });
});

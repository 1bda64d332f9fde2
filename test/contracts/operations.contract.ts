import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Digest, sha256 } from "../../src/core/digest.ts";
import { noOperations, type OperationsState } from "../../src/core/operations.ts";
import { err, ok } from "../../src/core/result.ts";
import {
  begin,
  type Counted,
  type Operations,
  promote,
  rollBack,
  withoutQuarantine,
  withQuarantine,
} from "../../src/parts/operations/index.ts";
import { manualClock } from "../../src/platform/clock.ts";
import { bundle, entry, NOW, rollout } from "../parts/operations/sample-state.ts";

/** Where replicas keep their operations together. */
export interface OperationsPlace {
  start(replica: string, clock: ReturnType<typeof manualClock>): Promise<Operations>;
  end(): Promise<void>;
}

const HOUR = 3_600_000;
const zero = { same: 0, changed: 0, new_deny: 0, new_allow: 0, new_ask: 0, failed: 0 };
const put = (id: string) => (state: OperationsState) => ok(withQuarantine(state, entry(id)));
const ids = (state: OperationsState) => state.quarantine.map(({ id }) => id);

function difference(agent: string, count = 1, samples: readonly string[] = [`dec_${agent}`]): Counted["differences"][number] {
  return { flip: "new_deny", agent, target: "crm.refund", rule: "refunds too_much", count, samples };
}

/** Every place keeps these promises. `alone`: only one process may use it at a time, so that replicas of each other are one. */
export function operationsContract(
  name: string,
  { alone = false }: { readonly alone?: boolean },
  open: () => Promise<OperationsPlace>,
): void {
  describe(`operations: ${name}`, () => {
    let place: OperationsPlace;
    let clock: ReturnType<typeof manualClock>;
    let one: Operations;
    let other: Operations;
    let started: Operations[];
    const start = async (replica: string) => {
      const operations = await place.start(replica, clock);
      started.push(operations);
      await operations.firstRead;
      return operations;
    };
    beforeEach(async () => {
      clock = manualClock(NOW);
      place = await open();
      started = [];
      one = await start("one");
      other = alone ? one : await start("other");
    });
    afterEach(async () => {
      for (const operations of started) await operations.close();
      await place.end();
    });
    const value = async <T>(result: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>): Promise<T> => {
      const settled = await result;
      if (!settled.ok) throw new Error(JSON.stringify(settled.error));
      return settled.value;
    };

    test("begins with nothing, and knows it", () => {
      expect(one.current()).toEqual(noOperations);
      expect(one.staleMs()).toBe(0);
    });

    test("a change raises the version by one, whatever the change says, and is known when it resolves", async () => {
      const first = await value(one.update(() => ok({ ...noOperations, version: 77, quarantine: [entry("qua_1")] })));
      expect(first).toEqual({ ...noOperations, version: 1, quarantine: [entry("qua_1")] });
      expect(one.current()).toEqual(first);
      expect(await value(other.update(put("qua_2")))).toMatchObject({ version: 2, quarantine: [{ id: "qua_1" }, { id: "qua_2" }] });
    });

    test("a whole state comes back as it was given, also to one that starts later", async () => {
      const full = (state: OperationsState) => {
        const held = { ...bundle(9), at: NOW };
        const step = promote(state, bundle(3), "ann", NOW, "it is good");
        const next = step.ok ? begin(step.value, rollout(bundle(4), { before: { compared: 3, flips: { ...zero, same: 3 } } })) : step;
        return next.ok
          ? ok({ ...next.value, held, quarantine: [entry("qua_1", { kind: "user", issuer: "https://i", until: NOW - 1 })] })
          : next;
      };
      const given = await value(one.update(full));
      expect(given).toMatchObject({ promoted: { sequence: 3 }, rollout: { step: 0, before: { compared: 3 } }, held: { sequence: 9 } });
      if (alone) await one.close();
      const later = await start("later");
      expect(later.current()).toEqual(given);
      expect(await value(later.update(put("qua_2")))).toEqual({ ...given, version: 2, quarantine: [...given.quarantine, entry("qua_2")] });
    });

    test("a quarantine that is over stays in the state: whether it holds is for others to say", async () => {
      await one.update((state) => ok(withQuarantine(state, entry("qua_1", { until: NOW + 1 }))));
      clock.advance(HOUR);
      expect(ids(await value(other.update(put("qua_2"))))).toEqual(["qua_1", "qua_2"]);
    });

    test("a refusal changes nothing and is told as it is", async () => {
      await one.update(put("qua_1"));
      const heard: number[] = [];
      one.onChange(({ version }) => heard.push(version));
      expect(await one.update(() => err({ code: "no", why: "because" }))).toEqual(err({ code: "no", why: "because" }));
      expect(one.current().version).toBe(1);
      expect(heard).toEqual([]);
      expect(await value(other.update(put("qua_2")))).toMatchObject({ version: 2 });
    });

    test("a change that makes no valid state is a mistake that is thrown, and changes nothing", async () => {
      await one.update(put("qua_1"));
      const broken = one.update((state) => ok({ ...state, rollout: rollout(bundle(1), { step: 3 }) }));
      await expect(broken).rejects.toThrow("invalid");
      expect(await value(one.update((state) => ok(state)))).toMatchObject({ version: 2, quarantine: [{ id: "qua_1" }] });
    });

    test("a hundred changes at once from two sides are all there, and each version is there once", async () => {
      const changes = Array.from({ length: 100 }, (_, index) => value((index % 2 === 0 ? one : other).update(put(`qua_${index}`))));
      const versions = (await Promise.all(changes)).map(({ version }) => version);
      expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      const all = await value(one.update((state) => ok(state)));
      expect(new Set(ids(all))).toEqual(new Set(Array.from({ length: 100 }, (_, index) => `qua_${index}`)));
      expect(all.quarantine).toHaveLength(100);
    });

    test("a listener hears each state of its own side once, the versions rise, and it has heard when the change resolves", async () => {
      const heard: OperationsState[] = [];
      const others: number[] = [];
      const stop = one.onChange((state) => heard.push(state));
      one.onChange(() => {
        throw new Error("a listener that fails");
      });
      one.onChange(({ version }) => {
        if (version === 1) void one.update(put("qua_by_a_listener"));
      });
      one.onChange(({ version }) => others.push(version));
      const made = await Promise.all(Array.from({ length: 5 }, (_, index) => value(one.update(put(`qua_${index}`)))));
      await value(one.update((state) => ok(state)));
      expect(heard.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(others).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(heard).toEqual(expect.arrayContaining(made));
      stop();
      await one.update(put("qua_9"));
      expect(heard).toHaveLength(7);
    });

    test("the other side hears of a change by itself", async () => {
      const heard = Promise.withResolvers<OperationsState>();
      other.onChange(heard.resolve);
      const made = await value(one.update(put("qua_1")));
      expect(await heard.promise).toEqual(made);
      expect(other.current()).toEqual(made);
    });

    test("counts of both sides add up; nothing yet is all zero", async () => {
      expect(await value(one.counts("rol_r4"))).toEqual({ compared: 0, flips: zero, skipped: 0, differences: [] });
      const batch: Counted = { flips: { same: 5, new_deny: 3 }, skipped: 2, differences: [difference("bot"), difference("desk", 2)] };
      const added = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).count("rol_r4", batch));
      expect(await Promise.all(added)).toEqual(added.map(() => ok(undefined)));
      await one.count("rol_r5", { flips: { failed: 1 }, skipped: 0, differences: [] });
      const counts = await value(other.counts("rol_r4"));
      expect(counts).toMatchObject({ compared: 160, flips: { ...zero, same: 100, new_deny: 60 }, skipped: 40 });
      expect(counts.differences.map(({ agent, count }) => [agent, count])).toEqual([
        ["desk", 40],
        ["bot", 20],
      ]);
      expect(await value(one.counts("rol_r5"))).toMatchObject({ compared: 1, differences: [] });
    });

    test("a difference keeps the latest three decision ids, and nothing that is none", async () => {
      await one.count("rol_r4", { flips: {}, skipped: 0, differences: [difference("bot", 2, ["dec_1", "dec_2"])] });
      await other.count("rol_r4", { flips: {}, skipped: 0, differences: [difference("bot", 3, ["dec_3", "a secret", "dec_4", "dec_5"])] });
      expect((await value(one.counts("rol_r4"))).differences).toEqual([{ ...difference("bot", 5), samples: ["dec_3", "dec_4", "dec_5"] }]);
    });

    test("a hundred places of differences are kept; more are in the totals only, and known places go on counting", async () => {
      const many = Array.from({ length: 130 }, (_, index) => difference(`agent-${index}`));
      for (let index = 0; index < 130; index += 10) {
        await (index % 20 === 0 ? one : other).count("rol_r4", {
          flips: { new_deny: 10 },
          skipped: 0,
          differences: many.slice(index, index + 10),
        });
      }
      await one.count("rol_r4", { flips: { new_deny: 2 }, skipped: 0, differences: [difference("agent-7"), difference("agent-129")] });
      const counts = await value(other.counts("rol_r4"));
      expect(counts.flips.new_deny).toBe(132);
      expect(counts.differences).toHaveLength(100);
      expect(counts.differences[0]).toMatchObject({ agent: "agent-7", count: 2 });
    });

    test("what is no count is a mistake that is thrown, and nothing of its batch is counted", async () => {
      const broken = { flips: { same: 4 }, skipped: 0, differences: [difference("bot", 0.5)] };
      await expect(one.count("rol_r4", broken)).rejects.toThrow("0.5");
      expect(await value(one.counts("rol_r4"))).toMatchObject({ compared: 0 });
    });

    test("counts outlive the end of their rollout", async () => {
      const begun = (state: OperationsState) => begin(state, rollout(bundle(4)));
      await value(one.update(begun));
      await one.count("rol_r4", { flips: { same: 1 }, skipped: 0, differences: [] });
      await value(one.update((state) => rollBack(state, "ann", clock.now(), "why not")));
      expect(await value(other.counts("rol_r4"))).toMatchObject({ compared: 1 });
    });

    test("bundles come back byte for byte until others only are kept", async () => {
      const large = Buffer.alloc(1_500_000, "0123456789abcdefg");
      const [first, second, third] = ["1", "2", "3"].map((text) => sha256(text)) as [Digest, Digest, Digest];
      expect(await one.saveBundle(first, Uint8Array.of(0, 255, 128, 10))).toEqual(ok(undefined));
      expect(await one.saveBundle(second, large)).toEqual(ok(undefined));
      expect(await other.readBundle(first)).toEqual(ok(Uint8Array.of(0, 255, 128, 10)));
      expect(Buffer.compare((await value(other.readBundle(second))) ?? new Uint8Array(), large)).toBe(0);
      expect(await one.readBundle(third)).toEqual(ok(undefined));
      expect(await one.saveBundle(first, Uint8Array.of(1))).toEqual(ok(undefined));
      expect(await other.readBundle(first)).toEqual(ok(Uint8Array.of(1)));
      await other.keepBundles(new Set([first, third]));
      expect(await one.readBundle(second)).toEqual(ok(undefined));
      expect(await one.readBundle(first)).toEqual(ok(Uint8Array.of(1)));
    });

    test("a bundle above 64 MiB is not kept", async () => {
      const saved = await one.saveBundle(sha256("big"), new Uint8Array(64 * 1024 * 1024 + 1));
      expect(saved).toMatchObject({ ok: false, error: { code: "gateway.operations_unavailable" } });
      expect(await one.readBundle(sha256("big"))).toEqual(ok(undefined));
    });

    test("replicas are known by what they said last, until they say nothing for five seconds", async () => {
      one.report({ replica: "one", version: 1 });
      one.report({ replica: "one", version: 2, active: sha256("a"), candidate: sha256("b"), problem: "it does not compile" });
      const said = { replica: "one", version: 2, active: sha256("a"), candidate: sha256("b"), problem: "it does not compile", at: NOW };
      expect(await value(one.replicas())).toEqual([said]);
      clock.advance(3_000);
      other.report({ replica: "other", version: 2 });
      await value(other.replicas());
      expect(await value(one.replicas())).toEqual([said, { replica: "other", version: 2, at: NOW + 3_000 }]);
      clock.advance(2_000);
      expect(await value(one.replicas())).toEqual([{ replica: "other", version: 2, at: NOW + 3_000 }]);
      clock.advance(3_000);
      expect(await value(other.replicas())).toEqual([]);
    });

    test("lifting what is not there changes nothing but the version", async () => {
      await value(one.update(put("qua_1")));
      expect(ids(await value(other.update((state) => ok(withoutQuarantine(state, "qua_9")))))).toEqual(["qua_1"]);
    });
  });
}

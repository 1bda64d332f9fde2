import { describe, expect, it, onTestFinished } from "vitest";
import { sha256Hex } from "../../src/core/digest.ts";
import type { DecisionLog, Durability } from "../../src/parts/decisions/index.ts";

/** One adapter of the log, as the contract needs it. */
export interface LogUnderTest {
  readonly log: DecisionLog;
  /** Every line of the log's segments in order, without newlines. */
  lines(): Promise<readonly string[]>;
  /** From now on nothing can be stored. */
  breakStorage(): void;
  /** Storage works again, and the log may find that out with the next append. */
  repairStorage(): void;
}

const durabilities: readonly Durability[] = ["always", "grouped"];

export function record(kind: string, id: string, members: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ kind, id, ...members });
}

export function expectChain(lines: readonly string[], first: string): void {
  let prev = first;
  for (const line of lines) {
    expect(JSON.parse(line).prev).toBe(prev);
    prev = sha256Hex(line);
  }
}

/** What every decision log promises. */
export function decisionLogContract(name: string, open: () => Promise<LogUnderTest>): void {
  async function begin(): Promise<LogUnderTest> {
    const opened = await open();
    onTestFinished(() => opened.log.close());
    return opened;
  }

  describe(`the decision log contract on ${name}`, () => {
    it("a log begins with a header and a start record", async () => {
      const { log, lines } = await begin();
      const [header, start] = (await lines()).map((line) => JSON.parse(line));
      expect(header).toMatchObject({ v: 1, kind: "segment", log: log.head().log, segment: 1, count: 0 });
      expect(start).toMatchObject({ v: 1, seq: 0, durability: "always", kind: "start", id: log.head().log, previous: null });
      expect(log.head().count).toBe(1);
    });

    it.each(durabilities)("an append as %s is answered with its position and stored as it was given", async (durability) => {
      const { log, lines } = await begin();
      const answer = await log.append('{"kind":"list","id":"dec_1","text":"é\\n𝄞"}', durability);
      expect(answer).toEqual({ ok: true, value: { seq: 1 } });
      const line = (await lines()).at(-1) ?? "";
      expect(line.endsWith(`,"durability":"${durability}","kind":"list","id":"dec_1","text":"é\\n𝄞"}`)).toBe(true);
    });

    it("the order of calls is the order in the log, whatever their durabilities", async () => {
      const { log, lines } = await begin();
      const calls = Array.from({ length: 60 }, (_, n) => log.append(record("list", `dec_${n}`), n % 3 === 0 ? "always" : "grouped"));
      const answers = await Promise.all(calls);
      expect(answers.map((answer) => answer.ok && answer.value.seq)).toEqual(calls.map((_, n) => n + 1));
      const ids = (await lines())
        .map((line) => JSON.parse(line))
        .filter((line) => line.kind === "list")
        .map((line) => line.id);
      expect(ids).toEqual(calls.map((_, n) => `dec_${n}`));
    });

    it("every line carries the hash of the line before it, and the head that of the last", async () => {
      const { log, lines } = await begin();
      await Promise.all(
        Array.from({ length: 40 }, (_, n) => log.append(record("list", `dec_${n}`, { pad: "x".repeat(n * 10) }), "grouped")),
      );
      const all = await lines();
      expectChain(all, "0".repeat(64));
      expect(log.head()).toMatchObject({ count: 41, hash: sha256Hex(all.at(-1) ?? "") });
    });

    it("a body that holds a newline is a bug, not a record", async () => {
      const { log, lines } = await begin();
      const before = await lines();
      await expect(async () => log.append('{"kind":"list","id":"dec_1",\n"x":1}', "grouped")).rejects.toThrow(TypeError);
      await expect(async () => log.append('{"id":"dec_1","kind":"list"}', "grouped")).rejects.toThrow(TypeError);
      expect(await lines()).toEqual(before);
    });

    it.each(durabilities)("what cannot be stored is refused and stays out of the chain, as %s", async (durability) => {
      const { log, lines, breakStorage, repairStorage } = await begin();
      await log.append(record("list", "dec_kept"), durability);
      breakStorage();
      const refused = await Promise.all([1, 2, 3].map((n) => log.append(record("list", `dec_refused_${n}`), durability)));
      for (const answer of refused) expect(answer).toMatchObject({ ok: false, error: { code: "gateway.log_unavailable" } });
      expect(log.healthy()).toBe(false);
      repairStorage();
      expect(await log.append(record("list", "dec_after"), durability)).toMatchObject({ ok: true });
      expect(log.healthy()).toBe(true);
      const all = await lines();
      expect(all.join("\n")).toContain("dec_kept");
      expect(all.join("\n")).not.toContain("dec_refused");
      expectChain(all, "0".repeat(64));
    });

    it("a closed log refuses, and has stored what came before", async () => {
      const { log, lines } = await begin();
      const last = log.append(record("list", "dec_last"), "grouped");
      await log.close();
      await log.close();
      expect(await last).toMatchObject({ ok: true });
      expect((await lines()).at(-1)).toContain("dec_last");
      expect(log.healthy()).toBe(false);
      expect(await log.append(record("list", "dec_late"), "grouped")).toMatchObject({ ok: false });
    });
  });
}

import { describe, expect, it } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { operationsMemory } from "../../../src/parts/operations/index.ts";
import { memoryReplicas, type Replicas } from "../../../src/parts/replicas/index.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { smallDesk } from "./small-desk.ts";

/** Two replicas that reach each other; `cut` takes the way between them. */
function connected(): { readonly a: Replicas; readonly b: Replicas; cut(): void } {
  const [a, b] = [memoryReplicas(silentLogger), memoryReplicas(silentLogger)];
  const askOf = { [a.id]: a.ask, [b.id]: b.ask };
  let isCut = false;
  const joined = (own: Replicas): Replicas => ({
    ...own,
    ask: async (replica, topic, payload, options) =>
      isCut && replica !== own.id ? { kind: "away" } : ((await askOf[replica]?.(replica, topic, payload, options)) ?? { kind: "away" }),
  });
  return {
    a: joined(a),
    b: joined(b),
    cut: () => {
      isCut = true;
    },
  };
}

async function twoDesks() {
  const memory = operationsMemory();
  const { a, b, cut } = connected();
  return {
    here: await smallDesk({ memory, replicas: a, disk: true }),
    there: await smallDesk({ memory, replicas: b, disk: true }),
    a,
    b,
    cut,
  };
}

const other = "dec_01990000-0000-7000-8000-000000000000";

describe("the records of a decision", () => {
  it("come from the logs of all replicas, byte for byte, and the look is on record", async () => {
    const { here, there, a, b } = await twoDesks();
    const id = here.parts.ids.decision(here.clock.now());
    const body = (kind: string, more = "") => `{"kind":"${kind}","id":"${id}","tenant":"default"${more}}`;
    await here.parts.log.append(body("intent", ',"ns":1790000000000000001'), "grouped");
    await here.parts.log.append(`{"kind":"question","id":"${other}","tenant":"default","of":"${id}"}`, "grouped");
    await there.parts.log.append(body("outcome"), "grouped");
    await there.parts.log.append(`{"kind":"intent","id":"${other}","resumes":"${id}"}`, "grouped");
    const found = await here.desk.records(await here.enter("adam"), id);
    if (!found.ok) throw new Error(found.error.code);
    const { logs, away } = found.value;
    expect(away).toEqual([]);
    expect(logs.map(({ replica, lines }) => [replica, lines.map((line) => JSON.parse(line).kind)])).toEqual([
      [a.id, ["intent", "question"]],
      [b.id, ["outcome"]],
    ]);
    expect(logs[0]?.lines[0]).toMatch(/^\{"v":1,"seq":\d+,"prev":"[0-9a-f]{64}".*"ns":1790000000000000001\}$/);
  });

  it("of another tenant are nobody's to read", async () => {
    const { here } = await twoDesks();
    const id = here.parts.ids.decision(here.clock.now());
    await here.parts.log.append(`{"kind":"intent","id":"${id}","tenant":"other"}`, "grouped");
    const found = await here.desk.records(await here.enter("adam"), id);
    expect(found).toMatchObject({ ok: false, error: { kind: "not_found", code: "decision.unknown" } });
  });

  it("say which replica did not answer, found or not", async () => {
    const { here, b, cut } = await twoDesks();
    const id = here.parts.ids.decision(here.clock.now());
    await here.parts.log.append(`{"kind":"intent","id":"${id}"}`, "grouped");
    const adam = await here.enter("adam");
    cut();
    expect(await here.desk.records(adam, id)).toMatchObject({ ok: true, value: { away: [b.id] } });
    const none = await here.desk.records(adam, here.parts.ids.decision(here.clock.now()));
    expect(none).toMatchObject({ ok: false, error: { code: "decision.unknown", detail: expect.stringContaining(b.id) } });
  });
});

describe("a bundle", () => {
  const digest: Digest = `sha256:${"b".repeat(64)}`;
  const bytes = Uint8Array.from({ length: 1_500_000 }, (_, at) => at % 251);

  it("comes from the own store, the shared one, or another replica, however large it is", async () => {
    for (const where of ["own", "shared", "other"] as const) {
      const { here, there } = await twoDesks();
      if (where === "own") here.bundles.set(digest, bytes);
      if (where === "shared") await here.parts.operations.saveBundle(digest, bytes);
      if (where === "other") there.bundles.set(digest, bytes);
      const found = await here.desk.bundle(await here.enter("adam"), digest);
      expect(found.ok && Buffer.compare(found.value, bytes)).toBe(0);
    }
  });

  it("that nobody has is unknown, with those who did not answer", async () => {
    const { here, b, cut } = await twoDesks();
    const adam = await here.enter("adam");
    expect(await here.desk.bundle(adam, digest)).toMatchObject({ ok: false, error: { kind: "not_found", code: "bundle.unknown" } });
    cut();
    expect(await here.desk.bundle(adam, digest)).toMatchObject({ ok: false, error: { detail: expect.stringContaining(b.id) } });
  });
});

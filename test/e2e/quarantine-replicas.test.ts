import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { lift, quarantine } from "../gateway/quarantine/quarantining.ts";
import { type Gate, startGate, told } from "../support/gate.ts";
import { type Replicas, redisFound, startReplicas, to } from "../support/replicas.ts";
import { clientEras, wholeCompany, wholeServers } from "./whole-company.ts";

const whyNot = redisFound.kind === "program" ? "" : " (left out: there is no redis-server of our own to stop)";

describe.skipIf(redisFound.kind !== "program")(`quarantine on two replicas${whyNot}`, () => {
  let replicas: Replicas | undefined;
  afterEach(async () => {
    await replicas?.stop();
    replicas = undefined;
  });

  async function start(config: Readonly<Record<string, unknown>> = {}) {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers, config });
    const { gate, other, client } = replicas;
    if (other.started === undefined) throw new Error("the other replica runs elsewhere");
    const [one, two] = [gate.started.built.parts.operations, other.started.built.parts.operations];
    return { gate, client, one, two, redis: replicas.redis, url: other.url };
  }

  test("what is put on one is refused on the other at once, and lifted there it is free here", async () => {
    const { gate, client, one, two } = await start();
    const token = await gate.token();
    const call = (at: 0 | 1, era: "session" | "stateless") => client.call("desk__echo", {}, { token, era, headers: to(at) });
    for (const era of clientEras) for (const at of [0, 1] as const) expect(told(await call(at, era)).effect).toBe("allow");
    const before = gate.servers.desk?.reached.length;
    const heard = Promise.withResolvers<void>();
    two.onChange(() => heard.resolve());
    const id = await quarantine(one, "agent", "desk-bot");
    await heard.promise;
    expect(two.current().version).toBe(one.current().version);
    for (const era of clientEras) for (const at of [0, 1] as const) expect(told(await call(at, era)).codes).toEqual(["agent.quarantined"]);
    expect(gate.servers.desk?.reached.length).toBe(before);
    const freed = Promise.withResolvers<void>();
    one.onChange(() => freed.resolve());
    await lift(two, id);
    await freed.promise;
    for (const at of [0, 1] as const) expect(told(await call(at, "stateless")).effect).toBe("allow");
  });

  test("with redis away no call passes once that is too long ago, readiness says so, and all goes on when it is back", async () => {
    const { gate, client, redis, url, one } = await start({ operations: { stale_ms: 1_000 } });
    const token = await gate.token();
    const call = (at: 0 | 1) => client.call("desk__echo", {}, { token, era: "stateless", headers: to(at) });
    const id = await quarantine(one, "tool", "desk.note");
    for (const at of [0, 1] as const) expect(told(await call(at)).effect).toBe("allow");
    await redis.kill();
    for (const at of [0, 1] as const)
      await vi.waitFor(async () => expect(told(await call(at)).codes).toEqual(["gateway.operations_unknown"]), {
        timeout: 10_000,
        interval: 50,
      });
    const before = gate.servers.desk?.reached.length;
    for (const at of [0, 1] as const) expect(told(await call(at)).codes).toEqual(["gateway.operations_unknown"]);
    expect(gate.servers.desk?.reached.length).toBe(before);
    for (const at of [gate.url, url]) {
      const answer = await fetch(`${at}/readyz`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ parts: { operations: { ok: false } } });
    }
    await redis.restart();
    for (const at of [0, 1] as const)
      await vi.waitFor(async () => expect(told(await call(at)).effect).toBe("allow"), { timeout: 15_000, interval: 50 });
    // This redis had lost its memory; the replicas had not.
    const note = await client.call("desk__note", {}, { token, era: "stateless", headers: to(1) });
    expect(told(note).codes).toEqual(["tool.quarantined"]);
    await lift(one, id);
  });
});

describe("quarantine of one gateway without redis", () => {
  let gate: Gate;
  afterEach(() => gate.stop());

  test("outlives a restart, and a gateway that cannot read it does not start", async () => {
    gate = await startGate({ company: wholeCompany, servers: wholeServers });
    await quarantine(gate.started.built.parts.operations, "server", "desk");
    await gate.restart();
    const before = gate.servers.desk?.reached.length;
    expect(told(await gate.call("desk__echo", {})).codes).toEqual(["server.quarantined"]);
    expect(gate.servers.desk?.reached.length).toBe(before);
    expect(told(await gate.call("shelf__echo", {})).effect).toBe("allow");
    const [line = ""] = await readdir(join(gate.dataDir, "operations"));
    for (const name of await readdir(join(gate.dataDir, "operations", line)))
      if (name.endsWith(".json")) await writeFile(join(gate.dataDir, "operations", line, name), "{}");
    await expect(gate.restart()).rejects.toThrow("found a broken file");
  });
});

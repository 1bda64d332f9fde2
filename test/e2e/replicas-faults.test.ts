import { Redis } from "ioredis";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Replicas, redisFound, startReplicas, to } from "../support/replicas.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { wholeCompany, wholeServers } from "./whole-company.ts";

const why = redisFound.kind === "program" ? "" : " (left out: there is no redis-server of our own to stop)";
const capabilities = { elicitation: { form: {} } };
const ann = { action: "accept", content: { name: "ann" } };

describe.skipIf(redisFound.kind !== "program")(`a replica or redis that is gone${why}`, () => {
  let replicas: Replicas | undefined;
  afterEach(async () => {
    await replicas?.stop();
    replicas = undefined;
  });

  test("a replica that is killed takes its parked calls with it, says so, and the other goes on", async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers, first: "child" });
    const { client, gate } = replicas;
    gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const token = await gate.token();
    const session = { token, door: "desk" };
    expect((await client.ask("tools/list", {}, { ...session, headers: to(0) })).status).toBe(200);
    const stateless = { token, door: "desk", era: "stateless", capabilities } as const;
    const named = { name: "echo", arguments: {} };
    const asked = await client.ask("tools/call", named, { ...stateless, headers: to(0) });
    expect(asked.message?.result?.resultType, asked.text).toBe("input_required");
    gate.servers.desk?.answer("note", { kind: "hang" });
    const before = gate.servers.desk?.calls.length ?? 0;
    const under = client.ask("tools/call", { name: "note", arguments: {} }, { ...stateless, headers: to(0) });
    const broken = expect(under).rejects.toThrow();
    await gate.servers.desk?.when(() => (gate.servers.desk?.calls.length ?? 0) > before);
    gate.signal("SIGKILL");
    await gate.ended;
    await broken;
    const brought = { ...named, inputResponses: { q1: ann }, requestState: asked.message?.result?.requestState };
    const resumed = await client.ask("tools/call", brought, { ...stateless, headers: to(1) });
    expect(resumed.message?.error?.code, resumed.text).toBe(-32602);
    expect(resumed.message?.error?.message).toBe("Invalid params: the call that was waiting is gone; start again");
    // The session that the dead one served goes on, and so does everything else, though half of the requests are for the dead.
    gate.servers.desk?.answer("echo", { kind: "echo" });
    for (let n = 0; n < 4; n++) {
      const answer = await client.ask("tools/call", { name: "echo", arguments: { n } }, session);
      expect(answer.message?.result?.structuredContent, answer.text).toMatchObject({ echo: { n } });
      const other = await client.ask("tools/call", { name: "echo", arguments: { n } }, stateless);
      expect(other.message?.result?.structuredContent, other.text).toMatchObject({ echo: { n } });
    }
  });

  test("a replica that dies while it is asked to go on is given up long before its deadline", async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers, first: "child" });
    const { client, gate, redis } = replicas;
    gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const stateless = { token: await gate.token(), door: "desk", era: "stateless", capabilities } as const;
    const named = { name: "echo", arguments: {} };
    const asked = await client.ask("tools/call", named, { ...stateless, headers: to(0) });
    const brought = { ...named, inputResponses: { q1: ann }, requestState: asked.message?.result?.requestState };
    // It still has its connection to Redis, and takes the question; it will never answer.
    gate.signal("SIGSTOP");
    const heard = await questionHeard(redis.url);
    const resumed = client.ask("tools/call", brought, { ...stateless, headers: to(1) });
    await heard.promise;
    gate.signal("SIGKILL");
    await gate.ended;
    const answer = await resumed;
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
  });

  test("without redis no session is served, nothing reaches a server, and clients go on when it is back", async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers, config: {} });
    const { client, gate, redis, other } = replicas;
    const session = { token: await gate.token(), door: "desk" };
    expect((await client.ask("tools/call", { name: "echo", arguments: {} }, session)).status).toBe(200);
    await redis.kill();
    // What was read a moment ago is believed for a second at most.
    await vi.waitFor(
      async () => {
        for (const replica of [0, 1] as const)
          expect((await client.ask("ping", {}, { ...session, headers: to(replica) })).status).toBe(503);
      },
      { timeout: 10_000, interval: 50 },
    );
    const before = gate.servers.desk?.received.length;
    for (const replica of [0, 1] as const) {
      const answer = await client.ask("tools/call", { name: "echo", arguments: {} }, { ...session, headers: to(replica) });
      expect(answer.status, answer.text).toBe(503);
      expect((await client.initialize({ ...session, capabilities })).status).toBe(503);
    }
    expect(gate.servers.desk?.received.length).toBe(before);
    for (const url of [gate.url, other.url]) expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await redis.restart();
    await vi.waitFor(
      async () => {
        for (const url of [gate.url, other.url]) expect((await fetch(`${url}/readyz`)).status).toBe(200);
      },
      { timeout: 15_000, interval: 50 },
    );
    // This redis keeps nothing: the session is gone, which its client learns, and opens another.
    expect((await client.ask("ping", {}, session)).status).toBe(404);
    client.forget();
    const answer = await client.ask("tools/call", { name: "echo", arguments: { n: 1 } }, session);
    expect(answer.message?.result?.structuredContent, answer.text).toMatchObject({ echo: { n: 1 } });
  });
});

/** Resolves when one replica asks another. Who overhears counts as one that listens, so it goes away at once. */
async function questionHeard(url: string): Promise<{ readonly promise: Promise<void> }> {
  const redis = new Redis(url);
  await redis.psubscribe("tg1:replica:*");
  const promise = new Promise<void>((resolve) => {
    redis.on("pmessage", (_pattern, _channel, message: string) => {
      if (!message.startsWith('{"k":"ask"')) return;
      redis.disconnect();
      resolve();
    });
  });
  return { promise };
}

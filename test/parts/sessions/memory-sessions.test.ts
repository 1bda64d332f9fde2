import { expect, test } from "vitest";
import { noCapabilities } from "../../../src/core/client.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { memorySessions, sessionsConfig } from "../../../src/parts/sessions/index.ts";
import { sessionsContract } from "../../contracts/sessions.contract.ts";
import { newsroom } from "../../support/newsroom.ts";

const NOW = 1_700_000_000_000;

sessionsContract("memory", async (limits, news) => memorySessions(limits, { ids: randomIds(), news }));

test("sessions that nobody ends are dropped while new ones are opened", async () => {
  const sessions = memorySessions(sessionsConfig.parse({ idle_timeout_s: 1 }), { ids: randomIds(), news: newsroom() });
  const client = { name: "c", version: "1" };
  for (let index = 0; index < 5_000; index++) {
    const owner = JSON.stringify(["default", `owner-${index}`]);
    await sessions.open(
      { owner, door: "aggregate", protocolVersion: "2025-11-25", client, capabilities: noCapabilities },
      NOW + index * 100,
    );
  }
  expect(sessions.size()).toBeLessThan(100);
});

test("the section has defaults and refuses unknown keys", () => {
  expect(sessionsConfig.parse({})).toEqual({
    idle_timeout_s: 1_800,
    max_age_s: 43_200,
    max_per_owner: 64,
    max_total: 50_000,
    subscriptions_per_session: 100,
    parked_per_owner: 16,
    parked_s: 600,
  });
  expect(sessionsConfig.safeParse({ ttl: 3 }).success).toBe(false);
});

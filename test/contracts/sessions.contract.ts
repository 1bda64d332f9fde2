import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Sessions, SessionsConfig } from "../../src/parts/sessions/index.ts";

const NOW = 1_700_000_000_000;
const SECOND = 1_000;
const limits: SessionsConfig = { idle_timeout_s: 60, max_age_s: 300, max_per_owner: 3, max_total: 5 };
const wanted = {
  owner: "default|https://login.example.com|ann|bot",
  door: "aggregate",
  protocolVersion: "2025-11-25",
  client: { name: "c", version: "1" },
};

/** Every store of sessions keeps these promises. */
export function sessionsContract(name: string, open: (limits: SessionsConfig) => Promise<Sessions>): void {
  describe(`sessions: ${name}`, () => {
    let sessions: Sessions;
    beforeEach(async () => {
      sessions = await open(limits);
    });
    afterEach(() => sessions.close());

    async function opened(over: Partial<typeof wanted> = {}, now = NOW) {
      const session = await sessions.open({ ...wanted, ...over }, now);
      if (session === undefined) throw new Error("no session");
      return session;
    }

    test("an open session is found by its owner at its door, as it was opened", async () => {
      const session = await opened();
      expect(session).toEqual({ ...wanted, id: session.id, openedAt: NOW });
      expect(session.id).toMatch(/^ses_[0-9a-f-]{36}$/);
      expect(await sessions.find(session.id, wanted.owner, "aggregate", NOW)).toEqual(session);
    });

    test("a foreign session looks like none, and looking does not keep it alive", async () => {
      const session = await opened();
      expect(await sessions.find(session.id, "default|https://login.example.com|bob|bot", "aggregate", NOW)).toBeUndefined();
      expect(await sessions.find(session.id, wanted.owner, "crm", NOW + 30 * SECOND)).toBeUndefined();
      expect(await sessions.find("ses_unknown", wanted.owner, "aggregate", NOW)).toBeUndefined();
      expect(await sessions.find("__proto__", wanted.owner, "aggregate", NOW)).toBeUndefined();
      expect(await sessions.end(session.id, "default|https://login.example.com|bob|bot", NOW)).toBe(false);
      expect(await sessions.find(session.id, wanted.owner, "aggregate", NOW + 60 * SECOND)).toBeUndefined();
    });

    test("use keeps a session alive, up to its greatest age", async () => {
      const session = await opened();
      for (let second = 59; second < 300; second += 59) {
        expect(await sessions.find(session.id, wanted.owner, "aggregate", NOW + second * SECOND)).toEqual(session);
      }
      expect(await sessions.find(session.id, wanted.owner, "aggregate", NOW + 300 * SECOND)).toBeUndefined();
    });

    test("an ended session is gone, and ends once", async () => {
      const session = await opened();
      expect(await sessions.end(session.id, wanted.owner, NOW)).toBe(true);
      expect(await sessions.end(session.id, wanted.owner, NOW)).toBe(false);
      expect(await sessions.find(session.id, wanted.owner, "aggregate", NOW)).toBeUndefined();
    });

    test("an owner has no more sessions than it may, until one of them ends or is over", async () => {
      const first = await opened();
      await opened();
      await opened({}, NOW + 10 * SECOND);
      expect(await sessions.open(wanted, NOW + 10 * SECOND)).toBeUndefined();
      expect(await sessions.open({ ...wanted, owner: "other" }, NOW + 10 * SECOND)).toBeDefined();
      await sessions.end(first.id, wanted.owner, NOW + 10 * SECOND);
      await opened({}, NOW + 10 * SECOND);
      expect(await sessions.open(wanted, NOW + 59 * SECOND)).toBeUndefined();
      expect(await sessions.open(wanted, NOW + 60 * SECOND)).toBeDefined();
    });

    test("all owners together have no more than the total, and nobody is thrown out for a newcomer", async () => {
      const kept = await opened();
      for (const owner of ["a", "b", "c", "d"]) await opened({ owner });
      expect(await sessions.open({ ...wanted, owner: "e" }, NOW)).toBeUndefined();
      expect(await sessions.find(kept.id, wanted.owner, "aggregate", NOW + 59 * SECOND)).toEqual(kept);
      expect(await sessions.open({ ...wanted, owner: "e" }, NOW + 60 * SECOND)).toBeDefined();
      expect(await sessions.find(kept.id, wanted.owner, "aggregate", NOW + 60 * SECOND)).toEqual(kept);
    });
  });
}

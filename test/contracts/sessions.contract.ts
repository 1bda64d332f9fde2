import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noCapabilities } from "../../src/core/client.ts";
import type { Session, SessionNews, Sessions, SessionsConfig } from "../../src/parts/sessions/index.ts";
import { SESSION_ENDED, sessionsConfig } from "../../src/parts/sessions/index.ts";
import { newsroom } from "../support/newsroom.ts";

const NOW = 1_700_000_000_000;
const SECOND = 1_000;
const limits = sessionsConfig.parse({ idle_timeout_s: 60, max_age_s: 300, max_per_owner: 3, max_total: 5, subscriptions_per_session: 3 });

/** Every store of sessions keeps these promises. Times are passed in, so one on a server must take the caller's clock here. */
export function sessionsContract(name: string, open: (limits: SessionsConfig, news: SessionNews) => Promise<Sessions>): void {
  describe(`sessions: ${name}`, () => {
    let sessions: Sessions;
    /** Its own for each test: a store may be shared with others. */
    let tenant: string;
    let ann: string;
    /** Of sessions that ended. */
    let told: unknown[];
    let wanted: Parameters<Sessions["open"]>[0];
    const owner = (subject: string, agent = "bot") => JSON.stringify([tenant, "https://login.example.com", subject, agent]);
    beforeEach(async () => {
      tenant = `t${randomBytes(6).toString("hex")}`;
      ann = owner("ann");
      wanted = {
        owner: ann,
        door: "aggregate",
        protocolVersion: "2025-11-25",
        client: { name: "c ü\u2028", version: "1" },
        capabilities: { elicitation: { form: true, url: false }, roots: true, extensions: { "x/y": { list: [], table: {}, n: 1.5 } } },
      };
      told = [];
      const news = newsroom();
      news.onTold(SESSION_ENDED, (payload) => told.push(payload));
      sessions = await open(limits, news);
    });
    afterEach(() => sessions.close());

    async function opened(over: Partial<typeof wanted> = {}, now = NOW): Promise<Session> {
      const session = await sessions.open({ ...wanted, ...over }, now);
      if (session === undefined) throw new Error("no session");
      return session;
    }
    const found = (session: Session, now: number) => sessions.find(session.id, session.owner, session.door, now);

    test("an open session is found by its owner at its door, as it was opened", async () => {
      const session = await opened();
      expect(session).toEqual({ ...wanted, id: session.id, openedAt: NOW, subscriptions: [] });
      expect(session.id).toMatch(/^ses_[0-9a-f-]{36}$/);
      for (const later of [0, 500, 1_000, 2_000]) expect(await found(session, NOW + later)).toEqual(session);
    });

    test("a foreign session looks like none, whoever asks and whatever is asked of it", async () => {
      const session = await opened();
      const others = [
        owner("bob"),
        owner("ann", "other-bot"),
        JSON.stringify([`${tenant}-other`, "https://login.example.com", "ann", "bot"]),
      ];
      for (const later of [0, 5 * SECOND]) {
        for (const other of others) {
          expect(await sessions.find(session.id, other, "aggregate", NOW + later)).toBeUndefined();
          expect(await sessions.change(session.id, other, { set: "log_level", level: "debug" }, NOW + later)).toBeUndefined();
          expect(await sessions.change(session.id, other, { set: "subscribe", uri: "a:b" }, NOW + later)).toBeUndefined();
          expect(await sessions.end(session.id, other, NOW + later)).toBe(false);
          expect(await sessions.endAll(other, NOW + later)).toBe(0);
        }
        for (const door of ["crm", "", "aggregate2"]) expect(await sessions.find(session.id, ann, door, NOW + later)).toBeUndefined();
      }
      expect(await found(session, NOW + 5 * SECOND)).toEqual(session);
    });

    test("two principals with a session each reach their own and not each other's", async () => {
      const bob = owner("bob");
      const [hers, his] = [await opened(), await opened({ owner: bob })];
      expect(await sessions.find(hers.id, bob, "aggregate", NOW)).toBeUndefined();
      expect(await sessions.find(his.id, ann, "aggregate", NOW)).toBeUndefined();
      expect(await sessions.endAll(bob, NOW)).toBe(1);
      expect(await found(hers, NOW)).toEqual(hers);
    });

    test("an id that was never given is none", async () => {
      const never = "ses_00000000-0000-7000-8000-000000000000";
      for (const id of [never, "ses_unknown", "__proto__", "", "*", "x".repeat(10_000)]) {
        expect(await sessions.find(id, ann, "aggregate", NOW)).toBeUndefined();
        expect(await sessions.change(id, ann, { set: "log_level", level: "debug" }, NOW)).toBeUndefined();
        expect(await sessions.end(id, ann, NOW)).toBe(false);
      }
    });

    test("looking for a foreign session does not keep it alive", async () => {
      const session = await opened();
      expect(await sessions.find(session.id, owner("bob"), "aggregate", NOW + 30 * SECOND)).toBeUndefined();
      expect(await sessions.find(session.id, ann, "crm", NOW + 30 * SECOND)).toBeUndefined();
      expect(await found(session, NOW + 60 * SECOND)).toBeUndefined();
    });

    test("use keeps a session alive, up to its greatest age", async () => {
      const session = await opened();
      for (let second = 59; second < 300; second += 59) expect(await found(session, NOW + second * SECOND)).toEqual(session);
      expect(await found(session, NOW + 299_999)).toEqual(session);
      expect(await found(session, NOW + 300 * SECOND)).toBeUndefined();
    });

    test("a session that nobody used for the idle time is over, to the millisecond", async () => {
      const [one, other] = [await opened(), await opened()];
      expect(await found(one, NOW + 500)).toEqual(one);
      expect(await found(one, NOW + 60_499)).toEqual(one);
      expect(await found(other, NOW + 60 * SECOND)).toBeUndefined();
      const [changed, ended] = [await opened(), await opened()];
      expect(await sessions.change(changed.id, ann, { set: "log_level", level: "info" }, NOW + 60 * SECOND)).toBeUndefined();
      expect(await sessions.end(ended.id, ann, NOW + 60 * SECOND)).toBe(false);
    });

    test("an ended session is gone, and ends once", async () => {
      const session = await opened();
      expect(await sessions.end(session.id, ann, NOW)).toBe(true);
      expect(await sessions.end(session.id, ann, NOW)).toBe(false);
      expect(await found(session, NOW)).toBeUndefined();
      expect(await sessions.change(session.id, ann, { set: "subscribe", uri: "a:b" }, NOW)).toBeUndefined();
    });

    test("all sessions of an owner end at once, and those of others stay", async () => {
      const mine = [await opened(), await opened({ door: "crm" }), await opened()];
      const other = await opened({ owner: owner("bob") });
      expect(await sessions.endAll(ann, NOW)).toBe(3);
      for (const session of mine) expect(await found(session, NOW)).toBeUndefined();
      expect(await found(other, NOW)).toEqual(other);
      expect(await sessions.endAll(ann, NOW)).toBe(0);
      for (let index = 0; index < 3; index++) await opened();
    });

    test("that a session was ended is told, once and of no other", async () => {
      const [one, two, foreign] = [await opened(), await opened(), await opened({ owner: owner("bob") })];
      await sessions.end(one.id, owner("bob"), NOW);
      expect(told).toEqual([]);
      await sessions.end(one.id, ann, NOW);
      await sessions.end(one.id, ann, NOW);
      expect(told).toEqual([{ id: one.id }]);
      await sessions.endAll(ann, NOW);
      expect(told).toEqual([{ id: one.id }, { id: two.id }]);
      expect(await found(foreign, NOW)).toBeDefined();
    });

    test("sessions that are over are not counted among those that end", async () => {
      await opened();
      await opened({}, NOW + 30 * SECOND);
      expect(await sessions.endAll(ann, NOW + 60 * SECOND)).toBe(1);
    });

    test("what a client wants to hear is kept in its session", async () => {
      const session = await opened();
      const change = (change: Parameters<Sessions["change"]>[2], now = NOW) => sessions.change(session.id, ann, change, now);
      expect(await change({ set: "log_level", level: "warning" })).toEqual({ ...session, logLevel: "warning" });
      for (const uri of ["test://b", "test://a ü\u2028", "test://b"]) await change({ set: "subscribe", uri });
      const now = { ...session, logLevel: "warning", subscriptions: ["test://b", "test://a ü\u2028"] };
      for (const later of [0, 5 * SECOND]) expect(await found(session, NOW + later)).toEqual(now);
      await change({ set: "unsubscribe", uri: "test://unheard" });
      expect(await change({ set: "unsubscribe", uri: "test://b" })).toEqual({ ...now, subscriptions: ["test://a ü\u2028"] });
      expect(await change({ set: "log_level", level: "error" })).toEqual({
        ...now,
        subscriptions: ["test://a ü\u2028"],
        logLevel: "error",
      });
      expect(await found(session, NOW + 5 * SECOND)).toEqual({ ...now, subscriptions: ["test://a ü\u2028"], logLevel: "error" });
    });

    test("a session has no more subscriptions than it may, and giving one up makes room", async () => {
      const session = await opened();
      const subscribe = (uri: string) => sessions.change(session.id, ann, { set: "subscribe", uri }, NOW);
      for (const uri of ["a:1", "a:2", "a:3"]) expect(await subscribe(uri)).toMatchObject({ id: session.id });
      expect(await subscribe("a:4")).toBe("full");
      expect(await subscribe("a:2")).toMatchObject({ subscriptions: ["a:1", "a:2", "a:3"] });
      expect(await sessions.change(session.id, ann, { set: "unsubscribe", uri: "a:1" }, NOW)).toMatchObject({
        subscriptions: ["a:2", "a:3"],
      });
      expect(await subscribe("a:4")).toMatchObject({ subscriptions: ["a:2", "a:3", "a:4"] });
    });

    test("subscriptions that come at once do not pass the limit either", async () => {
      const session = await opened();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => sessions.change(session.id, ann, { set: "subscribe", uri: `a:${n}` }, NOW)),
      );
      expect(answers.filter((answer) => answer === "full")).toHaveLength(17);
      expect((await found(session, NOW + 5 * SECOND))?.subscriptions).toHaveLength(3);
    });

    test("a change counts as use", async () => {
      const session = await opened();
      await sessions.change(session.id, ann, { set: "log_level", level: "debug" }, NOW + 59 * SECOND);
      expect(await found(session, NOW + 118 * SECOND)).toMatchObject({ id: session.id });
    });

    test("an owner has no more sessions than it may, until one of them ends or is over", async () => {
      const first = await opened();
      await opened();
      await opened({}, NOW + 10 * SECOND);
      expect(await sessions.open(wanted, NOW + 10 * SECOND)).toBeUndefined();
      expect(await sessions.open({ ...wanted, owner: owner("other") }, NOW + 10 * SECOND)).toBeDefined();
      await sessions.end(first.id, ann, NOW + 10 * SECOND);
      await opened({}, NOW + 10 * SECOND);
      expect(await sessions.open(wanted, NOW + 59 * SECOND)).toBeUndefined();
      expect(await sessions.open(wanted, NOW + 60 * SECOND)).toBeDefined();
    });

    test("all owners together have no more than the total, and nobody is thrown out for a newcomer", async () => {
      const kept = await opened();
      for (const subject of ["a", "b", "c", "d"]) await opened({ owner: owner(subject) });
      expect(await sessions.open({ ...wanted, owner: owner("e") }, NOW)).toBeUndefined();
      expect(await found(kept, NOW + 59 * SECOND)).toEqual(kept);
      expect(await sessions.open({ ...wanted, owner: owner("e") }, NOW + 60 * SECOND)).toBeDefined();
      expect(await found(kept, NOW + 60 * SECOND)).toEqual(kept);
    });

    test("two hundred that open at once get as many sessions as there is room for", async () => {
      const roomy = await open({ ...limits, max_per_owner: 64, max_total: 100 }, newsroom());
      const ask = (subject: string) =>
        Promise.all(Array.from({ length: 200 }, () => roomy.open({ ...wanted, owner: owner(subject) }, NOW)));
      const [mine, others] = [await ask("ann"), await ask("bob")];
      expect(new Set(mine.filter((session) => session !== undefined).map(({ id }) => id)).size).toBe(64);
      expect(others.filter((session) => session !== undefined)).toHaveLength(36);
      await roomy.close();
    });

    test("open sessions are counted by tenant", async () => {
      await opened();
      await opened({}, NOW + 30 * SECOND);
      await opened({ owner: JSON.stringify([`${tenant}-other`, "i", "ann", "bot"]) });
      expect(await sessions.count(tenant, NOW + 30 * SECOND)).toBe(2);
      expect(await sessions.count(tenant, NOW + 60 * SECOND)).toBe(1);
      expect(await sessions.count("nobody", NOW)).toBe(0);
    });

    test("a client that can nothing is told apart from one that can", async () => {
      expect((await opened({ capabilities: noCapabilities })).capabilities).toEqual({ extensions: {} });
    });
  });
}

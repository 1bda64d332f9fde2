import { describe, expect, it } from "vitest";
import type { Result } from "../../../src/core/result.ts";
import type { Desk, DeskRefusal, Operator } from "../../../src/gateway/desk/index.ts";
import { operationsMemory } from "../../../src/parts/operations/index.ts";
import { entry, tool } from "../../parts/catalog/sample-data.ts";
import { bearerOf, network, smallDesk } from "./small-desk.ts";

type Role = "viewer" | "operator" | "approver" | "auditor";
type Anything = Promise<Result<unknown, DeskRefusal>>;

const digest = `sha256:${"a".repeat(64)}` as const;
const wanted = { steps: [{ mode: "shadow" as const }], rollbackIf: [], minCalls: 0, atEnd: "wait" as const, why: "try" };
const bot = { kind: "agent" as const, subject: "support-bot", reason: "odd" };

/** Each thing that the desk can be asked for, and who may. */
const acts: readonly (readonly [act: string, ask: (desk: Desk, who: Operator) => Anything, may: readonly Role[]])[] = [
  ["read_status", (desk, who) => desk.status(who), ["viewer", "operator", "auditor"]],
  ["read_quarantine", (desk, who) => desk.quarantined(who), ["viewer", "operator", "auditor"]],
  ["stage_bundle", (desk, who) => desk.stage(who, new Uint8Array(3)), ["operator"]],
  ["start_rollout", (desk, who) => desk.startRollout(who, wanted), ["operator"]],
  ["promote", (desk, who) => desk.promote(who, "good"), ["operator"]],
  ["roll_back", (desk, who) => desk.rollBack(who, "bad"), ["operator"]],
  ["quarantine", (desk, who) => desk.quarantine(who, bot), ["operator"]],
  ["lift_quarantine", (desk, who) => desk.lift(who, "qua_x", "over"), ["operator"]],
  ["read_decision", (desk, who) => desk.records(who, "dec_x"), ["auditor"]],
  ["read_bundle", (desk, who) => desk.bundle(who, digest), ["auditor"]],
];
const users: Readonly<Record<Role, string>> = { viewer: "vera", operator: "olga", approver: "paul", auditor: "adam" };
const roles = Object.keys(users) as Role[];
const changing = acts.filter(([act]) => !act.startsWith("read_"));

describe("each act", () => {
  const table = acts.flatMap(([act, ask, may]) => roles.map((role) => [act, role, may.includes(role), ask] as const));

  it.each(table.filter(([, , may]) => !may))("%s is refused to the %s, on record, and nothing happens", async (act, role, _, ask) => {
    const small = await smallDesk({ disk: false });
    const refusal = await ask(small.desk, await small.enter(users[role]));
    expect(refusal).toMatchObject({ ok: false, error: { kind: "forbidden", code: "operator.role_missing" } });
    expect(small.asked).toEqual([]);
    expect(small.parts.operations.current().version).toBe(0);
    const [record, ...more] = small.records();
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      ...{ act, phase: "refusal", effect: "deny", reasons: [{ code: "operator.role_missing" }], operator: `${role}s/${users[role]}` },
      ...{ principal: { client: "toolgate-cli", user: users[role] }, network: "192.0.2.0/24", bundle: { digest: "sha256:active" } },
    });
    expect(!refusal.ok && refusal.error.decisionId).toBe(record?.id);
  });

  it.each(table.filter(([, , may]) => may))("%s is done for the %s", async (_, role, __, ask) => {
    const small = await smallDesk({ disk: true });
    await small.parts.log.append('{"kind":"list","id":"dec_x"}', "grouped");
    small.bundles.set(digest, new Uint8Array([1]));
    await small.parts.operations.update((state) => ({
      ok: true,
      value: { ...state, quarantine: [{ ...bot, id: "qua_x", by: "b", at: 0 }] },
    }));
    expect(await ask(small.desk, await small.enter(users[role]))).toMatchObject({ ok: true });
  });

  it.each(changing)("%s stands on record before it happens, and how it ended after it", async (act, ask) => {
    const small = await smallDesk();
    await small.parts.operations.update((state) => ({
      ok: true,
      value: { ...state, quarantine: [{ ...bot, subject: "other", id: "qua_x", by: "b", at: 0 }] },
    }));
    expect((await ask(small.desk, await small.enter("olga"))).ok).toBe(true);
    const [intent, outcome, ...more] = small.records();
    expect(more).toEqual([]);
    const both = { act, operator: "operators/olga", tenant: "default", durability: "always", bundle: { digest: "sha256:active" } };
    expect(intent).toMatchObject({ ...both, phase: "intent", state: { before: 1 } });
    expect(outcome).toMatchObject({ ...both, phase: "outcome", effect: "allow" });
    expect(outcome?.id).toBe(intent?.id);
    expect(intent).not.toHaveProperty("effect");
  });

  it.each(acts.filter(([act]) => act !== "read_status" && act !== "read_quarantine"))(
    "%s does not happen where it cannot be recorded",
    async (act, ask) => {
      const small = await smallDesk();
      small.bundles.set(digest, new Uint8Array([1]));
      const who = await small.enter(act.startsWith("read_") ? "adam" : "olga");
      small.refuseRecords("disk full");
      expect(await ask(small.desk, who)).toMatchObject({ ok: false, error: { kind: "unavailable", code: "gateway.log_unavailable" } });
      expect(small.asked).toEqual([]);
      expect(small.parts.operations.current().version).toBe(0);
    },
  );

  it("that fails inside is on record as one that did not end well", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    small.parts.rollouts.promote = async () => {
      throw new Error("a bug with Bearer secret in it");
    };
    await expect(small.desk.promote(who, "good")).rejects.toThrow("a bug");
    expect(small.records()).toMatchObject([
      { phase: "intent" },
      { phase: "outcome", effect: "deny", reasons: [{ code: "gateway.error" }] },
    ]);
    expect(JSON.stringify(small.records())).not.toContain("secret");
  });

  it("whose outcome cannot be recorded is not answered as done", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    const { promote } = small.parts.rollouts;
    small.parts.rollouts.promote = async (...args) => {
      small.refuseRecords("disk full");
      return promote(...args);
    };
    const told = await small.desk.promote(who, "good");
    expect(told).toMatchObject({ ok: false, error: { kind: "unavailable", code: "gateway.outcome_unrecorded" } });
    expect(small.records()).toMatchObject([{ phase: "intent", id: !told.ok && told.error.decisionId }]);
  });

  it("of rollouts is refused in the words of what refused it", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    for (const [code, kind] of [
      ["rollout.changed", "conflict"],
      ["rollout.busy", "conflict"],
      ["rollout.invalid", "invalid"],
      ["bundle.bad_signature", "invalid"],
      ["gateway.operations_unavailable", "unavailable"],
    ] as const) {
      small.answer({ ok: false, error: { code, detail: "why it is so" } });
      expect(await small.desk.stage(who, new Uint8Array(1))).toMatchObject({ ok: false, error: { kind, code, detail: "why it is so" } });
      expect(small.records().at(-1)).toMatchObject({ phase: "outcome", effect: "deny", reasons: [{ code }], detail: "why it is so" });
    }
  });
});

describe("the operator of a request", () => {
  it("is judged again at the act: by a table that changed, a token that ended, a bundle that is gone", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    small.promoted((catalog) => {
      catalog.operators = { viewers: { roles: ["viewer"], match: [{ issuer: "https://id", client_id: "toolgate-cli" }], users: ["olga"] } };
    });
    expect(await small.desk.promote(who, "good")).toMatchObject({ ok: false, error: { kind: "forbidden" } });
    small.promoted(() => {});
    expect((await small.desk.promote(who, "good")).ok).toBe(true);
    small.promoted(undefined);
    expect(await small.desk.promote(who, "good")).toMatchObject({ ok: false, error: { kind: "unavailable", code: "bundle.none" } });
    small.promoted(() => {});
    small.clock.advance(60_000);
    expect(await small.desk.promote(who, "good")).toMatchObject({ ok: false, error: { kind: "unauthenticated", code: "auth.expired" } });
    expect(small.asked).toEqual(["promote"]);
  });

  it("is nobody where only a candidate names it: a canary cannot make its own operators", async () => {
    const small = await smallDesk();
    const mallory = { roles: ["operator", "auditor"], match: [{ issuer: "https://id", client_id: "toolgate-cli" }], users: ["mallory"] };
    small.candidate((catalog) => {
      catalog.operators = { mallory };
    });
    await expect(small.enter("mallory")).rejects.toThrow("operator.unknown");
    small.promoted((catalog) => {
      catalog.operators = { mallory };
    });
    expect(await small.enter("mallory")).toMatchObject({ id: "mallory/mallory" });
  });

  it.each([
    ["of another tenant's issuer", bearerOf("olga", { tenant: "other" }), "operator.unknown"],
    ["whom no entry names", bearerOf("nora"), "operator.unknown"],
    [
      "who comes through an agent",
      bearerOf("olga", { agent: "support-bot", clientId: "support-bot", delegation: [{ subject: "support-bot" }] }),
      "operator.unknown",
    ],
  ])("%s is turned away, on record", async (_, bearer, code) => {
    const small = await smallDesk();
    await expect(small.enter(bearer)).rejects.toThrow(code);
    expect(small.records()).toMatchObject([
      {
        act: "enter",
        phase: "refusal",
        effect: "deny",
        reasons: [{ code }],
        principal: { user: bearer.user?.id, client: bearer.agent },
        count: 1,
      },
    ]);
  });

  it("whose user is quarantined gets in no more, so nobody lifts what was done against a stolen login with it", async () => {
    const small = await smallDesk();
    const [olga, otto] = [await small.enter("olga"), await small.enter("otto")];
    const done = await small.desk.quarantine(otto, { kind: "user", subject: "olga", reason: "stolen laptop", forMs: 1_000 });
    const id = done.ok ? done.value.id : "";
    expect(await small.desk.lift(olga, id, "it was not me")).toMatchObject({
      ok: false,
      error: { kind: "forbidden", code: "user.quarantined" },
    });
    await expect(small.enter("olga")).rejects.toThrow("user.quarantined");
    await expect(small.enter(bearerOf("olga", { issuer: "https://else" }))).rejects.toThrow("operator.unknown");
    small.clock.advance(1_000);
    expect((await small.desk.quarantined(olga)).ok).toBe(true);
  });

  it("that is a machine gets in no more once it is quarantined by its name; people who share a client do", async () => {
    const small = await smallDesk();
    small.promoted(({ operators: table = {} }) => {
      table.machines = { roles: ["operator"], match: [{ issuer: "https://id", client_id: "soar" }], modes: ["agent"] };
    });
    const { user: _, ...alone } = bearerOf("soar", { kind: "agent", agent: "soar", clientId: "soar", delegation: [] });
    const [soar, otto] = [await small.enter(alone), await small.enter("otto")];
    const done = await small.desk.quarantine(otto, { kind: "agent", subject: "soar", reason: "stolen credential" });
    const id = done.ok ? done.value.id : "";
    expect(await small.desk.lift(soar, id, "it was not me")).toMatchObject({ ok: false, error: { code: "agent.quarantined" } });
    await expect(small.enter(alone)).rejects.toThrow("agent.quarantined");
    expect((await small.desk.quarantine(otto, { kind: "agent", subject: "toolgate-cli", reason: "by mistake" })).ok).toBe(true);
    expect((await small.desk.lift(await small.enter("olga"), id, "a new credential")).ok).toBe(true);
    expect((await small.enter(alone)).id).toBe("machines/soar");
  });

  it("who sends no good token is told apart from one who is not named, and a flood of them is one record a second", async () => {
    const small = await smallDesk();
    for (let n = 0; n < 5; n++) {
      expect(await small.desk.enter(`Bearer bad-${n}`, network)).toMatchObject({
        ok: false,
        error: { kind: "unauthenticated", code: "auth.bad_signature" },
      });
    }
    expect(small.records()).toMatchObject([{ act: "enter", count: 1, issuer: "https://id", network: "192.0.2.0/24" }]);
    await small.desk.flush();
    expect(small.records()).toMatchObject([{ count: 1 }, { count: 4 }]);
  });
});

describe("a quarantine", () => {
  it("is one entry for the same thing, and only ever lasts longer", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    const put = async (forMs?: number) => {
      const done = await small.desk.quarantine(who, forMs === undefined ? bot : { ...bot, forMs });
      if (!done.ok) throw new Error(done.error.code);
      return done.value;
    };
    const first = await put(1_000);
    expect(first).toMatchObject({ ...bot, by: "operators/olga", until: small.clock.now() + 1_000 });
    expect(first.id).toMatch(/^qua_[0-9a-f-]{36}$/);
    expect(await put(500)).toEqual(first);
    expect(await put(2_000)).toMatchObject({ id: first.id, until: small.clock.now() + 2_000 });
    const forGood = await put();
    expect(forGood).not.toHaveProperty("until");
    expect(await put(1)).toEqual(forGood);
    expect(await small.desk.quarantined(who)).toEqual({ ok: true, value: [forGood] });
  });

  it("is not put on a server or tool that no bundle has, but on an agent, user or session that nobody knows yet", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    const put = async (kind: "server" | "tool" | "agent" | "user" | "session", subject: string) => {
      const done = await small.desk.quarantine(who, { kind, subject, reason: "odd" });
      return done.ok ? "done" : done.error.code;
    };
    for (const [kind, subject] of [
      ["server", "cmr"],
      ["tool", "crm.refnd"],
      ["tool", "refund"],
      ["tool", "cmr.refund"],
    ] as const) {
      expect([subject, await put(kind, subject)]).toEqual([subject, "quarantine.unknown"]);
    }
    expect(small.parts.operations.current().version).toBe(0);
    for (const [kind, subject] of [
      ["server", "crm"],
      ["tool", "crm.refund"],
      ["agent", "x"],
      ["user", "x"],
      ["session", "x"],
    ] as const) {
      expect(await put(kind, subject)).toBe("done");
    }
    expect(await put("tool", "crm.fresh")).toBe("quarantine.unknown");
    small.candidate((catalog) => {
      catalog.tools.crm = { fresh: entry(tool("fresh")) };
    });
    expect(await put("tool", "crm.fresh")).toBe("done");
  });

  it("that is not there, was lifted, or ended cannot be lifted", async () => {
    const small = await smallDesk();
    const who = await small.enter("olga");
    const done = await small.desk.quarantine(who, { ...bot, forMs: 1_000 });
    if (!done.ok) throw new Error(done.error.code);
    const { id } = done.value;
    expect(await small.desk.lift(who, id, "over")).toEqual(done);
    const again = await small.desk.quarantine(who, { ...bot, forMs: 1_000 });
    small.clock.advance(1_000);
    for (const gone of [id, "qua_none", again.ok ? again.value.id : ""]) {
      expect(await small.desk.lift(who, gone, "over")).toMatchObject({
        ok: false,
        error: { kind: "not_found", code: "quarantine.unknown" },
      });
    }
  });

  it("is everybody's: two desks on one store put one entry on one thing", async () => {
    const memory = operationsMemory();
    const [a, b] = [await smallDesk({ memory }), await smallDesk({ memory })];
    const [first, second] = await Promise.all([
      a.desk.quarantine(await a.enter("olga"), bot),
      b.desk.quarantine(await b.enter("otto"), bot),
    ]);
    expect(first.ok && second.ok && first.value.id === second.value.id).toBe(true);
    expect(memory.state.quarantine).toHaveLength(1);
  });
});

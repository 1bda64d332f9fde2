import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { openEvents } from "../support/event-reader.ts";
import { type Company, type Gate, plainHeaders, startGate, told } from "../support/gate.ts";

const start = Date.parse("2026-12-31T22:00:00Z");
const until = "2027-01-01T00:00:00+01:00";
const end = Date.parse(until);

const money = {
  definition: {
    inputSchema: {
      type: "object",
      properties: { amount: { type: "integer", minimum: 1 } },
      required: ["amount"],
      additionalProperties: false,
    },
  },
};

/** Not one line of Rego: everybody reads, a few change a little, for a time. */
const company: Company = {
  servers: {
    desk: {
      tools: {
        look: {},
        browse: { facts: { risk: "medium" } },
        dump: { facts: { risk: "critical" } },
        note: { facts: { effects: ["write"], idempotent: false } },
        pay: { ...money, facts: { effects: ["pay"], risk: "high", idempotent: false, sample: { args: { amount: 1 } } } },
        wipe: { facts: { effects: ["delete"], risk: "high", idempotent: false } },
        unsaid: { facts: { effects: [], idempotent: false } },
      },
    },
  },
  roles: {
    reader: { by_effect: [{ servers: ["*"], effects: ["read"], max_risk: "medium" }] },
    clerk: { includes: ["reader"], grants: ["desk/note"] },
    teller: { grants: ["desk/pay", "desk/wipe"] },
  },
  agents: { "desk-bot": { roles: ["clerk", "teller"], roles_alone: ["reader"] } },
  groups: { staff: { roles: ["clerk"] }, tellers: { roles: [{ role: "teller", until }] }, owners: { roles: [] } },
  budgets: {
    notes: { unit: "calls", limit: 2, window: { kind: "fixed", seconds: 31 * 86_400 }, per: ["user"], applies: [{ effects: ["write"] }] },
    money: {
      unit: "calls",
      limit: 100,
      window: { kind: "fixed", seconds: 31 * 86_400 },
      per: ["user"],
      applies: [{ tools: ["desk/pay"], cost: "{input.args.amount}" }],
    },
  },
  approvals: { wiping: { group: "owners", min: 2, applies: [{ effects: ["delete"] }] } },
  policies: {},
};

describe("a company without Rego", () => {
  const clock = manualClock(start);
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate({ company, clock });
  });
  afterAll(() => gate.stop());

  const teller = () => gate.token({ user: "tom", groups: ["staff", "tellers"], lifetime: 86_400 });
  const seen = () => gate.servers.desk?.calls.length;

  test("reads all that is no great risk, and nothing that nobody said anything of", async () => {
    expect(await gate.list()).toEqual(["desk__look", "desk__browse", "desk__note"]);
    for (const tool of ["look", "browse"]) expect(told(await gate.call(`desk__${tool}`, {})).effect).toBe("allow");
    const alone = await gate.token({ agent: "desk-bot" });
    expect(await gate.list({ token: alone })).toEqual(["desk__look", "desk__browse"]);
  });

  test("has what was not granted answered as what does not exist, and the server sees nothing of it", async () => {
    const before = seen();
    for (const tool of ["dump", "pay", "wipe", "unsaid", "nothing"])
      expect(told(await gate.call(`desk__${tool}`, tool === "pay" ? { amount: 1 } : {})).effect).toBe("unknown");
    expect(seen()).toBe(before);
  });

  test("has budgets that are used up, each for its user, and records name the table", async () => {
    for (const _ of [1, 2]) expect(told(await gate.call("desk__note", {})).effect).toBe("allow");
    const before = seen();
    expect(told(await gate.call("desk__note", {}))).toMatchObject({ effect: "deny", codes: ["budget.exhausted"] });
    expect(seen()).toBe(before);
    const other = await gate.token({ user: "eve" });
    expect(told(await gate.call("desk__note", {}, { token: other })).effect).toBe("allow");
    const [record] = (await gate.records()).filter(({ kind, target }) => kind === "intent" && target === "desk.note");
    expect(JSON.stringify(record)).toContain('"notes"');
  });

  test("has costs that are taken from arguments, also where decisions are remembered", async () => {
    const token = await teller();
    const pay = async (amount: number) => told(await gate.call("desk__pay", { amount }, { token }));
    expect((await pay(60)).effect).toBe("allow");
    expect(await pay(50)).toMatchObject({ effect: "deny", codes: ["budget.exhausted"] });
    expect((await pay(40)).effect).toBe("allow");
    expect(await pay(1)).toMatchObject({ effect: "deny", codes: ["budget.exhausted"] });
  });

  test("has what needs an approval listed, refused by name, and recorded as asked for", async () => {
    const token = await teller();
    expect(await gate.list({ token })).toContain("desk__wipe");
    const before = seen();
    expect(told(await gate.call("desk__wipe", {}, { token }))).toMatchObject({ effect: "deny", codes: ["policy.obligation_unsupported"] });
    expect(seen()).toBe(before);
    const record = (await gate.records()).findLast(({ target }) => target === "desk.wipe");
    expect(record).toMatchObject({ effect: "deny", reasons: [{ code: "policy.obligation_unsupported", rule: "table" }] });
    expect(record?.decision).toMatchObject({
      effect: "ask",
      obligations: [{ type: "approve", rule: "table", group: "owners", ttl_s: 900, min: 2 }],
    });
  });

  test("has roles that end at their instant, in lists, in calls and on open streams", async () => {
    const token = await teller();
    clock.set(end - 1);
    expect(await gate.list({ token })).toContain("desk__pay");
    expect(told(await gate.call("desk__wipe", {}, { token })).effect).toBe("deny");
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const listening = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: { notifications: { toolsListChanged: true }, _meta: meta },
    });
    const headers = { ...plainHeaders(token), "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" };
    const stream = await openEvents(`${gate.url}/mcp`, "POST", headers, listening);
    await stream.when(({ message }) => message?.method === "notifications/subscriptions/acknowledged");
    clock.set(end);
    expect(await gate.list({ token })).not.toContain("desk__pay");
    expect(told(await gate.call("desk__wipe", {}, { token })).effect).toBe("unknown");
    expect(told(await gate.call("desk__look", {}, { token })).effect).toBe("allow");
    await stream.when(({ message }) => message?.method === "notifications/tools/list_changed");
    stream.drop();
  });

  test("leaves a log that proves itself", async () => {
    expect(await gate.verify()).toMatchObject({ ok: true });
  });
});

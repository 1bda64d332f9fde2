import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workbenchOf } from "../../src/authoring/index.ts";
import { rejudgeOf } from "../../src/gateway/index.ts";
import { type Impact, impactOn } from "../../src/hindsight/impact/index.ts";
import { placeOf } from "../../src/hindsight/records/index.ts";
import { toolgateHere } from "../support/command-line.ts";
import { type Company, type Gate, signedBundle, startGate } from "../support/gate.ts";

const limitOf = (count: number) => `
constrain contains {"code": "desk.too_many", "message": "Too many, {input.user.id}."} if {
	input.tool.id == "desk.order"
	input.args.count > ${count}
}
`;
const schema = {
  type: "object",
  properties: { item: { type: "string" }, count: { type: "integer" } },
  required: ["item", "count"],
  additionalProperties: true,
};
const order = {
  definition: { inputSchema: schema },
  facts: { risk: "high", effects: ["write", "pay"], idempotent: false, sample: { args: { item: "pen", count: 1 } } },
};
const tools = { echo: {}, note: { facts: { risk: "medium", effects: ["write"] } }, order };
const company: Company = {
  servers: { desk: { tools } },
  agents: { "desk-bot": {}, "other-bot": {} },
  roles: { all: { grants: ["*/*"] }, few: { grants: ["desk/echo"] } },
  groups: { staff: { roles: ["all"] }, guests: { roles: ["few"] } },
  policies: { desk: limitOf(10) },
};

async function traffic(gate: Gate): Promise<void> {
  for (const count of [1, 5, 20]) await gate.call("desk__order", { item: "pen", count });
  await gate.call("desk__echo", { n: 1 }, { token: await gate.token({ agent: "other-bot", user: "bob", groups: ["staff"] }) });
  await gate.call("desk__note", {}, { token: await gate.token({ user: "gus", groups: ["guests"] }) });
  await gate.call("desk__note", { text: "hello" });
  await gate.call("desk__nothing", {});
  await gate.list();
}

/** The traffic: allowed 4 (order 1 and 5, echo, note), denied 2 (order 20, note of a guest). */
const DECISIONS = 6;

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ company });
  await traffic(gate);
}, 60_000);
afterAll(() => gate.stop());

async function impactOf(changed: Company, places = [placeOf(gate.dataDir)]): Promise<Impact> {
  const bench = await workbenchOf("next", await signedBundle(changed, { sequence: 9 }, gate.key));
  if (!bench.ok) throw new Error(JSON.stringify(bench.error));
  const { policy, rehearsal, manifest } = bench.value;
  const { environment } = manifest.metadata.toolgate;
  const second = rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle: { environment, tenant: "default" } });
  try {
    const found = await impactOn(places, second);
    if (!found.ok) throw new Error(found.error.detail);
    return found.value;
  } finally {
    await second.close();
  }
}

const counts = (of: Partial<Impact["counts"]>) => ({
  same: 0,
  changed: 0,
  "would-deny": 0,
  "would-allow": 0,
  "would-ask": 0,
  unjudgeable: 0,
  ...of,
});

describe("what recorded traffic would have met", () => {
  it("is the same under the bundle that decided it", async () => {
    const found = await impactOf(company);
    expect(found).toMatchObject({
      decisions: DECISIONS,
      counts: counts({ same: DECISIONS }),
      byRule: [],
      samples: [],
      unjudgeable: [],
      faults: [],
    });
    expect(found.turnedAway).toEqual([{ what: "tool.unknown", count: 1 }]);
    expect(found.notCompared).toContainEqual({ what: "list", count: 1 });
    expect(found.logs.live).toEqual([gate.dataDir]);
  });

  it("is a denial under a new rule, told with the rule, the caller and the reason", async () => {
    const rule = 'deny contains {"code": "desk.closed", "message": "Notes are closed."} if input.tool.id == "desk.note"\n';
    const found = await impactOf({ ...company, policies: { desk: limitOf(10) + rule } });
    expect(found.counts).toEqual(counts({ same: DECISIONS - 1, "would-deny": 1 }));
    expect(found.byRule).toEqual([{ word: "would-deny", rule: "desk desk.closed", count: 1 }]);
    expect(found.byTarget[0]).toEqual({ what: "desk.note", counts: counts({ same: 1, "would-deny": 1 }) });
    expect(found.byAgent[0]).toMatchObject({ what: "desk-bot", counts: { "would-deny": 1 } });
    expect(found.samples).toMatchObject([
      {
        word: "would-deny",
        agent: "desk-bot",
        user: "ann",
        target: "desk.note",
        before: "allow",
        after: "deny desk.closed",
        message: "Notes are closed.",
      },
    ]);
  });

  it("is an allowance under a limit that was raised, and a denial under one that was lowered", async () => {
    const raised = await impactOf({ ...company, policies: { desk: limitOf(100) } });
    expect(raised.counts).toEqual(counts({ same: DECISIONS - 1, "would-allow": 1 }));
    expect(raised.byRule).toEqual([{ word: "would-allow", rule: "no longer desk desk.too_many", count: 1 }]);
    const lowered = await impactOf({ ...company, policies: { desk: limitOf(3) } });
    expect(lowered.counts).toEqual(counts({ same: DECISIONS - 1, "would-deny": 1 }));
    expect(lowered.samples[0]?.message).toBe("Too many, ann.");
  });

  it("follows roles: one that was taken away, one that was given", async () => {
    const taken = await impactOf({ ...company, groups: { staff: { roles: ["few"] }, guests: { roles: ["few"] } } });
    expect(taken.counts).toEqual(counts({ same: 3, "would-deny": 3 }));
    expect(taken.byRule).toEqual([{ word: "would-deny", rule: "no permit", count: 3 }]);
    const given = await impactOf({ ...company, groups: { staff: { roles: ["all"] }, guests: { roles: ["all"] } } });
    expect(given.samples).toMatchObject([{ word: "would-allow", user: "gus", causes: ["no longer no permit"] }]);
  });

  it("follows agents: one that is gone, or may not act for users any more", async () => {
    const gone = await impactOf({ ...company, agents: { "desk-bot": {} } });
    expect(gone.byRule).toEqual([{ word: "would-deny", rule: "toolgate agent.unregistered", count: 1 }]);
    expect(gone.byAgent[0]).toEqual({ what: "other-bot", counts: counts({ "would-deny": 1 }) });
    const alone = await impactOf({ ...company, agents: { ...company.agents, "other-bot": { modes: ["agent"] } } });
    expect(alone.byRule).toEqual([{ word: "would-deny", rule: "toolgate agent.mode_not_allowed", count: 1 }]);
  });

  it("follows tools: one that is gone, another pin, a new required argument", async () => {
    const { note: _, ...without } = tools;
    const gone = await impactOf({ ...company, servers: { desk: { tools: without } } });
    expect(gone.byRule).toEqual([{ word: "would-deny", rule: "toolgate tool.unknown", count: 1 }]);
    const other = { ...tools, echo: { definition: { description: "Another text." } } };
    const pin = await impactOf({ ...company, servers: { desk: { tools: other } } });
    expect(pin.byRule).toEqual([{ word: "would-deny", rule: "toolgate tool.drifted", count: 1 }]);
    const strict = {
      inputSchema: { ...schema, properties: { ...schema.properties, why: { type: "string" } }, required: ["item", "count", "why"] },
    };
    const sample = { args: { item: "pen", count: 1, why: "none" } };
    const required = { ...tools, order: { ...order, definition: strict, facts: { ...order.facts, sample } } };
    const found = await impactOf({ ...company, servers: { desk: { tools: required } } });
    expect(found.byRule).toEqual([
      { word: "would-deny", rule: "toolgate args.invalid", count: 2 },
      { word: "would-deny", rule: "toolgate tool.drifted", count: 2 },
    ]);
    expect(found.samples[0]?.after).toBe("deny tool.drifted args.invalid");
  });

  it("is an approval that is asked for, or another budget", async () => {
    const ask = 'oblige contains {"type": "approve", "group": "staff", "ttl_s": 900} if input.tool.id == "desk.order"\n';
    const asked = await impactOf({ ...company, policies: { desk: limitOf(10) + ask } });
    expect(asked.counts).toEqual(counts({ same: DECISIONS - 2, "would-ask": 2 }));
    expect(asked.byRule).toEqual([{ word: "would-ask", rule: "desk approve:staff", count: 2 }]);
    const budget = 'oblige contains {"type": "budget", "name": "orders", "cost": 1} if input.tool.id == "desk.order"\n';
    const budgets = { orders: { unit: "calls", limit: 2, window: { kind: "fixed", seconds: 60 }, per: ["user"] } };
    const changed = await impactOf({ ...company, budgets, policies: { desk: limitOf(10) + budget } });
    expect(changed.counts).toEqual(counts({ same: DECISIONS - 2, changed: 2 }));
    expect(changed.byRule).toEqual([{ word: "changed", rule: "desk budget:orders", count: 2 }]);
  });

  it("is asked of several data directories together", async () => {
    const other = await startGate({ company });
    try {
      await other.call("desk__echo", {});
      const found = await impactOf(company, [placeOf(gate.dataDir), placeOf(other.dataDir)]);
      expect(found.counts).toEqual(counts({ same: DECISIONS + 1 }));
      expect(found.logs).toMatchObject({ logs: 2, live: [gate.dataDir, other.dataDir] });
    } finally {
      await other.stop();
    }
  }, 60_000);
});

describe("toolgate impact", () => {
  const file = () => join(gate.folder, "next.tar.gz");
  beforeAll(async () => {
    await writeFile(file(), await signedBundle({ ...company, policies: { desk: limitOf(3) } }, { sequence: 9 }, gate.key));
  });

  it("tells it aligned, and exits with 1 where something of --fail-on happened", async () => {
    const told = await toolgateHere(["impact", gate.dataDir, "--bundle", file()]);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toContain(`asked about ${DECISIONS} recorded decisions`);
    expect(told.out).toMatch(/would-deny {4}1 {3}denied, where it was not/);
    expect(told.out).toMatch(/ {2}agent +would-deny +would-allow +would-ask +changed +unjudgeable +same\n {2}desk-bot +1 +0 +0 +0 +0 +4/);
    expect(told.out).toMatch(/would-deny {2}desk\.order {2}ann via desk-bot .*dec_/);
    expect(told.out).toContain("    allow -> deny desk.too_many  desk desk.too_many\n    Too many, ann.");
    const failed = await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--fail-on", "would-allow,would-deny"]);
    expect(failed.code).toBe(1);
    expect(failed.err).toBe("fails on would-deny (1)\n");
    expect((await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--fail-on", "would-allow"])).code).toBe(0);
    expect((await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--fail-on", "deny"])).code).toBe(2);
  }, 30_000);

  it("tells the same in JSON and in Markdown", async () => {
    const json = await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--json", "--fail-on", "would-deny"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, failed: ["would-deny"], decisions: DECISIONS, counts: { "would-deny": 1 } });
    const markdown = await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--format", "markdown"]);
    expect(markdown.out).toContain("| would-deny | 1 |");
    expect(markdown.out).toContain("| would-deny | `desk desk.too_many` | 1 |");
  }, 30_000);

  it("verifies the bundle where a keyring is given", async () => {
    const keyring = join(gate.folder, "keyring.json");
    expect((await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--keyring", keyring])).code).toBe(0);
    const strange = join(gate.folder, "strange.json");
    await writeFile(strange, (await readFile(keyring, "utf8")).replace(/"keys":\s*\{\s*"[^"]+"/, '"keys":{"nobody"'));
    const refused = await toolgateHere(["impact", gate.dataDir, "--bundle", file(), "--keyring", strange]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("bundle.");
  }, 30_000);

  it("says where a log is missing, or does not hold", async () => {
    expect((await toolgateHere(["impact", "/nowhere", "--bundle", file()])).code).toBe(69);
    const empty = join(gate.folder, "empty");
    await mkdir(join(empty, "log"), { recursive: true });
    const none = await toolgateHere(["impact", empty, "--bundle", file()]);
    expect(none.code).toBe(69);
    expect(none.err).toContain("found no log in");
    const log = join(gate.dataDir, "log");
    const [name = ""] = (await readdir(log, { recursive: true })).filter((one) => one.endsWith(".jsonl"));
    const bytes = await readFile(join(log, name));
    await rm(join(log, name));
    const broken = await toolgateHere(["impact", gate.dataDir, "--bundle", file()]);
    await writeFile(join(log, name), bytes);
    expect(broken.code).toBe(1);
    expect(broken.out).toContain("does not hold: missing_segment at log_");
  }, 30_000);
});

import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeOf } from "../../src/hindsight/records/index.ts";
import { holds, type Replay, type ReplayOptions, replayLogs } from "../../src/hindsight/replay/index.ts";
import { toolgateHere } from "../support/command-line.ts";
import { type Company, type Gate, startGate } from "../support/gate.ts";

const rules = `
constrain contains {"code": "desk.too_many", "message": "At most 10, {input.user.id}."} if {
	input.tool.id == "desk.order"
	input.args.count > 10
}
oblige contains {"type": "budget", "name": "orders", "cost": 1} if input.tool.id == "desk.order"
deny contains {"code": "desk.no_notes"} if input.tool.id == "desk.note"
mask contains {"path": "/user/email"}
`;
const order = {
  definition: {
    inputSchema: {
      type: "object",
      properties: { item: { type: "string" }, count: { type: "integer" } },
      required: ["item", "count"],
      additionalProperties: false,
    },
  },
  facts: { risk: "high", effects: ["write", "pay"], idempotent: false, sample: { args: { item: "pen", count: 1 } } },
};
const company: Company = {
  servers: {
    desk: {
      tools: { echo: {}, note: { facts: { risk: "medium", effects: ["write"] } }, order },
      prompts: { greet: { arguments: [{ name: "who", required: true }] } },
      resources: { notes: { uri: "note://desk/**" } },
      listed: { resources: { "note://desk/a": {} } },
    },
  },
  budgets: { orders: { unit: "calls", limit: 2, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  policies: { desk: `# kinds: [tool, prompt, resource]\n${rules}` },
};

/** Something of every kind that leaves a record. */
async function traffic(gate: Gate): Promise<void> {
  await gate.list();
  await gate.call("desk__echo", { n: 1 });
  await gate.call("desk__echo", { n: 1 });
  await gate.call("desk__note", {});
  for (const count of [1, 2, 3, 11]) await gate.call("desk__order", { item: "pen", count });
  await gate.call("desk__order", { item: 7 });
  await gate.call("desk__nothing", {});
  await gate.call("desk__echo", { text: "x".repeat(40_000) });
  const token = await gate.token({ user: "ann", claims: { email: "ann@example.com" } });
  await gate.call("desk__echo", {}, { token });
  await gate.client.ask("prompts/get", { name: "desk__greet", arguments: { who: "ann" } }, { token });
  await gate.client.ask("prompts/list", {}, { token });
  await gate.client.ask("resources/list", {}, { token });
  await gate.client.ask("resources/read", { uri: "note://desk/a" }, { token });
  await gate.client.ask("tools/list", {}, { token: await gate.token({ groups: ["strangers"] }) });
}

async function replay(gate: Gate, options: ReplayOptions = {}): Promise<Replay> {
  const replayed = await replayLogs([placeOf(gate.dataDir)], options);
  if (!replayed.ok) throw new Error(replayed.error.detail);
  return replayed.value;
}

async function segments(gate: Gate): Promise<readonly string[]> {
  const folder = join(gate.dataDir, "log");
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(folder, name));
}

describe("the log of a gateway", () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate({ company });
    await traffic(gate);
  }, 60_000);
  afterAll(() => gate.stop());

  it("comes out as it was recorded, on every kind of record, while the gateway runs", async () => {
    const found = await replay(gate);
    expect(found.differences).toEqual([]);
    expect(found.faults).toEqual([]);
    expect(holds(found)).toBe(true);
    expect(found.logs.live).toEqual([gate.dataDir]);
    const records = await gate.records();
    const withDecision = records.filter(({ decision }) => decision !== undefined).length;
    expect(withDecision).toBeGreaterThan(10);
    expect(found.decisions.equal + found.decisions.unjudgeable.count).toBe(withDecision);
    // Arguments that were too large for the record; a rule reads one.
    expect(found.decisions.unjudgeable).toEqual({
      count: 1,
      by: [{ what: '"/args" was too large for the record and may decide', count: 1 }],
    });
    expect(found.lists).toMatchObject({ replayed: 3, equal: 3, unjudgeable: { count: 1 } });
    expect(found.admissions.replayed).toBe(records.filter(({ kind }) => kind === "admit").length);
    expect(found.admissions.different).toBe(0);
  });

  it("is replayed for one decision alone, and an id that is not there is told with exit code 69", async () => {
    const [record] = (await gate.records()).filter(({ kind }) => kind === "intent");
    const one = await toolgateHere(["replay", gate.dataDir, "--decision", record?.id ?? "", "--json"]);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.out)).toMatchObject({ ok: true, decisions: { replayed: 1 }, records: 2 });
    const none = await toolgateHere(["replay", gate.dataDir, "--decision", "dec_nobody"]);
    expect(none.code).toBe(69);
    expect(none.err).toContain('"dec_nobody" is in none of the');
  });

  it("is replayed for a span of time", async () => {
    const until = Date.parse(String((await gate.records()).find(({ kind }) => kind === "intent")?.time));
    expect((await replay(gate, { until })).decisions.replayed).toBe(0);
    expect((await replay(gate, { since: until })).decisions.replayed).toBeGreaterThan(10);
    expect((await replay(gate, { since: Date.now() + 1000 })).records).toBe(0);
  });

  it("says in plain words what came of it", async () => {
    const told = await toolgateHere(["replay", gate.dataDir]);
    expect(told.err).toBe("");
    expect(told.code).toBe(0);
    expect(told.out).toContain("Everything that was replayed came out as it was recorded.");
    expect(told.out).toMatch(/decisions +\d+ +\d+ +0 +1/);
    expect(told.out).toContain("which are not on record");
    expect(told.out).toContain("Results of servers are not in a log");
  });
});

describe("a log over several bundles and a restart", () => {
  it("is replayed with each record on its own bundle", async () => {
    const gate = await startGate({ company });
    try {
      await gate.call("desk__order", { item: "pen", count: 11 });
      const open = { ...company, policies: { desk: "# Everything may be ordered." } };
      await gate.swap({}, open);
      await gate.call("desk__order", { item: "pen", count: 11 });
      await gate.restart();
      await gate.call("desk__order", { item: "pen", count: 12 });
      const found = await replay(gate);
      expect(found).toMatchObject({ decisions: { replayed: 3, equal: 3 }, withoutBundle: [], logs: { logs: 2 } });
      const digests = new Set((await gate.records()).flatMap(({ bundle }) => bundle?.digest ?? []));
      expect(digests.size).toBe(2);
      await withBundles(gate, [...digests]);
    } finally {
      await gate.stop();
    }
  }, 60_000);
});

describe("a log with masked leaves", () => {
  it("is replayed but for records without a leaf that a rule reads, and those are never counted as equal", async () => {
    const masked = `
constrain contains {"code": "desk.foreign"} if not domestic
default domestic := true
domestic := false if startswith(input.args.iban, "XX")
mask contains {"path": "/args/iban"} if input.tool.id == "desk.echo"
mask contains {"path": "/args/note"}
`;
    const gate = await startGate({ company: { servers: { desk: { tools: { echo: {}, note: {} } } }, policies: { desk: masked } } });
    try {
      await gate.call("desk__echo", { iban: "XX1" });
      await gate.call("desk__echo", { iban: "DE1" });
      await gate.call("desk__echo", { amount: 1 });
      await gate.call("desk__note", { iban: "XX1", note: "secret" });
      const found = await replay(gate);
      expect(found.decisions).toMatchObject({
        replayed: 2,
        equal: 2,
        different: 0,
        unjudgeable: { count: 2, by: [{ what: '"/args/iban" is masked in the record and may decide', count: 2 }] },
      });
    } finally {
      await gate.stop();
    }
  }, 60_000);
});

/** A bundle that is gone is counted; one that is another is an error. */
async function withBundles(gate: Gate, [first = "", second = ""]: readonly string[]): Promise<void> {
  const fileOf = (digest: string) => join(gate.dataDir, "bundles", `${digest.slice("sha256:".length)}.tar.gz`);
  const kept = await readFile(fileOf(first));
  await rm(fileOf(first));
  const gone = await replay(gate);
  expect(gone.withoutBundle).toMatchObject([{ kind: "not_kept", digest: first }]);
  expect(gone.decisions.replayed + (gone.withoutBundle[0]?.records ?? 0)).toBeGreaterThanOrEqual(3);
  expect(holds(gone)).toBe(true);
  await writeFile(fileOf(first), await readFile(fileOf(second)));
  const other = await replay(gate);
  expect(other.withoutBundle).toMatchObject([{ kind: "changed", detail: expect.stringContaining(second) }]);
  expect(holds(other)).toBe(false);
  await writeFile(fileOf(first), kept);
}

describe("a log that somebody changed", () => {
  let gate: Gate;
  beforeAll(async () => {
    gate = await startGate({ company, config: { log: { segment_mb: 1 } } });
    await traffic(gate);
    await gate.restart();
    await traffic(gate);
  }, 60_000);
  afterAll(() => gate.stop());

  it("is told with where, and exit code 1, where a byte of an input is another one", async () => {
    const [file = ""] = await segments(gate);
    const text = await readFile(file, "utf8");
    expect(text).toContain('"count":11');
    await writeFile(file, text.replace('"count":11', '"count":10'));
    const told = await toolgateHere(["replay", gate.dataDir]);
    await writeFile(file, text);
    expect(told.code).toBe(1);
    expect(told.out).toMatch(/does not hold: changed at log_.*000001\.jsonl:\d+/);
    expect(told.out).toContain("Nothing behind this place was replayed.");
  });

  it("is told where a log is missing, with what was replayed before", async () => {
    const [first = ""] = await segments(gate);
    const bytes = await readFile(first);
    await rm(first);
    const told = await toolgateHere(["replay", gate.dataDir, "--json"]);
    await writeFile(first, bytes);
    expect(told.code).toBe(1);
    expect(JSON.parse(told.out)).toMatchObject({ ok: false, faults: [{ code: "missing_segment" }] });
  });

  it("whose records were forged with a whole chain comes out otherwise than it was recorded", async () => {
    const places = [placeOf(gate.dataDir)];
    const whole = await replayLogs(places);
    expect(whole.ok && whole.value.decisions.different).toBe(0);
    await forgeLast(gate, (line) => line.replace('"effect":"allow","known":true', '"effect":"deny","known":true'));
    const forged = await replay(gate);
    expect(forged.faults).toEqual([]);
    expect(forged.decisions.different).toBe(1);
    expect(forged.differences).toMatchObject([{ members: ["effect"], recorded: { effect: "deny" }, again: { effect: "allow" } }]);
    const told = await toolgateHere(["replay", gate.dataDir]);
    expect(told.code).toBe(1);
    expect(told.out).toContain("1 of ");
    expect(told.out).toContain('recorded  {"effect":"deny"}');
  });
});

/** Adds a last record to a log, as somebody would who can write the chain as well. */
async function forgeLast(gate: Gate, change: (line: string) => string): Promise<void> {
  const { createHash } = await import("node:crypto");
  const file = (await segments(gate)).at(-1) ?? "";
  const lines = (await readFile(file, "utf8")).split("\n").slice(0, -1);
  const template = lines.find((line) => line.includes('"effect":"allow","known":true') && line.includes('"kind":"intent"')) ?? "";
  const last = JSON.parse(lines.at(-1) ?? "") as { readonly seq: number };
  const prev = createHash("sha256")
    .update(lines.at(-1) ?? "")
    .digest("hex");
  const forged = change(template).replace(/"seq":\d+,"prev":"[0-9a-f]+"/, `"seq":${last.seq + 1},"prev":"${prev}"`);
  expect(forged).not.toBe(template);
  await appendFile(file, `${forged}\n`);
}

describe("a folder without anything to replay", () => {
  it("is told as what it is", async () => {
    const nothing = await toolgateHere(["replay", "/nowhere/data"]);
    expect(nothing.code).toBe(69);
    expect(nothing.err).toContain('"/nowhere/data": there is no folder "/nowhere/data/log"');
    const wrong = await toolgateHere(["replay", "/nowhere/data", "--since", "yesterday"]);
    expect(wrong.code).toBe(2);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  caseFileText,
  findRecord,
  openWorkbench,
  readersOf,
  recordedCase,
  testPolicies,
  type Workbench,
  withCase,
} from "../../../src/authoring/index.ts";
import { ok, type Result } from "../../../src/core/result.ts";
import { type Company, type Gate, house, startGate } from "../../support/gate.ts";
import { sourcesOf } from "../../support/gate-company.ts";
import { needOpa, writeFiles } from "../bundle/tools.ts";

const company: Company = {
  ...house,
  policies: {
    orders: `constrain contains {"code": "orders.no_gold"} if {
	input.tool.id == "desk.order"
	input.args.item == "gold"
}

mask contains {"path": "/args/count"} if input.tool.id == "desk.order"

mask contains {"path": "/args/text"} if input.tool.id == "desk.echo"

deny contains {"code": "orders.nobody"} if input.user.id == "nobody"

mask contains {"path": "/user/id"} if input.tool.id == "desk.note"`,
  },
};

let gate: Gate;
let bench: Workbench;
let folder: string;
let log: string;
beforeAll(async () => {
  const opa = await needOpa();
  folder = await mkdtemp(join(tmpdir(), "toolgate-record-"));
  await writeFiles(folder, sourcesOf(company));
  const opened = await openWorkbench(folder, { findOpa: () => Promise.resolve(ok(opa)) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  bench = opened.value;
  gate = await startGate({ company });
  log = join(gate.dataDir, "log");
});
afterAll(async () => {
  await bench.close();
  await gate.stop();
  await rm(folder, { recursive: true });
});

/** The id of the newest record of this kind. */
async function idOf(kind: string): Promise<string> {
  const found = (await gate.records()).filter((record) => record.kind === kind).at(-1);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found.id;
}

function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const recorded = async (id: string) => recordedCase(value(await findRecord(log, id)), readersOf(bench));

describe("a logged decision becomes a whole golden case", () => {
  test("that holds on both evaluators, of a call that was let through and of one that was refused", async () => {
    await gate.call("desk__order", { item: "pen", count: 3 });
    const allowed = value(await recorded(await idOf("intent")));
    expect(allowed.value).toMatchObject({
      entrypoint: "decide",
      input: { tool: { id: "desk.order" } },
      want: { effect: "allow", known: true },
    });
    expect(allowed.value.input).not.toHaveProperty("masked");
    expect(allowed.comments[1]).toBe("Not as it was: /args/count is masked in the record; no rule reads it.");
    await gate.call("desk__order", { item: "gold", count: 3 });
    const refused = value(await recorded(await idOf("refusal")));
    expect(refused.value.want).toMatchObject({ effect: "deny", reasons: [{ code: "orders.no_gold" }] });
    const text = value(withCase(caseFileText(allowed), refused));
    await writeFiles(folder, { "cases/recorded.yaml": text });
    const run = value(await testPolicies(folder, { opa: await needOpa(), coverage: false, timeoutMs: 5_000 }));
    expect(run.results.map(({ name, outcome, failures }) => [name, outcome, failures])).toEqual([
      [allowed.value.name, "passed", []],
      [refused.value.name, "passed", []],
    ]);
  });

  test("found by the id of its outcome, which is that of its intent", async () => {
    await gate.call("desk__order", { item: "ink", count: 1 });
    expect((await recorded(await idOf("outcome"))).ok).toBe(true);
  });

  test("unless the mask took out what a rule reads", async () => {
    await gate.call("desk__note", { text: "x" });
    expect(await recorded(await idOf("intent"))).toMatchObject({
      ok: false,
      error: expect.stringContaining('does not hold "/user/id", which may decide'),
    });
  });

  test("unless its record says only what was listed", async () => {
    await gate.list();
    expect(await recorded(await idOf("list"))).toMatchObject({
      ok: false,
      error: expect.stringContaining("is of kind list and does not say what policy was asked"),
    });
  });
});

test("an id that no record has is told with what was looked through", async () => {
  const none = "dec_00000000-0000-7000-8000-000000000000";
  const found = await findRecord(log, none);
  expect(found).toMatchObject({ ok: false, error: { kind: "unknown" } });
  expect(found.ok ? "" : found.error.detail).toMatch(/^"dec_0{8}.*" is in none of the \d+ records of ".*log", from \d{4}-.* to \d{4}-/);
  expect(await findRecord(join(folder, "cases"), none)).toMatchObject({ ok: false, error: { kind: "unavailable" } });
  expect(await findRecord(join(folder, "nowhere"), none)).toMatchObject({ ok: false, error: { kind: "unavailable" } });
});

describe("a case is added to a file", () => {
  const one = {
    value: { name: "new", entrypoint: "decide", input: { phase: "call", args: { a: 1 } }, want: { effect: "deny" } },
    comments: ["why"],
  };
  const added = (text: string) => value(withCase(text, one));

  test("at the end of its list, and every other byte stays", () => {
    const before = "# head\nat: 2026-01-07T09:00:00Z\ncases:\n  # first\n  - name: a # here\n    want:   allow\n";
    const after = added(before);
    expect(after.startsWith(before)).toBe(true);
    expect(after).toContain("  # why\n  - name: new\n");
    expect(parse(after).cases).toEqual([{ name: "a", want: "allow" }, one.value]);
  });

  test.each([
    ["a file that is empty", "", 1],
    ["a list that is empty", "at: x\ncases: []\ncallers: {}\n", 1],
    ["a list with others behind it", "cases:\n- name: a\n  want: b\n\n# about callers\ncallers:\n  ann: {}\n", 2],
    ["a file without a line break at its end", "cases:\n    - {name: a}", 2],
  ])("also to %s", (_, text, count) => {
    const read = parse(added(text));
    expect(read.cases).toHaveLength(count);
    expect(read.cases.at(-1)).toEqual(one.value);
    expect(Object.keys(read).sort()).toEqual([...new Set(["cases", ...Object.keys(parse(text) ?? {})])].sort());
  });

  test("or not at all, where the file would break, or has it already", () => {
    expect(withCase("cases: [{ name: a }]\n", one)).toMatchObject({ ok: false, error: expect.stringContaining("below each other") });
    expect(withCase("cases: [\n", one)).toMatchObject({ ok: false, error: expect.stringContaining("no YAML") });
    expect(withCase("other: 1\n", one)).toMatchObject({ ok: false, error: 'the file has no list "cases"' });
    expect(withCase(added(""), one)).toMatchObject({ ok: false, error: 'the file has a case "new" already' });
  });
});

test("a record whose whole input is masked, or that lost what it was asked, cannot be turned", () => {
  const readers = { readsFor: () => [["args", "amount"]] };
  const record = (input: object) => ({ id: "dec_1", kind: "intent", entrypoint: "toolgate/decide", decision: { effect: "allow" }, input });
  const ask = (input: object) => recordedCase(record(input), readers);
  expect(ask({ masked: [""] })).toMatchObject({ ok: false, error: expect.stringContaining("does not hold the input") });
  expect(ask({ masked: ["/args/amount"] })).toMatchObject({ ok: false });
  expect(ask({ masked: ["/args/*"] })).toMatchObject({ ok: false });
  expect(ask({ masked: ["/user/roles"] })).toMatchObject({ ok: false });
  expect(ask({ limits: { truncated: [], omitted: ["/args"] } })).toMatchObject({ ok: false });
  expect(ask({ masked: ["/args/iban"] })).toMatchObject({ ok: true });
  const blind = { readsFor: () => undefined };
  expect(recordedCase(record({ masked: ["/args/iban"] }), blind)).toMatchObject({ ok: false });
  expect(recordedCase(record({ args: {} }), blind)).toMatchObject({ ok: true });
});

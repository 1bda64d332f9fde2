import { describe, expect, test } from "vitest";
import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../../../src/authoring/access/index.ts";
import { nameMistakes } from "../../../src/authoring/prove/check-names.ts";
import type { ProofFacts } from "../../../src/authoring/prove/facts.ts";
import { prove } from "../../../src/authoring/prove/prove.ts";
import { readInvariants } from "../../../src/authoring/prove/read-invariants.ts";
import { forUser, open, shut, tableOf, tool } from "../diff/tables.ts";

const agent = (team: string, ...roles: readonly string[]) => ({
  ...{ team, owner: "ann", environment: "demo", surface: "chat", status: "active" },
  ...{ roles, rolesAlone: [] },
});
const facts: ProofFacts = {
  agents: new Map([
    ["finance-bot", agent("finance", "desk")],
    ["support-bot", agent("support")],
    ["old-bot", { ...agent("support"), status: "suspended" }],
  ]),
  servers: new Map([["crm", { environment: "production", trust: "internal" }]]),
  target: ({ id }) => ({ dataClasses: id === "crm.get" ? ["bank"] : [], idempotent: id === "crm.get" }),
  groups: new Set(["finance", "support"]),
  budgets: new Set(["per-day"]),
  roles: new Set(["desk"]),
  dataClasses: new Set(["bank"]),
};
const alone: AccessCaller = { agent: "support-bot", kind: "agent" };
const callers = [...["finance-bot", "support-bot"].flatMap((id) => [forUser(id), forUser(id, "finance"), forUser(id, "support")]), alone];
const get = tool("crm.get", "read");
const pay = tool("crm.pay", "write", "pay");
const drop = tool("crm.drop", "delete");
const bare = tool("crm.bare");
const targets = [get, pay, drop, bare];

type CellOf = (caller: AccessCaller, target: AccessTarget) => AccessCell | undefined;
const invariants = (...bodies: readonly string[]) => {
  const lines = bodies.map((body, at) => `  - { name: "number ${at}", ${body} }`);
  const read = readInvariants("invariants.yaml", `version: 1\ninvariants:\n${lines.join("\n")}\n`);
  return read.ok ? read.value : expect.fail(JSON.stringify(read.error));
};
const verdict = (body: string, cell: CellOf, table: AccessTable = tableOf(callers, targets, cell)) => {
  const read = invariants(body);
  expect(nameMistakes(read, table, facts)).toEqual([]);
  return prove(read, table, facts)[0]!;
};

const sampleOnly: AccessCell = { ...open, conditions: { arguments: true, facts: [] } };
const asks: AccessCell = { ...open, effect: "ask", obligations: [{ type: "approve", rule: "r", group: "finance", min: 1, ttl_s: 9 }] };
const spends: AccessCell = { ...open, obligations: [{ type: "budget", rule: "r", name: "per-day", cost: 1 }] };
const refused: AccessCell = { ...sampleOnly, effect: "deny", reasons: [{ code: "r.no", rule: "r" }] };
const closed: AccessCell = { ...shut, state: "closed" };
const hours = (when: string, ...otherwise: NonNullable<AccessCell["conditions"]["otherwise"]>): AccessCell => ({
  ...open,
  conditions: { arguments: false, facts: [], when, otherwise },
});
const onlyFor =
  (cell: AccessCell, means: (caller: AccessCaller, target: AccessTarget) => boolean) => (caller: AccessCaller, target: AccessTarget) =>
    means(caller, target) ? cell : shut;

describe("a statement", () => {
  test.each<[string, string, CellOf, string]>([
    [
      "no agent outside finance pays",
      "agents: { not: { team: finance } }, targets: { effects: pay }, never: reach",
      onlyFor(open, ({ agent }) => agent === "finance-bot"),
      "proven",
    ],
    [
      "no agent outside finance pays",
      "agents: { not: { team: finance } }, targets: { effects: pay }, never: reach",
      onlyFor(open, ({ agent }) => agent === "support-bot"),
      "fails",
    ],
    [
      "by role",
      "agents: { not: { role: desk } }, targets: { effects: pay }, never: reach",
      onlyFor(open, ({ agent }) => agent === "support-bot"),
      "fails",
    ],
    ["what is denied is not reached", "targets: { effects: pay }, never: reach", () => closed, "proven"],
    ["every delete asks", "targets: { effects: delete }, always: ask", () => asks, "proven"],
    ["every delete asks", "targets: { effects: delete }, always: ask", () => open, "fails"],
    ["every delete asks or is closed", "targets: { effects: delete }, always: ask", () => closed, "proven"],
    [
      "every delete asks, by its sample",
      "targets: { effects: delete }, always: ask",
      () => ({ ...asks, conditions: sampleOnly.conditions }),
      "sampled",
    ],
    ["every delete asks, but its sample is refused", "targets: { effects: delete }, always: ask", () => refused, "not_shown"],
    [
      "every delete asks, without a sample",
      "targets: { effects: delete }, always: ask",
      () => ({ ...sampleOnly, sampled: false }),
      "not_shown",
    ],
    [
      "every delete asks, at this hour",
      "targets: { effects: delete }, always: ask",
      () => ({ ...hours("08-18", "allow"), effect: "ask" }),
      "fails",
    ],
    ["asks finance", "targets: { effects: delete }, always: { approval: finance }", () => asks, "proven"],
    ["asks finance", "targets: { effects: delete }, always: { approval: support }", () => asks, "fails"],
    [
      "nobody alone",
      "agents: { mode: agent }, targets: { server: crm }, never: reach",
      onlyFor(open, ({ kind }) => kind !== "agent"),
      "proven",
    ],
    [
      "nobody alone",
      "agents: { mode: agent }, targets: { server: crm }, never: reach",
      onlyFor(open, ({ kind }) => kind === "agent"),
      "fails",
    ],
    [
      "only reads",
      "agents: { id: support-* }, only: { effects: { only: read } }",
      onlyFor(open, (_caller, { id }) => id === "crm.get"),
      "proven",
    ],
    [
      "only reads",
      "agents: { id: support-* }, only: { effects: { only: read } }",
      onlyFor(open, (_caller, { id }) => id === "crm.pay"),
      "fails",
    ],
    [
      "only reads, and nobody knows what this does",
      "only: { effects: { only: read } }",
      onlyFor(open, (_caller, { id }) => id === "crm.bare"),
      "fails",
    ],
    [
      "no bank data outside finance",
      "users: { has_none_of: finance }, targets: { data_classes: bank }, never: reach",
      onlyFor(open, ({ groups }) => groups?.includes("finance") ?? true),
      "proven",
    ],
    [
      "no bank data outside finance",
      "users: { has_none_of: finance }, targets: { data_classes: bank }, never: reach",
      onlyFor(open, ({ groups }) => groups?.includes("support") ?? false),
      "fails",
    ],
    ["has a budget", "targets: { id: crm.pay }, always: { budget: per-day }", () => spends, "proven"],
    ["has a budget", "targets: { id: crm.pay }, always: { budget: per-day }", () => open, "fails"],
    [
      "has a budget, at one hour",
      "targets: { id: crm.pay }, always: { budget: per-day }",
      () => ({ ...spends, conditions: hours("08-18", "allow").conditions }),
      "not_shown",
    ],
    ["is reached", "agents: { team: support }, users: { has: support }, targets: { id: crm.get }, may: reach", () => open, "proven"],
    [
      "is reached by a policy that denies all",
      "agents: { team: support }, users: { has: support }, targets: { id: crm.get }, may: reach",
      () => shut,
      "fails",
    ],
    ["is reached, but its sample is refused", "targets: { id: crm.get }, may: reach", () => refused, "fails"],
    ["is reached by each agent", "targets: { id: crm.get }, may: reach", onlyFor(open, ({ agent }) => agent === "finance-bot"), "fails"],
    [
      "closed at night",
      "targets: { environment: production }, always: closed, outside: mon-fri 08-18",
      () => hours("mon-fri 09-17", "closed"),
      "proven",
    ],
    [
      "closed at night",
      "targets: { environment: production }, always: closed, outside: mon-fri 08-18",
      () => hours("08-18", "closed"),
      "fails",
    ],
    ["closed at night", "targets: { environment: production }, always: closed, outside: mon-fri 08-18", () => open, "fails"],
    [
      "closed at night, told as at some hours",
      "targets: { environment: production }, always: closed, outside: mon-fri 08-18",
      () => hours("mon-fri 09-17", "closed", "allow"),
      "not_shown",
    ],
    [
      "reached by day",
      "agents: { id: finance-bot }, targets: { id: crm.get }, may: reach, during: mon-fri 09-12",
      () => hours("mon-fri 08-18", "closed"),
      "proven",
    ],
    [
      "reached by day",
      "agents: { id: finance-bot }, targets: { id: crm.get }, may: reach, during: mon-fri 09-12",
      () => hours("mon-fri 10-18", "closed"),
      "fails",
    ],
    ["looks as if it did not exist", "targets: { idempotent: false }, always: unknown", () => shut, "proven"],
    ["looks as if it did not exist", "targets: { idempotent: false }, always: unknown", () => closed, "fails"],
  ])("%s: %s", (_title, body, cell, wanted) => {
    expect(verdict(body, cell).judgement).toBe(wanted);
  });

  test("that fails names one pair for each set of permits, and counts them all", () => {
    const byRule: AccessCell = { ...open, permits: [{ rule: "refunds", id: "desk" }] };
    const found = verdict("targets: { effects: pay }, never: reach", ({ agent }) => (agent === "finance-bot" ? open : byRule));
    expect(found.counterExamples.map(({ cell }) => cell.permits)).toEqual([open.permits, byRule.permits]);
    expect([found.failing.pairs, found.failing.targets]).toEqual([callers.length, [pay]]);
  });

  test("says which facts of the caller were not tried; claims that only tighten are no such fact", () => {
    const cell: AccessCell = { ...shut, conditions: { arguments: false, facts: ["client", "request", "user.email"] } };
    expect(verdict("never: reach", () => cell)).toMatchObject({ judgement: "proven", untried: ["user.email"] });
  });
});

describe("an invariant that would prove anything is a mistake", () => {
  const told = (body: string) =>
    nameMistakes(
      invariants(body),
      tableOf(callers, targets, () => shut),
      facts,
    ).map(({ path, found, remedy }) => [path, found, remedy]);

  test.each([
    ["agents: { team: finanse }, never: reach", "invariants[0].agents.team", '"finanse"', 'did you mean "finance"?'],
    [
      "agents: { not: { team: [finance, suport] } }, never: reach",
      "invariants[0].agents.not.team[1]",
      '"suport"',
      'did you mean "support"?',
    ],
    ["agents: { id: finance-bott }, never: reach", "invariants[0].agents.id", '"finance-bott"', 'did you mean "finance-bot"?'],
    ["agents: { id: sales-* }, never: reach", "invariants[0].agents.id", '"sales-*"', undefined],
    ["users: { has_none_of: finanse }, never: reach", "invariants[0].users.has_none_of", '"finanse"', 'did you mean "finance"?'],
    ["targets: { id: crm.pya }, never: reach", "invariants[0].targets.id", '"crm.pya"', 'did you mean "crm.pay"?'],
    ["targets: { server: crn }, never: reach", "invariants[0].targets.server", '"crn"', 'did you mean "crm"?'],
    [
      "targets: { data_classes: { all: [bankk] } }, never: reach",
      "invariants[0].targets.data_classes.all[0]",
      '"bankk"',
      'did you mean "bank"?',
    ],
    ["always: { budget: per-dya }", "invariants[0].always.budget", '"per-dya"', 'did you mean "per-day"?'],
    ["agents: { role: dsk }, never: reach", "invariants[0].agents.role", '"dsk"', 'did you mean "desk"?'],
    ["agents: { id: old-bot }, never: reach", "invariants[0].agents", "selects nobody", "say allow_empty: true if that is meant"],
    ["targets: { effects: send }, never: reach", "invariants[0].targets", "selects nothing", "say allow_empty: true if that is meant"],
    ["only: { effects: { only: send } }", "invariants[0].only", "selects nothing", "say allow_empty: true if that is meant"],
  ])("%s", (body, path, found, remedy) => {
    expect(told(body)).toEqual([[path, found, remedy]]);
    expect(told(`${body}, allow_empty: true`)).toEqual([]);
  });
});

describe("an invariants file", () => {
  const mistakes = (body: string) => {
    const read = readInvariants("invariants.yaml", `version: 1\ninvariants:\n  - name: one\n${body.replaceAll(/^/gm, "    ")}\n`);
    return read.ok ? [] : read.error.map(({ path, wanted, line, remedy }) => ({ path, wanted, line, ...(remedy && { remedy }) }));
  };

  test("is told every mistake with its line", () => {
    expect(mistakes("agents: { tema: finance }\nnever: raech")).toMatchObject([
      { path: "invariants[0].agents.tema", line: 4, remedy: 'did you mean "team"?' },
      { path: "invariants[0].never", line: 5, remedy: 'did you mean "reach"?' },
    ]);
  });

  test.each([
    ["because: nothing is said", /exactly one statement/],
    ["never: reach\nmay: reach", /exactly one statement/],
    ["agents: {}\nnever: reach", /at least one property/],
    ["users: {}\nnever: reach", /at least one property/],
    ["agents: { not: {} }\nnever: reach", /at least one property/],
    ["never: reach\noutside: mon-fri 8-18", /mon-fri 08-18/],
    ["never: reach\noutside: mon-fri 22-06", /those of a night apart/],
    ["never: reach\noutside: 08-18\nduring: sat", /not both/],
    ["always: ask\noutside: 08-18", /one moment/],
    ["always: { budget: a }\nduring: 08-18", /one moment/],
    ["always: sometimes", /ask, closed, unknown/],
    ["never: reach\nallow_empty: false", /true/],
  ])("%j is refused", (body, wanted) => {
    expect(
      mistakes(body)
        .map((one) => one.wanted)
        .join("\n"),
    ).toMatch(wanted);
  });
});

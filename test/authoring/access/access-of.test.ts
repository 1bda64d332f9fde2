import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groupSets } from "../../../src/authoring/access/group-sets.ts";
import { type AccessSelection, type AccessTable, accessOf, openWorkbench, type Workbench } from "../../../src/authoring/index.ts";
import { type Company, openCompany } from "./small-company.ts";

const at = Date.UTC(2026, 2, 3, 11, 0); // a Tuesday, 12:00 in Berlin
const anybody = { roles: ["r0"] } as const;
const company = (more: Partial<Company>): Company => ({
  agents: { a0: anybody },
  roles: { r0: { alpha: ["t0", "t1"] } },
  groups: { g0: ["r0"] },
  packages: {},
  ...more,
});

async function tableOf(more: Partial<Company>, selection: Partial<AccessSelection> = {}): Promise<AccessTable> {
  const workbench = await openCompany(company(more));
  try {
    return await accessOf(workbench, { at, ...selection });
  } finally {
    await workbench.close();
  }
}

function cellOf(table: AccessTable, target: string, groups: readonly string[] | "alone" = ["g0"], agent = "a0") {
  const caller = table.callers.find((one) => one.agent === agent && (one.groups?.join() ?? "alone") === groups.toString());
  const found = table.targets.find(({ id }) => id === target);
  return table.cell(caller ?? expect.fail("no caller"), found ?? expect.fail("no target"));
}

describe("a cell", () => {
  test("says what roles grant, and nothing is open where one side lacks its role", async () => {
    const table = await tableOf({});
    expect(cellOf(table, "alpha.t0")).toMatchObject({
      state: "open",
      effect: "allow",
      sampled: true,
      permits: [{ rule: "role", id: "r0" }],
    });
    expect(cellOf(table, "alpha.t0", []).state).toBe("unknown");
    expect(cellOf(table, "alpha.t2").state).toBe("unknown");
    expect(cellOf(table, "alpha.t0").conditions).toEqual({ arguments: false, facts: [] });
  });

  test("tells the hours at which it is open, and what it is at the others", async () => {
    const table = await tableOf({ packages: { alpha: ["hours"] } });
    expect(cellOf(table, "alpha.t0").conditions).toEqual({ arguments: false, facts: [], when: "07-24", otherwise: ["closed"] });
    const night = await tableOf({ packages: { alpha: ["hours"] } }, { at: Date.UTC(2026, 2, 3, 2) });
    expect(cellOf(night, "alpha.t0")).toMatchObject({ state: "open", conditions: { when: "07-24" } });
  });

  test("tells when the effect is this one, where another one follows at another hour", async () => {
    const table = await tableOf({ packages: { alpha: ["asks"] } });
    expect(cellOf(table, "alpha.t0")).toMatchObject({ effect: "allow", conditions: { when: "00-20", otherwise: ["ask"] } });
    const late = await tableOf({ packages: { alpha: ["asks"] } }, { at: Date.UTC(2026, 2, 3, 20) });
    expect(cellOf(late, "alpha.t0")).toMatchObject({ effect: "ask", conditions: { when: "20-24", otherwise: ["allow"] } });
  });

  test("is open on the days on which a rule permits it, and unknown on the others", async () => {
    const table = await tableOf({ packages: { beta: ["weekends"] } });
    expect(cellOf(table, "beta.t0")).toMatchObject({ state: "open", conditions: { when: "sat-sun", otherwise: ["unknown"] } });
  });

  test("tells minutes as far as they were tried, and that more of them may matter", async () => {
    const table = await tableOf({ packages: { alpha: ["minutes"] } });
    const { when, facts } = cellOf(table, "alpha.t0").conditions;
    expect(when?.startsWith("00-00:30,01-01:30,")).toBe(true);
    expect(facts).toEqual(["time"]);
    expect(table.notes).toContain("alpha: rules look at minutes; tried are :00 and :30");
  });

  test("names what a caller may bring and a table cannot try", async () => {
    const packages = { alpha: ["clients", "networks", "auths", "mails", "people", "requests", "moments"], beta: ["untold"] } as const;
    const table = await tableOf({
      agents: { a0: { ...anybody, modes: ["user_via_agent", "agent"], roles_alone: ["r0"] } },
      packages,
      roles: { r0: { alpha: ["t0"], beta: ["t0"] } },
    });
    expect(cellOf(table, "alpha.t0").conditions).toMatchObject({
      arguments: true,
      facts: ["client", "network", "request", "time", "user.auth", "user.email", "user.id"],
    });
    expect(cellOf(table, "alpha.t0", "alone").conditions.facts).toEqual(["client", "network", "request", "time"]);
    expect(cellOf(table, "beta.t0").conditions.facts).toContain("session");
    expect(table.notes.join("\n")).toContain("beta: it cannot be told what the rules look at");
  });

  test("that is unknown names what might permit it, and not what could only deny it", async () => {
    const table = await tableOf({ packages: { alpha: ["invited", "clients"], beta: ["clients"] } });
    expect(cellOf(table, "alpha.t2")).toMatchObject({ state: "unknown", conditions: { facts: ["user.email"] } });
    expect(cellOf(table, "alpha.t0")).toMatchObject({ state: "open", conditions: { facts: ["client", "user.email"] } });
    expect(cellOf(table, "beta.t2")).toMatchObject({ state: "unknown", conditions: { facts: [] } });
  });

  test("that is hidden names what the denial that hides it looks at", async () => {
    const agents = { a0: { ...anybody, surface: "job" } };
    const table = await tableOf({ agents, packages: { alpha: ["hidden", "clients"] } });
    expect(cellOf(table, "alpha.t0")).toMatchObject({ state: "unknown", reasons: [], conditions: { facts: ["client"] } });
  });

  test("does not take what a message names for what a rule looks at", async () => {
    const told = await tableOf({ packages: { alpha: ["told"] } });
    expect(cellOf(told, "alpha.t0").conditions.facts).toEqual([]);
  });

  test("is closed with the reason that any call would meet", async () => {
    const table = await tableOf({ agents: { a0: { ...anybody, team: "loud" } }, packages: { alpha: ["teams"] } });
    expect(cellOf(table, "alpha.t1")).toMatchObject({ state: "closed", reasons: [{ code: "x.team", rule: "teams" }] });
    expect(cellOf(table, "alpha.t1").effect).toBeUndefined();
    expect(cellOf(table, "alpha.t0").state).toBe("open");
  });

  test("is one object for all that it is equal for, and callers whose rows are equal are told together", async () => {
    const table = await tableOf({ agents: { a0: anybody, a1: { ...anybody, team: "quiet" } }, packages: { alpha: ["teams"] } });
    expect(cellOf(table, "alpha.t0", ["g0"], "a0")).toBe(cellOf(table, "alpha.t0", ["g0"], "a1"));
    expect(table.alike.map((alike) => alike.map(({ agent, groups }) => `${agent} ${groups}`))).toEqual([
      ["a0 ", "a1 "],
      ["a0 g0", "a1 g0"],
    ]);
  });
});

describe("who and what is asked about", () => {
  test("callers that cannot exist are left out, each with the reason", async () => {
    const agents = { a0: anybody, a1: { status: "suspended" }, a2: { expires: "2026-01-01T00:00:00Z" } } as const;
    const table = await tableOf({ agents });
    expect(new Set(table.callers.map(({ agent }) => agent))).toEqual(new Set(["a0"]));
    expect(table.notes).toEqual(expect.arrayContaining(['left out: the agent "a1" is suspended', 'left out: the agent "a2" expired']));
  });

  test("names that nobody knows are told", async () => {
    const table = await tableOf({}, { agents: ["a0", "nobody"], servers: ["alpha", "gamma"], groups: [["vips"]] });
    expect(table.notes).toEqual([
      'there is no server "gamma"',
      'there is no agent "nobody"',
      'the group "vips" is not in groups.yaml; it gives no role',
    ]);
    expect(table.targets.map(({ server }) => server)).toEqual(["alpha", "alpha", "alpha", "alpha"]);
  });

  test("patterns select targets", async () => {
    const table = await tableOf({}, { targets: ["*.t1", "beta.t0"] });
    expect(table.targets.map(({ id }) => id)).toEqual(["alpha.t1", "beta.t0", "beta.t1"]);
  });
});

describe("groups of users", () => {
  const table = new Map([
    ["a", ["r"]],
    ["b", ["r"]],
    ["c", ["s"]],
    ["d", []],
  ]);

  test("are tried alone, none and all together", () => {
    const { sets } = groupSets("single", { table, readByRules: false, agents: 1 });
    expect(sets).toEqual([[], ["a"], ["b"], ["c"], ["d"], ["a", "b", "c", "d"]]);
  });

  test("in all combinations, one for those that nothing tells apart", () => {
    expect(groupSets("all-combinations", { table, readByRules: false, agents: 1 }).sets).toEqual([[], ["a"], ["c"], ["a", "c"]]);
    expect(groupSets("all-combinations", { table, readByRules: true, agents: 1 }).sets).toHaveLength(16);
  });

  test("too many to combine are tried as far as it goes, all together too, and that is said", () => {
    const many = new Map(Array.from({ length: 40 }, (_, index) => [`g${index}`, [`r${index}`]]));
    const { sets, notes } = groupSets("all-combinations", { table: many, readByRules: false, agents: 1 });
    expect([sets.length, sets.at(-1)?.length]).toEqual([1 + 40 + 780 + 1, 40]);
    expect(notes).toEqual(["40 groups make more than 4096 combinations; tried are those of up to 2 groups, and all together"]);
  });
});

describe("the demo company", () => {
  let demo: Workbench;
  beforeAll(async () => {
    const opened = await openWorkbench(join(import.meta.dirname, "../../../bundles/demo.tar.gz"), {
      findOpa: () => Promise.reject(new Error()),
    });
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    demo = opened.value;
  });
  afterAll(() => demo.close());

  test("has prompts and resources in its table when they are asked for", async () => {
    const table = await accessOf(demo, { at, kinds: ["prompt", "resource"] });
    expect(new Set(table.targets.map(({ kind }) => kind))).toEqual(new Set(["prompt", "resource"]));
    expect(table.failures).toEqual([]);
    expect(table.notes).toContain('left out: the agent "legacy-bot" is suspended');
  });

  test("an evaluation that fails is told, and the table says so", async () => {
    const broken: Workbench = {
      ...demo,
      failures: () => failures,
      rehearsal: {
        ...demo.rehearsal,
        discover: async (_caller, targets) => {
          failures.push({ entrypoint: "toolgate/discover", code: "policy.timeout", detail: "too slow" });
          return targets.map(() => false);
        },
      },
    };
    const failures: { entrypoint: string; code: string; detail: string }[] = [];
    const table = await accessOf(broken, { at, agents: ["reporter"] });
    expect(table.failures[0]).toContain("toolgate/discover: policy.timeout: too slow");
  });
});

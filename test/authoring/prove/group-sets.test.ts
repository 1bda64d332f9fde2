import { expect, test } from "vitest";
import { triedGroups } from "../../../src/authoring/prove/group-sets.ts";
import type { BundleData } from "../../../src/parts/catalog/index.ts";

const data = (
  groups: Readonly<Record<string, readonly string[]>>,
  reads: Readonly<Record<string, string[][]>> = {},
  agents = 1,
): BundleData =>
  ({
    roles: {},
    catalog: {
      groups: Object.fromEntries(Object.entries(groups).map(([name, roles]) => [name, { roles }])),
      agents: Object.fromEntries(Array.from({ length: agents }, (_, at) => [`bot-${at}`, { modes: ["user_via_agent"] }])),
      rules: Object.fromEntries(Object.keys(reads).map((name) => [name, ["deny"]])),
      reads,
    },
  }) as object as BundleData;
const about = (...has: readonly string[]) => [{ name: "one", never: "reach" as const, users: { has: [...has] } }];
const none = new Map<string, string>();

test("users are tried with every combination of few groups", () => {
  expect(triedGroups(data({ a: ["x"], b: ["y"] }), none, [], 10)).toEqual({
    names: ["a", "b"],
    sets: [[], ["a"], ["b"], ["a", "b"]],
    notes: [],
  });
});

test("groups that nothing tells apart stand for each other, unless an invariant or a rule names them", () => {
  const same = { a: ["x"], b: ["x"], c: [] };
  expect(triedGroups(data(same), none, [], 10).names).toEqual(["a"]);
  expect(triedGroups(data(same), none, about("b"), 10).names).toEqual(["a", "b"]);
  expect(triedGroups(data(same, { p: [["user", "groups"]] }), none, [], 10).names).toEqual(["a", "b", "c"]);
  expect(triedGroups(data(same, { p: [["tool", "id"]] }), none, [], 10).names).toEqual(["a"]);
});

test("groups that only rules name are tried too", () => {
  const modules = new Map([["policy/p.rego", 'deny contains {"code": "p.x"} if "auditors" in input.user.groups']]);
  expect(triedGroups(data({}), modules, [], 10).names).toEqual(["auditors"]);
});

test("of many groups the larger combinations are left out but for all together, and that is told", () => {
  const groups = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`g${at}`, [`r${at}`]]));
  const { sets, notes } = triedGroups(data(groups), none, [], 10);
  expect([sets.length, Math.max(...sets.map((set) => set.length))]).toEqual([1 + 60 + 1770 + 1, 60]);
  expect(notes).toEqual(["of 60 groups, users were tried with every combination of up to 2 and with all together, not with those between"]);
  expect(triedGroups(data(groups, {}, 1000), none, [], 1000).sets).toHaveLength(62);
  expect(triedGroups(data(groups, {}, 1000), none, [], 1000, 1900).sets).toHaveLength(1832);
});

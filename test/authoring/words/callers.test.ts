import { describe, expect, test } from "vitest";
import type { AccessCaller } from "../../../src/authoring/access/index.ts";
import { tellCaller, tellCallers, tellTargets } from "../../../src/authoring/words/index.ts";
import { forUser, tool } from "../diff/tables.ts";

const groups = ["contractors", "finance", "support"];
const combinations = Array.from({ length: 8 }, (_, bits) => groups.filter((_group, at) => (bits >> at) % 2 === 1));
const usersOf = (agent: string) => combinations.map((set) => forUser(agent, ...set));
const all: readonly AccessCaller[] = [...usersOf("one"), ...usersOf("two"), ...usersOf("three"), { agent: "job", kind: "agent" }];
const some = (agent: string, means: (groups: readonly string[]) => boolean) => usersOf(agent).filter(({ groups = [] }) => means(groups));

describe("callers in few words", () => {
  test.each<[string, (groups: readonly string[]) => boolean]>([
    ["one for any user", () => true],
    ["one for users of finance", (own) => own.includes("finance")],
    ["one for users of finance or support", (own) => own.includes("finance") || own.includes("support")],
    ["one for users of finance with support", (own) => own.includes("finance") && own.includes("support")],
    ["one for users of finance outside contractors", (own) => own.includes("finance") && !own.includes("contractors")],
    ["one for users outside contractors", (own) => !own.includes("contractors")],
    ["one for users of exactly finance; contractors with support", (own) => ["finance", "contractors,support"].includes(own.join())],
  ])("%s", (text, means) => {
    expect(tellCallers(some("one", means), all)).toEqual([text]);
  });

  test("of many groups say that there is no other, and do not list them", () => {
    const names = Array.from({ length: 9 }, (_, at) => `g${at}`);
    const tried = [[], ...names.map((name) => [name]), names].map((set) => forUser("one", ...set));
    expect(tellCallers([forUser("one", "g3")], tried)).toEqual(["one for users of g3 and no other group"]);
  });

  test("name agents with the same users together, and the rest by their number", () => {
    const both = ["one", "two"].flatMap((agent) => some(agent, (own) => own.includes("finance")));
    expect(tellCallers([...both, { agent: "job", kind: "agent" }], all)).toEqual(["one, two, for users of finance", "job alone"]);
    const many = Array.from({ length: 9 }, (_, at) => forUser(`bot-${at}`, "finance"));
    expect(tellCallers(many, [...many, ...all])).toEqual(["bot-0, bot-1 and 7 more agents, for any user"]);
  });

  test("say of one what sets it apart", () => {
    expect([forUser("one"), forUser("one", "a", "b"), { agent: "job", kind: "workload" as const }].map(tellCaller)).toEqual([
      "one for a user without groups",
      "one for a user of a, b",
      "job as a workload",
    ]);
  });
});

test("targets are told as their server where all of it is meant", () => {
  const targets = [tool("crm.a"), tool("crm.b"), tool("files.a"), tool("files.b")];
  expect(tellTargets(targets.slice(0, 3), targets)).toBe("crm.* (all 2 tools), files.a");
  expect(tellTargets(targets.slice(0, 1), targets.slice(0, 1))).toBe("crm.a");
});

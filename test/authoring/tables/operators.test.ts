import { describe, expect, it } from "vitest";
import { holdingChanges } from "../../../src/authoring/diff/holdings-diff.ts";
import { holdingsOf } from "../../../src/authoring/diff/side.ts";
import { tableFolder } from "./sample-tables.ts";

const { mistakesOf, readClean } = tableFolder();

const entry = (id: string, more: string) =>
  `  ${id}:\n    roles: [operator]\n    match: [{ issuer: "https://id", client_id: toolgate-cli }]\n${more}`;
const table = (...entries: readonly string[]) => `version: 1\noperators:\n${entries.join("")}`;
const agents = (match: string) =>
  `version: 1\nagents:\n  bot: { name: Bot, owner: ann, environment: demo, status: active, modes: [user_via_agent], match: [${match}] }\n`;

describe("operators.yaml", () => {
  it("stands in the bundle's data as it was written, and not at all where there is none", async () => {
    expect((await readClean()).data.catalog).not.toHaveProperty("operators");
    const { data } = await readClean({ "operators.yaml": table(entry("sre", "    users: [ann]\n")) });
    expect(data.catalog.operators).toMatchObject({ sre: { roles: ["operator"], users: ["ann"], modes: ["user_via_agent"] } });
  });

  it("must not name the client of an agent, by name or by pattern, and the mistake has its line", async () => {
    for (const match of ['{ issuer: "https://id", client_id: toolgate-cli }', '{ issuer: "https://id", subject_pattern: "toolgate-*" }']) {
      const [mistake, ...more] = await mistakesOf({
        "operators.yaml": table(entry("sre", "    users: [ann]\n")),
        "agents.yaml": agents(match),
      });
      expect(more).toEqual([]);
      expect(mistake).toMatchObject({
        file: "catalog/operators.yaml",
        line: 5,
        path: "operators.sre.match[0]",
        found: '"toolgate-cli", which can be agent bot',
      });
    }
  });

  it("must not name a user twice, nor everybody who has a token of the client", async () => {
    const twice = table(entry("a", "    users: [ann]\n"), entry("b", "    users: [bob, ann]\n"));
    expect(await mistakesOf({ "operators.yaml": twice })).toMatchObject([
      { path: "operators.b.users[1]", found: '"ann", who is also of a' },
    ]);
    expect(await mistakesOf({ "operators.yaml": table(entry("a", "")) })).toMatchObject([
      { path: "operators.a", wanted: expect.stringMatching(/^users or groups/) },
    ]);
  });

  it("is warned about where an entry ended", async () => {
    const { warnings } = await readClean({
      "operators.yaml": table(entry("sre", '    users: [ann]\n    until: "2020-01-01T00:00:00Z"\n')),
    });
    expect(warnings).toContain("operator sre ended at 2020-01-01T00:00:00Z");
  });

  it("is part of what a change of policies is told by", async () => {
    const holdings = async (entries: string) => {
      const { data } = await readClean({ "operators.yaml": entries });
      const catalog = { ...data.catalog, rules: {}, worker: [], reads: {} };
      return holdingsOf({ roles: data.roles, index: {}, index_kinds: {}, obliged: {}, catalog }, new Map());
    };
    const before = await holdings(table(entry("sre", "    users: [ann]\n")));
    const after = await holdings(
      table(entry("sre", "    users: [ann, bob]\n").replace("[operator]", "[operator, auditor]"), entry("desk", "    groups: [x]\n")),
    );
    expect(holdingChanges(before, after)).toEqual([
      { kind: "operators", id: "desk", change: "added", details: [] },
      { kind: "operators", id: "sre", change: "changed", details: ["roles: +auditor", "users: +bob"] },
    ]);
  });
});

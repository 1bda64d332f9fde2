import { describe, expect, it } from "vitest";
import { readTables } from "../../../src/authoring/tables/index.ts";
import { files, tableFolder } from "./sample-tables.ts";

const { mistakesOf, path, readClean } = tableFolder();

const day = 86_400_000;
const end = "2027-01-31T18:00:00+01:00";
const limited = (roles: string, more = "") => ({
  "agents.yaml": files["agents.yaml"]?.replace("    roles: [support]\n", `    roles: ${roles}\n${more}`),
});

async function warningsAt(changes: Parameters<typeof readClean>[0], now: number) {
  await readClean(changes);
  const read = await readTables(path(), now);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.warnings;
}

describe("a role that is held for a time", () => {
  it("stands in the bundle with its end", async () => {
    const { data } = await readClean(limited(`[{ role: support, until: "${end}", why: stands in, ticket: HR-7 }]`));
    expect(data.catalog.agents["support-bot"]?.roles).toEqual([{ role: "support", until: end, why: "stands in", ticket: "HR-7" }]);
  });

  it("is told where it ended, and within fourteen days before; so is an agent", async () => {
    const changes = limited(`[{ role: support, until: "${end}" }]`, `    expires: "${end}"\n`);
    const at = (left: number) => warningsAt(changes, Date.parse(end) - left);
    expect(await at(15 * day)).toEqual([]);
    expect(await at(14 * day)).toEqual([
      `agent support-bot ends at ${end}, in 14 days`,
      `agent support-bot: the role support ends at ${end}, in 14 days`,
    ]);
    expect((await at(day))[1]).toContain("in 1 day");
    expect((await at(1))[1]).toContain("within a day");
    expect(await at(0)).toEqual([`agent support-bot ended at ${end}`, `agent support-bot: the role support ended at ${end}`]);
  });

  it("is told for groups and for agents alone", async () => {
    const changes = {
      ...limited("[support]", `    roles_alone: [{ role: support, until: "${end}" }]\n`),
      "groups.yaml": `version: 1\ngroups:\n  Staff: { roles: [{ role: support, until: "${end}" }] }\n`,
    };
    expect((await warningsAt(changes, Date.parse(end))).filter((one) => one.includes("ended"))).toEqual([
      `agent support-bot, alone: the role support ended at ${end}`,
      `group Staff: the role support ended at ${end}`,
    ]);
  });

  it.each([
    ["a day that is not in the calendar", '{ role: support, until: "2026-02-30T00:00:00Z" }', "roles[0].until"],
    ["a day without a time", "{ role: support, until: 2026-12-31 }", "roles[0].until"],
    ["a time without its offset", '{ role: support, until: "2026-12-31T00:00:00" }', "roles[0].until"],
    ["an offset that does not exist", '{ role: support, until: "2026-12-31T00:00:00+25:00" }', "roles[0].until"],
    ["a number", "{ role: support, until: 1798675200000 }", "roles[0].until"],
    ["no end", "{ role: support }", "roles[0].until"],
    ["an unknown word", `{ role: support, until: "${end}", reason: x }`, "roles[0].reason"],
    ["no role's id", "7", "roles[0]"],
  ])("must not have %s", async (_, held, at) => {
    const told = await mistakesOf(limited(`[${held}]`));
    expect(told.map(({ path: where, line }) => [where, line])).toEqual([[`agents.support-bot.${at}`, 9]]);
  });

  it("of an unknown name, and the same role twice, are mistakes", async () => {
    const told = await mistakesOf(limited(`[support, { role: suport, until: "${end}" }, { role: support, until: "${end}" }]`));
    expect(told.map(({ path: where, found, remedy }) => [where, found, remedy])).toEqual([
      ["agents.support-bot.roles[1].role", '"suport"', 'did you mean "support"?'],
      ["agents.support-bot.roles[2].role", '"support" again', "keep the one that is meant"],
    ]);
  });
});

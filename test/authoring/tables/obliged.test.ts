import { describe, expect, it } from "vitest";
import { type TableFiles, tableFolder } from "./sample-tables.ts";
import { table, wide } from "./wide-company.ts";

const { mistakesOf, readClean } = tableFolder();

const budget = (applies: string) =>
  table("budgets", `  day: { unit: calls, limit: 3, window: { kind: fixed, seconds: 60 }, per: [user], applies: ${applies} }\n`);
const approval = (applies: string) => table("approvals", `  money: { group: Support Team, applies: ${applies} }\n`);

async function reached(files: TableFiles) {
  const { data, warnings } = await readClean(files);
  const targets = Object.entries(data.obliged).flatMap(([server, kinds]) =>
    Object.entries(kinds).flatMap(([kind, names]) => Object.keys(names ?? {}).map((name) => `${kind} ${server}/${name}`)),
  );
  return { targets, warnings };
}

describe("what a budget applies to", () => {
  it("is spelled out by the build, target by target", async () => {
    const { data } = await readClean(budget('[{ tools: ["crm/*"], cost: 2 }]'));
    const asked = [{ type: "budget", name: "day", cost: 2 }];
    expect(data.obliged).toEqual({ crm: { tool: { export: asked, get_customer: asked, refund: asked } } });
    expect(data.catalog.budgets.day).not.toHaveProperty("applies");
  });

  it("are tools of which all that an entry says is so; one without effects may do anything", async () => {
    const pay = await reached(budget("[{ effects: [pay] }]"));
    expect(pay.targets).toEqual(["tool crm/refund", "tool misc/unsaid"]);
    expect((await reached(budget("[{ effects: [pay], servers: [crm] }]"))).targets).toEqual(["tool crm/refund"]);
    expect((await reached(budget('[{ tools: ["*/*"], min_risk: high }]'))).targets).toEqual(["tool crm/export", "tool crm/refund"]);
    expect((await reached(budget("[{ servers: [misc] }]"))).targets).toEqual([
      "tool misc/constructor",
      "tool misc/look",
      "tool misc/unsaid",
    ]);
  });

  it("costs the largest number where entries meet, and an argument beside it", async () => {
    const entries =
      '[{ tools: [crm/refund] }, { effects: [pay], servers: [crm], cost: 5 }, { tools: [crm/refund], cost: "{input.args.amount}" }]';
    const { data } = await readClean(budget(entries));
    expect(data.obliged.crm?.tool?.refund).toEqual([
      { type: "budget", name: "day", cost: 5 },
      { type: "budget", name: "day", cost: "{input.args.amount}" },
    ]);
  });

  it("is told where it is nothing", async () => {
    const { targets, warnings } = await reached(budget('[{ tools: ["crm/nothing*"] }]'));
    expect({ targets, warnings }).toEqual({
      targets: [],
      warnings: ["budgets.yaml: budgets.day.applies[0] applies to nothing that is catalogued"],
    });
  });

  it.each([
    ["a tool that nobody has", "[{ tools: [crm/refnud] }]", '"crm/refnud"', 'did you mean "crm/refund"?'],
    ["a server that nobody has", "[{ servers: [cmr] }]", '"cmr"', 'did you mean "crm"?'],
    ["an effect that does not exist", "[{ effects: [pey] }]", '"pey"', 'did you mean "pay"?'],
    ["a word that does not exist", "[{ tols: [crm/refund] }]", "unknown key", 'did you mean "tools"?'],
    ["nothing at all", "[{}]", "a table", undefined],
    ["prompts beside tools", '[{ tools: ["*/*"], prompts: ["*/*"] }]', "a table", undefined],
    ["a cost of nothing", "[{ servers: [crm], cost: 0 }]", "0", undefined],
    ["a cost that is no argument", '[{ servers: [crm], cost: "{input.user.id}" }]', '"{input.user.id}"', undefined],
    ["a cost that is a number in quotes", '[{ servers: [crm], cost: "2" }]', '"2"', undefined],
  ])("must not be %s", async (_, applies, found, remedy) => {
    const told = await mistakesOf(budget(applies));
    expect(told.map((mistake) => [mistake.found, mistake.remedy, mistake.line])).toEqual([[found, remedy, 3]]);
  });

  it("must have the argument that its cost is taken from: a call without it would be denied", async () => {
    const told = await mistakesOf(budget('[{ tools: [crm/refund, crm/export, misc/look, misc/unsaid], cost: "{input.args.amount}" }]'));
    expect(told.map(({ found }) => found)).toEqual([
      '"amount", which calls of crm/export may lack or write otherwise',
      '"amount", which calls of misc/look may lack or write otherwise',
      '"amount", which calls of misc/unsaid may lack or write otherwise',
    ]);
  });
});

describe("an approval", () => {
  it("is asked for by name of its group, for fifteen minutes, of one person", async () => {
    const { data } = await readClean(approval("[{ effects: [pay], servers: [crm] }]"));
    expect(data.obliged).toEqual({ crm: { tool: { refund: [{ type: "approve", group: "Support Team", ttl_s: 900, min: 1 }] } } });
  });

  it("of a group that nobody has is a mistake with the nearest name", async () => {
    const told = await mistakesOf(table("approvals", "  money: { group: Suport Team, applies: [{ effects: [pay] }] }\n"));
    expect(told).toMatchObject([
      { path: "approvals.money.group", found: '"Suport Team"', remedy: 'did you mean "Support Team"?', line: 3 },
    ]);
  });

  it("without anything it applies to, with a time or a number of people that cannot be, is a mistake each", async () => {
    const told = await mistakesOf(
      table(
        "approvals",
        "  a: { group: Support Team, applies: [] }\n  b: { group: Support Team, applies: [{ servers: [crm], cost: 1 }], ttl_s: 0, min: 1.5 }\n",
      ),
    );
    expect(told.map(({ path, line }) => [path, line])).toEqual([
      ["approvals.a.applies", 3],
      ["approvals.b.ttl_s", 4],
      ["approvals.b.min", 4],
      ["approvals.b.applies[0].cost", 4],
    ]);
  });

  it("applies to prompts and resources too", async () => {
    const prompts = "version: 1\nprompts: { crm: { summary: {} } }\n";
    const pinned = { "pins/crm.json": wide["pins/crm.json"]?.replace(/}$/, ',"prompts":{}}') };
    const told = await mistakesOf({ ...approval('[{ prompts: [crm/sumary], resources: ["crm/*"] }]'), ...pinned, "prompts.yaml": prompts });
    expect(told.map(({ path, remedy }) => [path, remedy])).toContainEqual([
      "approvals.money.applies[0].prompts[0]",
      'did you mean "crm/summary"?',
    ]);
  });
});

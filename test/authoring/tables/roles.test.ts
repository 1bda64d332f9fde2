import { describe, expect, it } from "vitest";
import { tableFolder } from "./sample-tables.ts";
import { roles, wide } from "./wide-company.ts";

const { mistakesOf, readClean } = tableFolder();

async function grantsOf(rows: string, role = "support") {
  const { data, warnings } = await readClean(roles(rows));
  const grants = data.roles[role]?.grants ?? {};
  return { grants: Object.entries(grants).flatMap(([server, names]) => Object.keys(names).map((name) => `${server}/${name}`)), warnings };
}

describe("a role by effect", () => {
  it("grants the tools that do nothing but these effects, at no higher risk, and none that nobody said anything of", async () => {
    const all = 'support: { by_effect: [{ servers: ["*"], effects: [read] }] }\n';
    expect(await grantsOf(`  ${all}`)).toEqual({ grants: ["crm/export", "crm/get_customer", "misc/look"], warnings: [] });
    const calm = 'support: { by_effect: [{ servers: ["*"], effects: [read], max_risk: medium }] }\n';
    expect((await grantsOf(`  ${calm}`)).grants).toEqual(["crm/get_customer", "misc/look"]);
    const writes = 'support: { by_effect: [{ servers: ["*"], effects: [write] }] }\n';
    expect((await grantsOf(`  ${writes}`)).grants).toEqual([]);
    const both = "support: { by_effect: [{ servers: [crm], effects: [write, pay] }] }\n";
    expect((await grantsOf(`  ${both}`)).grants).toEqual(["crm/refund"]);
  });

  it("reads all and changes a few, with grants beside it", async () => {
    const rows = '  support: { by_effect: [{ servers: ["c*"], effects: [read], max_risk: low }], grants: [crm/refund] }\n';
    expect((await grantsOf(rows)).grants).toEqual(["crm/get_customer", "crm/refund"]);
  });

  it("that fits nothing is told, and so is a pattern that fits no server", async () => {
    const rows = '  support: { by_effect: [{ servers: ["x*"], effects: [read] }] }\n';
    expect((await grantsOf(rows)).warnings).toEqual([
      'roles.support.by_effect[0].servers[0] in roles.yaml: "x*" fits no server',
      "role support: by_effect[0] fits no catalogued tool",
    ]);
  });

  it("is a mistake on a server that nobody has, with the nearest one", async () => {
    const found = await mistakesOf(roles("  support:\n    by_effect:\n      - { servers: [cmr, misc], effects: [read] }\n"));
    expect(found).toEqual([
      {
        file: "catalog/roles.yaml",
        path: "roles.support.by_effect[0].servers[0]",
        found: '"cmr"',
        wanted: "the id of a server in servers.yaml",
        remedy: 'did you mean "crm"?',
        line: 5,
      },
    ]);
  });

  it("is a mistake with an effect or a risk that does not exist", async () => {
    const found = await mistakesOf(roles("  support:\n    by_effect:\n      - { servers: [crm], effects: [reed], max_risk: hihg }\n"));
    expect(found.map(({ path, remedy, line }) => [path, remedy, line])).toEqual([
      ["roles.support.by_effect[0].effects[0]", 'did you mean "read"?', 5],
      ["roles.support.by_effect[0].max_risk", 'did you mean "high"?', 5],
    ]);
  });
});

describe("roles that include others", () => {
  it("have all that these grant, through any number of roles, whatever the order of lines", async () => {
    const rows =
      "  support: { includes: [middle] }\n  middle: { includes: [base], grants: [crm/refund] }\n  base: { grants: [misc/look] }\n";
    const { data, warnings } = await readClean(roles(rows));
    const own = { crm: { refund: true }, misc: { look: true } };
    expect([data.roles.support?.grants, data.roles.middle?.grants, data.roles.base?.grants]).toEqual([own, own, { misc: { look: true } }]);
    expect(warnings).toEqual([]);
  });

  it("have what two of them share once", async () => {
    const rows = "  support: { includes: [a, b] }\n  a: { includes: [c] }\n  b: { includes: [c] }\n  c: { grants: [misc/look] }\n";
    expect((await grantsOf(rows)).grants).toEqual(["misc/look"]);
  });

  it("and themselves are told as a path, each circle once", async () => {
    const rows = "  support: { includes: [a] }\n  a:\n    includes: [b]\n  b:\n    includes: [a]\n  self: { includes: [self] }\n";
    const found = await mistakesOf(roles(rows));
    expect(found.map(({ found: told, path, line, remedy }) => [told, path, line, remedy !== undefined])).toEqual([
      ["a circle of roles: a -> b -> a", "roles.b.includes[0]", 7, true],
      ["a circle of roles: self -> self", "roles.self.includes[0]", 8, true],
    ]);
  });

  it("that do not exist are told with the nearest name", async () => {
    const found = await mistakesOf(roles("  support: { includes: [bsae] }\n  base: { grants: [misc/look] }\n"));
    expect(found).toMatchObject([{ found: '"bsae"', remedy: 'did you mean "base"?', line: 3 }]);
  });

  it("may be a chain as long as a table", async () => {
    const long = Array.from({ length: 5000 }, (_, at) => `  r${at}: { includes: [r${at + 1}] }\n`).join("");
    const { data } = await readClean(roles(`  support: { includes: [r0] }\n${long}  r5000: { grants: [misc/look] }\n`));
    expect(data.roles.support?.grants).toEqual({ misc: { look: true } });
  });
});

describe("a role", () => {
  it("that grants a tool nobody has is told with the nearest name", async () => {
    const found = await mistakesOf(roles("  support: { grants: [crm/refnud, cmr/refund, misc/nothing-alike] }\n"));
    expect(found.map(({ found: told, remedy }) => [told, remedy])).toEqual([
      ['"crm/refnud"', 'did you mean "crm/refund"?'],
      ['"cmr/refund"', 'did you mean "crm/refund"?'],
      ['"misc/nothing-alike"', undefined],
    ]);
  });

  it("that nobody holds is told, unless somebody holds a role that includes it", async () => {
    const { warnings } = await readClean(
      roles("  support: { includes: [under] }\n  under: { includes: [deep] }\n  deep: {}\n  spare: { includes: [alone] }\n  alone: {}\n"),
    );
    expect(warnings).toEqual(["role spare: nobody holds it", "role alone: nobody holds it"]);
  });

  it("may be called as what JavaScript has on each object, and grant what is called so", async () => {
    const { data } = await readClean({
      ...wide,
      "roles.yaml": "version: 1\nroles:\n  constructor: { grants: [misc/constructor] }\n",
      "agents.yaml": "version: 1\nagents: {}\n",
      "groups.yaml": "version: 1\ngroups: { constructor: { roles: [constructor] } }\n",
    });
    expect(data.roles).toEqual({
      constructor: { grants: { misc: { constructor: true } }, prompts: {}, resources: {}, asks: {}, methods: {} },
    });
    expect(Object.hasOwn(Object, "misc")).toBe(false);
  });
});

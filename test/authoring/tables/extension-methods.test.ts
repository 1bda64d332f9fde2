import { describe, expect, it } from "vitest";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { definition, files, pins, type TableFiles, tableFolder } from "./sample-tables.ts";

const { readClean, mistakesOf } = tableFolder();

const search = "com.example/search";
const serversWith = (methods: string): string =>
  `${files["servers.yaml"]}    extensions: [${search}, com.example/other]\n    extension_methods: ${methods}\n`;
const capabilities = { extensions: { "com.example/other": {}, [search]: {} } };

/** The small company, whose server has two extensions. */
const company = (methods: string, roles = "support: { grants: [crm/refund] }"): TableFiles => ({
  "servers.yaml": serversWith(methods),
  "roles.yaml": `version: 1\nroles:\n  ${roles}\n`,
  "pins/crm.json": pins("crm", [definition("get_customer"), definition("refund")], { capabilities }),
});

describe("methods of extensions", () => {
  it("become data of the bundle, granted by name or by pattern", async () => {
    const roles = 'support: { methods: ["crm/search/*"] }\n  other: { methods: [crm/find] }';
    const { data, warnings } = await readClean(company(`{ ${search}: [search/query, search/count, find] }`, roles));
    expect(warnings).toEqual(["role other: nobody holds it"]);
    expect(data.roles).toMatchObject({
      support: { methods: { crm: { "search/query": true, "search/count": true } } },
      other: { methods: { crm: { find: true } } },
    });
    expect(data.catalog.servers.crm).toMatchObject({ extension_methods: { [search]: ["search/query", "search/count", "find"] } });
    const index = { crm: [], toolgate: [], _none: [] };
    const bundle: unknown = JSON.parse(JSON.stringify({ roles: data.roles, index, catalog: { ...data.catalog, rules: {}, worker: [] } }));
    const catalog = readCatalog(bundle);
    expect(catalog.ok && catalog.value.servers.get("crm")?.extensionMethods).toEqual({
      [search]: ["find", "search/count", "search/query"],
    });
  });

  it("are none where none are named", async () => {
    const { data } = await readClean();
    expect(data.catalog.servers.crm).toMatchObject({ extension_methods: {} });
    expect(data.roles.support?.methods).toEqual({});
  });

  it("that a pattern does not fit are warned of", async () => {
    const { warnings } = await readClean(company("{}", 'support: { methods: ["crm/search/*"] }'));
    expect(warnings).toContain(`role support: the method "crm/search/*" fits no method of a server's extensions`);
  });
});

describe("mistakes in methods of extensions", () => {
  it("are names that are the protocol's, notifications, or no names, all at once with their place", async () => {
    const names = [
      ...["tools/call", "tasks/get", "notifications/x", "elicitation/create", "ping"],
      ...["1st", "a b", '"a\\u0001"', "$x"],
      "x".repeat(129),
    ];
    const found = await mistakesOf(company(`{ ${search}: [${names.join(", ")}] }`));
    expect(found.map(({ path }) => path)).toEqual(names.map((_, at) => `servers.crm.extension_methods["${search}"][${at}]`));
    for (const { wanted } of found) expect(wanted).toContain("a method of the extension");
  });

  it("are extensions that the server does not have, methods of two, and grants of what is not there", async () => {
    const methods = `{ ${search}: [find], com.example/other: [find], com.example/third: [look] }`;
    const found = await mistakesOf(company(methods, "support: { methods: [crm/fnd] }"));
    expect(found).toMatchObject([
      {
        path: 'servers.crm.extension_methods["com.example/other"][0]',
        found: `"find", which is also of ${search}`,
        line: expect.any(Number),
      },
      { path: 'servers.crm.extension_methods["com.example/third"]', wanted: "an id of extensions", line: expect.any(Number) },
      { file: "catalog/roles.yaml", path: "roles.support.methods[0]", found: '"crm/fnd"', remedy: 'did you mean "crm/find"?' },
    ]);
  });
});

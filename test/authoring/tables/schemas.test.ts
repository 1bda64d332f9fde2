import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { readPins } from "../../../src/authoring/pins/index.ts";
import { pinOf } from "../../../src/core/tool.ts";
import { tableFolder } from "./sample-tables.ts";

const folder = join(import.meta.dirname, "../../../policies/schemas");
const ajv = new Ajv2020({ strict: true, strictRequired: false });
formats.default(ajv);

for (const name of [
  "servers",
  "tools",
  "prompts",
  "resources",
  "agents",
  "roles",
  "groups",
  "operators",
  "budgets",
  "approvals",
  "settings",
  "custom",
  "pins",
]) {
  const schema: AnySchemaObject = JSON.parse(readFileSync(join(folder, `${name}.schema.json`), "utf8"));
  ajv.addSchema(schema, name);
}

const fits = (schema: string, value: unknown): boolean => ajv.validate(schema, value) === true;

const { mistakesOf } = tableFolder();

/** Whether the build takes this table by itself; what other tables say to it is left out. */
async function isRead(table: string, value: unknown): Promise<boolean> {
  const file = `${table}.yaml`;
  const told = await mistakesOf({ [file]: JSON.stringify(value) });
  return told.every((mistake) => mistake.file !== `catalog/${file}` || /pin|bundle|\.yaml/.test(mistake.wanted));
}

const owner = { owner: "a", trust: "internal", environment: "test", status: "approved" };
const http = { kind: "http", place: "crm", host_class: "loopback" };
const server = (extra: object) => ({ version: 1, servers: { crm: { ...owner, transport: http, ...extra } } });
const prompt = (facts: unknown) => ({ version: 1, prompts: { crm: { "any name": facts } } });
const resource = (facts: unknown, id = "notes") => ({ version: 1, resources: { crm: { [id]: facts } } });
const role = (lists: object) => ({ version: 1, roles: { support: lists } });
const group = (...roles: unknown[]) => ({ version: 1, groups: { "Support Team": { roles } } });
const agent = (extra: object) => ({
  version: 1,
  agents: {
    bot: {
      name: "Bot",
      owner: "ann",
      environment: "demo",
      status: "active",
      modes: ["agent"],
      match: [{ issuer: "https://id", subject: "bot" }],
      ...extra,
    },
  },
});
const cli = [{ issuer: "https://id", client_id: "toolgate-cli" }];
const operator = (extra: object) => ({ version: 1, operators: { sre: { roles: ["operator"], match: cli, users: ["ann"], ...extra } } });
const machine = (extra: object) => ({ version: 1, operators: { ci: { roles: ["operator"], match: cli, modes: ["workload"], ...extra } } });
const budget = (extra: object) => ({
  version: 1,
  budgets: { day: { unit: "calls", limit: 3, window: { kind: "fixed", seconds: 60 }, per: ["user"], ...extra } },
});
const applies = (...entries: unknown[]) => budget({ applies: entries });
const approval = (extra: object) => ({
  version: 1,
  approvals: { money: { group: "Support Team", applies: [{ servers: ["crm"] }], ...extra } },
});
const until = "2027-01-31T18:00:00+01:00";
const tasks = "io.modelcontextprotocol/tasks";
const search = "com.example/search";

const samples: readonly (readonly [table: string, value: unknown, taken: boolean])[] = [
  ["servers", server({}), true],
  ["servers", server({ asks: ["roots", "elicitation"], extensions: [tasks] }), true],
  ["servers", server({ asks: ["roots", "roots"] }), false],
  ["servers", server({ asks: ["secrets"] }), false],
  ["servers", server({ extensions: [tasks, tasks] }), false],
  ["servers", server({ extensions: ["tasks"] }), false],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["search/query", "Search.v2_x-1"] } }), true],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["search/query", "search/query"] } }), false],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["notifications/search"] } }), false],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["9search"] } }), false],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["search query"] } }), false],
  ["servers", server({ extensions: [search], extension_methods: { [search]: ["x".repeat(129)] } }), false],
  ["servers", server({ transport: { ...http, kind: "sse" } }), true],
  ["servers", server({ transport: { kind: "sse", url: "http://127.0.0.1/sse", host_class: "loopback" } }), true],
  ["servers", server({ transport: { ...http, kind: "sse", era: "session" } }), false],
  ["servers", server({ transport: { kind: "sse", host_class: "loopback" } }), false],
  ["servers", server({ transport: { ...http, url: "http://a/" } }), false],
  ["prompts", prompt({}), true],
  ["prompts", prompt({ data_classes: ["internal"] }), true],
  ["prompts", prompt({ data_classes: [""] }), false],
  ["prompts", prompt({ risk: "low" }), false],
  ["prompts", { version: 1, prompts: { crm: { "": {} } } }, false],
  ["prompts", { version: 1, prompts: { Crm: {} } }, false],
  ["resources", resource({ uri: "note://crm/**" }), true],
  ["resources", resource({ template: "note://crm/{id}", data_classes: ["internal"] }), true],
  ["resources", resource({ uri: "a:b", template: "a:{b}" }), false],
  ["resources", resource({ data_classes: [] }), false],
  ["resources", resource({ uri: "" }), false],
  ["resources", resource({ uri: "note://crm/**" }, "Notes"), false],
  ["roles", role({}), true],
  ["roles", role({ grants: ["crm/refund"], prompts: ["crm/*"], resources: ["crm/*"], asks: ["crm/*"] }), true],
  ["roles", role({ methods: ["crm/search/*"] }), true],
  ["roles", role({ asks: ["crm"] }), false],
  ["roles", role({ methods: ["crm"] }), false],
  ["roles", role({ prompts: ["/x"] }), false],
  ["roles", role({ resource: ["crm/*"] }), false],
  ["roles", role({ includes: [] }), true],
  ["roles", role({ includes: ["No Id"] }), false],
  ["roles", role({ by_effect: [{ servers: ["*"], effects: ["read"], max_risk: "medium" }] }), true],
  ["roles", role({ by_effect: [{ effects: ["read"] }] }), false],
  ["roles", role({ by_effect: [{ servers: [], effects: ["read"] }] }), false],
  ["roles", role({ by_effect: [{ servers: ["*"], effects: [] }] }), false],
  ["roles", role({ by_effect: [{ servers: ["*"], effects: ["see"] }] }), false],
  ["roles", role({ by_effect: [{ servers: ["*"], effects: ["read"], min_risk: "low" }] }), false],
  ["groups", group(), true],
  ["groups", group({ role: "support", until, why: "stands in", ticket: "HR-7" }), true],
  ["groups", group({ role: "support" }), false],
  ["groups", group({ role: "support", until: "2027-02-30T00:00:00Z" }), false],
  ["groups", group({ role: "support", until: "2027-01-31" }), false],
  ["groups", group({ role: "support", until, reason: "x" }), false],
  ["groups", group(7), false],
  ["agents", agent({}), true],
  ["agents", agent({ expires: until, roles: [{ role: "support", until }], roles_alone: ["support"] }), true],
  ["agents", agent({ expires: "tomorrow" }), false],
  ["agents", agent({ match: [] }), false],
  ["agents", agent({ match: [{ issuer: "https://id", subject: "a", client_id: "b" }] }), false],
  ["agents", agent({ modes: [] }), false],
  ["operators", operator({}), true],
  ["operators", operator({ name: "SRE", groups: ["Staff"], until, modes: ["user_via_agent"] }), true],
  ["operators", operator({ roles: [] }), false],
  ["operators", operator({ roles: ["viewer", "viewer"] }), false],
  ["operators", operator({ roles: ["admin"] }), false],
  ["operators", operator({ match: [] }), false],
  ["operators", operator({ match: [{ issuer: "https://id" }] }), false],
  ["operators", operator({ users: [] }), false],
  ["operators", operator({ until: "tomorrow" }), false],
  ["operators", operator({ modes: ["user_via_agent", "workload"] }), false],
  ["operators", { version: 1, operators: { sre: { roles: ["viewer"], match: cli } } }, false],
  ["operators", machine({}), true],
  ["operators", machine({ modes: ["agent", "workload"] }), true],
  ["operators", machine({ users: ["ann"] }), false],
  ["operators", machine({ groups: ["Staff"] }), false],
  ["budgets", budget({}), true],
  ["budgets", budget({ limit: 0 }), false],
  ["budgets", budget({ limit: 1.5 }), false],
  ["budgets", budget({ limit: "3" }), false],
  ["budgets", budget({ limit: 9007199254740992 }), false],
  ["budgets", budget({ window: { kind: "fixed", seconds: 2678401 } }), false],
  ["budgets", budget({ window: { kind: "rolling", seconds: 60, burst: 5 } }), true],
  ["budgets", applies({ tools: ["crm/*"], effects: ["pay"], min_risk: "high", servers: ["crm"], cost: 5 }), true],
  ["budgets", applies({ servers: ["crm"], cost: "{input.user.id}" }), false],
  ["budgets", applies({ servers: ["crm"], cost: 0 }), false],
  ["budgets", applies({ prompts: ["crm/*"], resources: ["crm/*"] }), true],
  ["budgets", applies({ prompts: ["crm/*"], effects: ["read"] }), false],
  ["budgets", applies({ prompts: ["crm/*"], cost: "{input.args.x}" }), false],
  ["budgets", applies({}), false],
  ["budgets", applies({ cost: 1 }), false],
  ["approvals", approval({}), true],
  ["approvals", approval({ title: "Money", ttl_s: 60, min: 2 }), true],
  ["approvals", approval({ ttl_s: 0 }), false],
  ["approvals", approval({ min: 101 }), false],
  ["approvals", approval({ applies: [] }), false],
  ["approvals", approval({ applies: [{ servers: ["crm"], cost: 1 }] }), false],
  ["approvals", approval({ when: "{input.args.amount} > 100" }), false],
];

describe("the schema that editors use and the build", () => {
  it.each(samples)("agree on %s %j", async (table, value, taken) => {
    expect({ schema: fits(table, value), build: await isRead(table, value) }).toEqual({ schema: taken, build: taken });
  });

  it("agree on a file of pins", () => {
    const entry = <D extends { readonly name: string }>(definition: D) => ({ pin: pinOf(definition, "session"), definition });
    const older = { version: 1, server: "crm", era: "session", capabilities: {}, tools: {} };
    const prompts = { summary: entry({ name: "summary" }) };
    const template = { uriTemplate: "a:{b}", name: "a" };
    const files: readonly (readonly [unknown, boolean])[] = [
      [older, true],
      [{ ...older, prompts, templates: { "a:{b}": entry(template) } }, true],
      [{ ...older, prompts: { summary: { ...prompts.summary, more: 1 } } }, false],
      [{ ...older, templates: { "a:{b}": { ...entry(template), definition: { name: "a" } } } }, false],
      [{ ...older, resources: {} }, false],
    ];
    for (const [value, taken] of files)
      expect([value, fits("pins", value), readPins("p.json", JSON.stringify(value)).ok]).toEqual([value, taken, taken]);
  });
});

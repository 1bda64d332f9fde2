import { mkdir, rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { pinServer } from "../../../src/authoring/pins/index.ts";
import { readTables } from "../../../src/authoring/tables/index.ts";
import { pinOf } from "../../../src/core/tool.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { definition, files, pins, tableFolder } from "./sample-tables.ts";

const { path, read, mistakesOf } = tableFolder();

describe("the tables", () => {
  it("become the data of a bundle, with defaults filled in and grants spelled out", async () => {
    const tables = await read();
    if (!tables.ok) throw new Error(JSON.stringify(tables.error));
    const { data, servers, warnings } = tables.value;
    expect({ servers, warnings }).toEqual({ servers: ["crm"], warnings: [] });
    expect(data.roles).toEqual({
      support: { grants: { crm: { get_customer: true, refund: true } }, prompts: {}, resources: {}, asks: {}, methods: {} },
    });
    expect(data.settings).toEqual({ timezone: "Europe/Berlin", office_hours: { from: 8 } });
    expect(data.custom).toEqual({ vip: ["ann"] });
    expect(data.catalog.timezone).toBe("Europe/Berlin");
    expect(data.catalog.servers.crm).toMatchObject({
      timeout_ms: 10_000,
      max_concurrent: 64,
      drift: "strict",
      credential: { mode: "none" },
      pinned: { era: "session" },
    });
    expect(data.catalog.tools.crm?.refund).toMatchObject({ risk: "high", definition: { name: "refund" }, data_classes: [] });
  });

  it("give a catalog that the gateway reads", async () => {
    const tables = await read();
    if (!tables.ok) throw new Error("refused");
    const { catalog, roles } = tables.value.data;
    const data: unknown = JSON.parse(
      JSON.stringify({ roles, index: { crm: [], toolgate: [], _none: [] }, catalog: { ...catalog, rules: {}, worker: [] } }),
    );
    expect(readCatalog(data)).toMatchObject({ ok: true });
  });

  it("warn about a wildcard that fits nothing, pins without facts, names that do not fit the aggregate, and roles without use", async () => {
    const odd = definition("odd name", { type: "object" });
    const tables = await read({
      "roles.yaml": 'version: 1\nroles:\n  support: { grants: ["crm/drop_*"] }\n',
      "tools.yaml": `${files["tools.yaml"]}    odd name: { risk: low, effects: [], idempotent: true }\n`,
      "agents.yaml": files["agents.yaml"]?.replace("roles: [support]", "roles_alone: [support]"),
      "pins/crm.json": pins("crm", [definition("get_customer"), definition("refund"), definition("spare"), odd]),
    });
    expect(tables.ok && tables.value.warnings).toEqual([
      'role support: the grant "crm/drop_*" fits no catalogued tool',
      "server crm: pinned without facts in tools.yaml, so left out: spare",
      "tool crm/odd name: not listed on /mcp, because of its name; it works on /servers/crm/mcp",
      "agent support-bot: roles_alone is never used, because its modes have no agent or workload",
    ]);
  });
});

describe("mistakes in the tables", () => {
  it("are told for all files at once, with line and the word that was meant", async () => {
    const found = await mistakesOf({
      "servers.yaml": files["servers.yaml"]?.replace("owner:", "ownr:"),
      "agents.yaml": files["agents.yaml"]?.replace("status: active", "status: activ").replace("modes: [user_via_agent]", "modes: []"),
      "groups.yaml": "version: 1\ngroups:\n  Support Team: { roles: [suport] }\n",
      "toosl.yaml": "version: 1\n",
    });
    expect(found).toEqual([
      {
        file: "catalog/toosl.yaml",
        path: "",
        found: "a table of an unknown name",
        wanted: expect.any(String),
        remedy: 'did you mean "tools.yaml"?',
      },
      { file: "catalog/servers.yaml", path: "servers.crm.owner", found: "missing", wanted: expect.any(String), line: 3 },
      {
        file: "catalog/servers.yaml",
        path: "servers.crm.ownr",
        found: "unknown key",
        wanted: expect.any(String),
        remedy: 'did you mean "owner"?',
        line: 4,
      },
      {
        file: "catalog/agents.yaml",
        path: "agents.support-bot.status",
        found: '"activ"',
        wanted: "one of active, suspended, retired",
        remedy: 'did you mean "active"?',
        line: 7,
      },
      {
        file: "catalog/agents.yaml",
        path: "agents.support-bot.modes",
        found: "an empty list",
        wanted: expect.stringContaining("user_via_agent"),
        line: 8,
      },
      {
        file: "catalog/groups.yaml",
        path: 'groups["Support Team"].roles[0]',
        found: '"suport"',
        wanted: "the id of a role in roles.yaml",
        remedy: 'did you mean "support"?',
        line: 3,
      },
    ]);
  });

  it("name what is not there: a folder, a server, a role, a tool of a grant", async () => {
    await expect(readTables(path("nowhere"))).rejects.toMatchObject({ code: "ENOENT", path: path("nowhere") });
    await mkdir(path("bare"));
    expect(await readTables(path("bare"))).toMatchObject({
      ok: false,
      error: [{ file: "catalog/servers.yaml", found: "no such file" }],
    });
    const found = await mistakesOf({
      "servers.yaml": `${files["servers.yaml"]}    replacement: crm2\n`,
      "tools.yaml": `${files["tools.yaml"]}  crmm:\n    x: { risk: low, effects: [], idempotent: true }\n`,
      "roles.yaml": "version: 1\nroles:\n  support: { grants: [crm/refnd, crm] }\n  other: { grants: [] }\n",
    });
    expect(found.map(({ file, path, remedy }) => [file, path, remedy])).toEqual([
      ["catalog/roles.yaml", "roles.support.grants[1]", undefined],
      ["catalog/servers.yaml", "servers.crm.replacement", 'did you mean "crm"?'],
      ["catalog/tools.yaml", "tools.crmm", 'did you mean "crm"?'],
    ]);
    const grant = await mistakesOf({ "roles.yaml": "version: 1\nroles:\n  support: { grants: [crm/refnd] }\n" });
    expect(grant).toMatchObject([{ path: "roles.support.grants[0]", found: '"crm/refnd"', remedy: 'did you mean "crm/refund"?', line: 3 }]);
  });

  it("are a tool without a pin, a server without pins, and pins that somebody edited", async () => {
    expect(await mistakesOf({ "pins/crm.json": pins("crm", [definition("get_customer")]) })).toMatchObject([
      { path: "tools.crm.refund", found: "a tool without a pin", line: 5 },
    ]);
    const edited = JSON.stringify({ ...JSON.parse(files["pins/crm.json"] ?? ""), era: "stateless" });
    expect(await mistakesOf({ "pins/crm.json": edited })).toMatchObject([
      { file: "catalog/pins/crm.json", path: "tools.get_customer.pin", remedy: "write it again with toolgate catalog pin" },
      { path: "tools.refund.pin" },
    ]);
    expect(await mistakesOf({ "pins/crm.json": pins("other", []) })).toMatchObject([
      { path: "server", wanted: '"crm", as the file is named' },
    ]);
    await rm(path("catalog", "pins"), { recursive: true });
    expect(await mistakesOf({ "pins/crm.json": undefined })).toMatchObject([
      { path: "tools.crm", remedy: expect.stringContaining("catalog pin crm") },
    ]);
  });

  it("are pins of another era than the server is spoken to in", async () => {
    const found = await mistakesOf({
      "servers.yaml": files["servers.yaml"]?.replace("host_class: loopback", "host_class: loopback, era: stateless"),
    });
    expect(found).toMatchObject([{ path: "servers.crm.transport.era", line: 8 }]);
  });

  it("are a sample that the schema refuses, and a schema that does not compile", async () => {
    const found = await mistakesOf({
      "tools.yaml": files["tools.yaml"]?.replace("id: C-1", "id: 7"),
      "pins/crm.json": pins("crm", [
        definition("get_customer"),
        definition("refund", { type: "object", properties: { a: { $ref: "#/$defs/b" } } }),
      ]),
    });
    expect(found).toMatchObject([
      { file: "catalog/tools.yaml", path: "tools.crm.get_customer.sample.args", wanted: "/id: type string", line: 4 },
      { file: "catalog/pins/crm.json", path: "tools.refund.definition.inputSchema" },
    ]);
  });

  it("are two agents that the same token would match", async () => {
    const twin = files["agents.yaml"]?.split("\n").slice(2).join("\n").replace("support-bot:", "twin:");
    expect(await mistakesOf({ "agents.yaml": `${files["agents.yaml"]}${twin}` })).toMatchObject([
      { path: "agents.twin.match[0]", found: '"support-bot", which is also agent support-bot' },
    ]);
  });
});

describe("pins written by the pin command", () => {
  it("are read as they were written", async () => {
    const tools = new Map(
      ["get_customer", "refund"].map((name) => [name, { definition: definition(name), pin: pinOf(definition(name), "session") }]),
    );
    const crm = await read();
    if (!crm.ok) throw new Error("refused");
    const { servers } = crm.value.data.catalog;
    expect(servers.crm).toBeDefined();
    const proposal = pinServer({
      serverId: "crm",
      definition: {
        id: "crm",
        owner: "sales",
        trust: "internal",
        environment: "demo",
        status: "approved",
        transport: { kind: "http", place: { name: "crm" }, hostClass: "loopback", era: "auto" },
        credential: { mode: "none" },
        timeoutMs: 1000,
        maxResultBytes: 1000,
        maxConcurrent: 1,
        drift: "strict",
        asks: [],
        extensions: [],
        extensionMethods: {},
      },
      listing: {
        era: "session",
        protocolVersion: "2025-11-25",
        tools,
        prompts: new Map(),
        templates: new Map(),
        resources: new Map(),
        offers: { completions: false, logging: false, subscriptions: false, extensions: {} },
        readAt: 0,
      },
    });
    expect(await mistakesOf({ "pins/crm.json": proposal.file })).toEqual([]);
  });
});

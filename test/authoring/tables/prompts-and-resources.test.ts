import { describe, expect, it } from "vitest";
import type { PromptDefinition, TemplateDefinition } from "../../../src/core/tool.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { definition, files, pins, type TableFiles, tableFolder } from "./sample-tables.ts";

const { read, readClean, mistakesOf } = tableFolder();

const summary: PromptDefinition = { name: "summary" };
const ticket: TemplateDefinition = { uriTemplate: "ticket://crm/{id}", name: "ticket" };
const tools = [definition("get_customer"), definition("refund")];

const asking = `${files["servers.yaml"]}    asks: [elicitation, roots]\n    extensions: [io.modelcontextprotocol/tasks]\n`;
const capabilities = { elicitation: { form: {}, url: {} }, roots: {}, extensions: { "io.modelcontextprotocol/tasks": {} } };

/** The small company with a prompt, resources and a server that asks. */
const whole: TableFiles = {
  "servers.yaml": asking,
  "prompts.yaml": "version: 1\nprompts:\n  crm:\n    summary: { data_classes: [internal] }\n",
  "resources.yaml": `version: 1
resources:
  crm:
    notes: { uri: "note://crm/**", data_classes: [internal] }
    ticket: { template: "ticket://crm/{id}" }
`,
  "roles.yaml": `version: 1
roles:
  support: { grants: [crm/refund], prompts: ["crm/*"], resources: [crm/notes, "*/tick*"], asks: ["crm/*"] }
  asked: { asks: [crm/elicitation] }
`,
  "pins/crm.json": pins("crm", tools, { prompts: [summary], templates: [ticket], capabilities }),
};

describe("prompts, resources and questions", () => {
  it("become data of the bundle, with grants spelled out, and a catalog that the gateway reads", async () => {
    const { data, warnings } = await readClean(whole);
    expect(warnings).toEqual(["role asked: nobody holds it"]);
    expect(data.roles).toEqual({
      support: {
        grants: { crm: { refund: true } },
        prompts: { crm: { summary: true } },
        resources: { crm: { notes: true, ticket: true } },
        asks: { crm: { elicitation: true, roots: true } },
        methods: {},
      },
      asked: { grants: {}, prompts: {}, resources: {}, asks: { crm: { elicitation: true } }, methods: {} },
    });
    const pin = expect.stringMatching(/^sha256:/);
    expect(data.catalog).toMatchObject({
      servers: { crm: { asks: ["elicitation", "roots"], extensions: ["io.modelcontextprotocol/tasks"], pinned: { capabilities } } },
      prompts: { crm: { summary: { pin, definition: summary, data_classes: ["internal"] } } },
      resources: {
        crm: {
          notes: { uri: "note://crm/**", data_classes: ["internal"] },
          ticket: { template: { pin, definition: ticket }, data_classes: [] },
        },
      },
    });
    const index = { crm: [], toolgate: [], _none: [] };
    const bundle: unknown = JSON.parse(JSON.stringify({ roles: data.roles, index, catalog: { ...data.catalog, rules: {}, worker: [] } }));
    expect(readCatalog(bundle)).toMatchObject({ ok: true });
  });

  it("are none where the tables are not there", async () => {
    const { data } = await readClean();
    expect(data.catalog).toMatchObject({ prompts: {}, resources: {}, servers: { crm: { asks: [], extensions: [] } } });
  });

  it("of patterns alone need no pins", async () => {
    const changes = {
      "servers.yaml": `${files["servers.yaml"]}${files["servers.yaml"]?.split("\n").slice(2).join("\n").replace("crm:", "docs:")}`,
      "resources.yaml": 'version: 1\nresources:\n  docs:\n    handbook: { uri: "file:///handbook/**" }\n',
    };
    expect(await mistakesOf(changes)).toEqual([]);
  });

  it("are warned of where they are pinned and left out, odd to the aggregate, granted to nothing, or claimed twice", async () => {
    const { warnings } = await readClean({
      ...whole,
      "servers.yaml": `${asking}${files["servers.yaml"]?.split("\n").slice(2).join("\n").replace("crm:", "docs:")}`,
      "prompts.yaml": "version: 1\nprompts:\n  crm:\n    odd name: {}\n",
      "resources.yaml": `version: 1
resources:
  crm:
    notes: { uri: "note://crm/**" }
  docs:
    notes: { uri: "note://crm/*" }
`,
      "roles.yaml": 'version: 1\nroles:\n  support: { prompts: ["crm/x*"], resources: ["docs/x*"], asks: ["docs/*"] }\n',
      "pins/crm.json": pins("crm", tools, { prompts: [summary, { name: "odd name" }], templates: [ticket], capabilities }),
    });
    expect(warnings).toEqual([
      'role support: the prompt "crm/x*" fits no catalogued prompt',
      'role support: the resource "docs/x*" fits no catalogued resource',
      'role support: the ask "docs/*" fits no question that a server asks',
      "server crm: prompts pinned without facts in prompts.yaml, so left out: summary",
      "server crm: templates pinned without facts in resources.yaml, so left out: ticket://crm/{id}",
      "prompt crm/odd name: not listed on /mcp, because of its name; it works on /servers/crm/mcp",
      'resources crm/notes, docs/notes all begin with "note://crm/": a URI that fits entries of two servers is not served at /mcp',
    ]);
  });
});

describe("mistakes in them", () => {
  it("are servers that are not there, and names without a pin, with what to do", async () => {
    const found = await mistakesOf({
      ...whole,
      "prompts.yaml": `${whole["prompts.yaml"]}    sumary: {}\n  cmr:\n    x: {}\n`,
      "resources.yaml": `${whole["resources.yaml"]}    other: { template: "far://{id}" }\n`,
    });
    expect(found).toMatchObject([
      {
        file: "catalog/prompts.yaml",
        path: "prompts.crm.sumary",
        found: "a prompt without a pin",
        remedy: 'did you mean "summary"?',
        line: 5,
      },
      { file: "catalog/prompts.yaml", path: "prompts.cmr", remedy: 'did you mean "crm"?', line: 6 },
      {
        file: "catalog/resources.yaml",
        path: "resources.crm.other.template",
        found: "a template without a pin",
        remedy: "run toolgate catalog pin crm and review what it writes",
        line: 6,
      },
    ]);
    const without = await mistakesOf({ ...whole, "pins/crm.json": pins("crm", tools, { capabilities }) });
    expect(without.map(({ path, found }) => `${path}: ${found}`)).toEqual([
      "prompts.crm.summary: a prompt without a pin",
      "resources.crm.ticket.template: a template without a pin",
    ]);
  });

  it("are patterns that are not in normal form, templates that are none, and the same entry twice", async () => {
    const found = await mistakesOf({
      ...whole,
      "resources.yaml": `version: 1
resources:
  crm:
    notes: { uri: "NOTE://crm/./**" }
    tickets: { uri: "ticket://crm/*" }
    again: { uri: "ticket://crm/*" }
    ticket: { template: "ticket://crm/{id" }
`,
      "roles.yaml": undefined,
      "agents.yaml": "version: 1\nagents: {}\n",
      "groups.yaml": "version: 1\ngroups: {}\n",
    });
    expect(found.map(({ path, wanted, line }) => [path, wanted, line])).toEqual([
      ["resources.crm.notes.uri", 'its normal form "note://crm/**"', 4],
      ["resources.crm.again.uri", "one entry for each", 6],
      ["resources.crm.ticket.template", expect.stringContaining("pin"), 7],
      ["resources.crm.ticket.template", expect.stringContaining("the character {"), 7],
    ]);
  });

  it("are entries that are both or neither, and ids that are none", async () => {
    const shapes = await mistakesOf({
      "resources.yaml": 'version: 1\nresources:\n  crm:\n    a: { uri: "a:b", template: "a:{b}" }\n    b: {}\n    C: { uri: "a:b" }\n',
    });
    expect(shapes.map(({ path, wanted }) => [path, wanted])).toEqual([
      ["resources.crm.a", "either uri or template"],
      ["resources.crm.b", "either uri or template"],
      ["resources.crm.C", expect.stringContaining("an id")],
    ]);
  });

  it("are prompts, entries and questions of a role that there are not, with the nearest, and what a server does not ask", async () => {
    const found = await mistakesOf({
      ...whole,
      "roles.yaml": `version: 1
roles:
  support:
    prompts: [crm/sumary]
    resources: [crm/note]
    asks:
      - crm/elicitations
      - crm/sampling
      - cmr/roots
`,
    });
    expect(found.map(({ path, wanted, remedy, line }) => [path, wanted, remedy, line])).toEqual([
      ["roles.support.prompts[0]", "a prompt in prompts.yaml, as server/prompt", 'did you mean "crm/summary"?', 4],
      ["roles.support.resources[0]", "an entry in resources.yaml, as server/entry", 'did you mean "crm/notes"?', 5],
      ["roles.support.asks[0]", "server/kind, where kind is one of elicitation, roots, sampling", 'did you mean "crm/elicitation"?', 7],
      ["roles.support.asks[1]", "what crm asks by servers.yaml; it asks elicitation, roots", "add sampling to its asks if it may", 8],
      ["roles.support.asks[2]", "server/kind, where kind is one of elicitation, roots, sampling", 'did you mean "crm/roots"?', 9],
    ]);
  });

  it("are pins that were read with other capabilities than the server is told of now, or in another era", async () => {
    expect(
      await mistakesOf({ ...whole, "servers.yaml": asking.replace("[elicitation, roots]", "[elicitation, roots, sampling]") }),
    ).toMatchObject([
      {
        path: "servers.crm",
        wanted: expect.stringContaining("the capabilities its pins were read with"),
        remedy: expect.stringContaining("catalog pin crm"),
      },
    ]);
    const sse = asking.replace("kind: http", "kind: sse");
    expect(await mistakesOf({ ...whole, "servers.yaml": sse })).toEqual([]);
    expect(
      (await mistakesOf({ ...whole, "servers.yaml": sse.replace("loopback }", "loopback, era: session }") })).map(({ path }) => path),
    ).toEqual(["servers.crm.transport.era"]);
  });

  it("are asks and extensions that there are not, or that stand there twice", async () => {
    const bad = `${files["servers.yaml"]}    asks: [elicitation, elicitation]\n    extensions: [tasks]\n`;
    expect((await read({ "servers.yaml": bad.replace("elicitation, elicitation", "elicit") })).ok).toBe(false);
    expect(await mistakesOf({ "servers.yaml": bad })).toMatchObject([
      { path: "servers.crm.asks", wanted: "each kind once" },
      { path: "servers.crm.extensions[0]", wanted: expect.stringContaining("io.modelcontextprotocol/tasks") },
    ]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pinServer, readPins } from "../../../src/authoring/pins/index.ts";
import type { ServerDefinition } from "../../../src/core/server.ts";
import { type Era, type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../../src/core/tool.ts";
import type { Listing } from "../../../src/parts/upstream/index.ts";

const crm: ServerDefinition = {
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
};

interface Offered {
  readonly tools?: readonly ToolDefinition[];
  readonly prompts?: readonly PromptDefinition[];
  readonly templates?: readonly TemplateDefinition[];
}

function listing({ tools = [], prompts = [], templates = [] }: Offered, era: Era = "session"): Listing {
  const live = <D extends ToolDefinition | PromptDefinition | TemplateDefinition>(
    definitions: readonly D[],
    key: (definition: D) => string,
  ) => new Map(definitions.map((definition) => [key(definition), { definition, pin: pinOf(definition, era) }]));
  return {
    era,
    protocolVersion: "2025-11-25",
    readAt: 0,
    tools: live(tools, ({ name }) => name),
    prompts: live(prompts, ({ name }) => name),
    templates: live(templates, ({ uriTemplate }) => uriTemplate),
    resources: new Map(),
    offers: { completions: false, logging: false, subscriptions: false, extensions: {} },
  };
}

function pinAll(offered: Offered, previous?: string, definition: ServerDefinition = crm, era?: Era) {
  const request = { serverId: "crm", definition, listing: listing(offered, era) };
  if (previous === undefined) return pinServer(request);
  const pins = readPins("crm.json", previous);
  if (!pins.ok) throw new Error("own pins refused");
  return pinServer({ ...request, previous: pins.value });
}

function pin(tools: readonly ToolDefinition[], before?: readonly ToolDefinition[], era?: Era) {
  return pinAll({ tools }, before === undefined ? undefined : pinAll({ tools: before }).file, crm, era);
}

const refund: ToolDefinition = {
  name: "refund",
  description: "Pays money back.\nNeeds a ticket.",
  inputSchema: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] },
};

const summary: PromptDefinition = { name: "summary", description: "Sums up a customer.", arguments: [{ name: "id", required: true }] };
const ticket: TemplateDefinition = { uriTemplate: "ticket://crm/{id}", name: "ticket", mimeType: "text/plain" };

describe("the pins of a server", () => {
  it("have the digest of each definition, tools by name, and end with a newline", () => {
    const { file } = pin([refund, { ...refund, name: "export" }]);
    expect(file.endsWith("}\n")).toBe(true);
    const written = JSON.parse(file) as { tools: Record<string, unknown> };
    expect(Object.keys(written.tools)).toEqual(["export", "refund"]);
    expect(written.tools.refund).toEqual({ pin: pinOf(refund, "session"), definition: refund });
  });

  it("do not change when the server only shuffles members", () => {
    const shuffled: ToolDefinition = {
      inputSchema: { required: ["amount"], properties: { amount: { type: "number" } }, type: "object" },
      description: refund.description ?? "",
      name: "refund",
    };
    const again = pin([shuffled], [refund]);
    expect(again.file).toBe(pin([refund]).file);
    expect(again).toMatchObject({ changed: false, diff: expect.stringContaining("tools:     0 added, 0 removed, 0 changed, 1 unchanged") });
  });

  it("are refused when pin and definition do not fit each other", () => {
    const { file } = pin([refund]);
    expect(readPins("p.json", file.replace("Pays", "Sends"))).toMatchObject({ ok: false, error: [{ path: "tools.refund.pin" }] });
    expect(readPins("p.json", "{")).toMatchObject({ ok: false, error: [{ file: "p.json" }] });
  });

  it("cover prompts and templates too, and the capabilities that were declared", () => {
    const asking: ServerDefinition = { ...crm, asks: ["elicitation", "sampling"], extensions: ["io.modelcontextprotocol/tasks"] };
    const { file, counts } = pinAll({ tools: [refund], prompts: [summary], templates: [ticket] }, undefined, asking);
    const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, extensions: { "io.modelcontextprotocol/tasks": {} } };
    expect(JSON.parse(file)).toEqual({
      version: 1,
      server: "crm",
      era: "session",
      capabilities,
      tools: { refund: { pin: pinOf(refund, "session", capabilities), definition: refund } },
      prompts: { summary: { pin: pinOf(summary, "session", capabilities), definition: summary } },
      templates: { "ticket://crm/{id}": { pin: pinOf(ticket, "session", capabilities), definition: ticket } },
    });
    expect(readPins("crm.json", file)).toEqual({ ok: true, value: JSON.parse(file) });
    expect(counts.prompts).toEqual({ added: 1, removed: 0, changed: 0, unchanged: 0 });
  });

  it("of an older file, which has tools only, stay as they are beside what is new", () => {
    const { prompts: _p, templates: _t, ...older } = JSON.parse(pinAll({ tools: [refund] }).file) as Record<string, unknown>;
    const previous = JSON.stringify(older);
    expect(pinAll({ tools: [refund] }, previous)).toMatchObject({ changed: false });
    const again = pinAll({ tools: [refund], prompts: [summary] }, previous);
    expect(again).toMatchObject({ changed: true, counts: { tools: { unchanged: 1 }, prompts: { added: 1 }, templates: { added: 0 } } });
    expect(JSON.parse(again.file)).toMatchObject({ tools: older.tools, prompts: { summary: { definition: summary } }, templates: {} });
  });

  it("leave out a name that no pins file could hold, and say so", () => {
    const { file, diff } = pinAll({ tools: [refund], prompts: [{ name: "__proto__" }, { name: "x".repeat(129) }] });
    expect(readPins("crm.json", file)).toMatchObject({ ok: true, value: { prompts: {} } });
    expect(diff).toContain("! prompt __proto__  left out");
    expect(diff).toContain("! prompt xxx");
  });

  it("are refused where a prompt or a template stands under another name or pin", () => {
    const { file } = pinAll({ prompts: [summary], templates: [ticket] });
    expect(readPins("p.json", file.replace('"summary": {', '"summery": {').replace("text/plain", "text/html"))).toMatchObject({
      ok: false,
      error: [{ path: "prompts.summery.definition.name" }, { path: 'templates["ticket://crm/{id}"].pin' }],
    });
  });

  it("come back from their file as they were, whatever a definition holds", () => {
    const any = fc.record({ name: fc.constant("t"), inputSchema: fc.dictionary(fc.string(), fc.jsonValue()), "x-more": fc.jsonValue() });
    fc.assert(
      fc.property(any, (tool) => {
        const definition = JSON.parse(JSON.stringify(tool)) as ToolDefinition;
        const read = readPins("p.json", pin([definition]).file);
        expect(read.ok && read.value.tools.t?.definition).toEqual(definition);
      }),
    );
  });
});

describe("the diff of pins", () => {
  it("shows by tool what is new, gone and changed, line by line", () => {
    const changed: ToolDefinition = {
      ...refund,
      description: "Pays money back.\nNeeds a ticket and a manager.",
      inputSchema: { type: "object", properties: { amount: { type: "string" } }, required: ["amount"] },
    };
    expect(
      pin([changed, { name: "export", inputSchema: { type: "object" } }], [refund, { ...refund, name: "old" }]).diff,
    ).toBe(`crm  owner sales, trust internal, era session (2025-11-25)
  tools:     1 added, 1 removed, 1 changed, 0 unchanged
  prompts:   0 added, 0 removed, 0 changed, 0 unchanged
  templates: 0 added, 0 removed, 0 changed, 0 unchanged

+ tool export
    inputSchema.type
      + object

- tool old

~ tool refund
    description
        Pays money back.
      - Needs a ticket.
      + Needs a ticket and a manager.
    inputSchema.properties.amount.type
      - number
      + string
`);
  });

  it("shows characters that are hidden from the eye", () => {
    const poisoned: ToolDefinition = { ...refund, description: `Pays.\u200b\u202eevil\u{e0041}\u001b[2J` };
    const { diff } = pin([poisoned], [refund]);
    expect(diff).toContain("Pays.\\u{200b}\\u{202e}evil\\u{e0041}\\u{1b}[2J");
  });

  it("says when the era changed, because every pin changes with it", () => {
    expect(pin([refund], [refund], "stateless")).toMatchObject({
      changed: true,
      diff: expect.stringContaining("the era changed from session"),
    });
  });

  it("shows prompts and templates by their kind, after the tools", () => {
    const before = pinAll({ prompts: [summary], templates: [{ ...ticket, uriTemplate: "old://{id}" }] }).file;
    const { diff } = pinAll({ prompts: [{ ...summary, description: "Obeys." }], templates: [ticket] }, before);
    expect(diff.split("\n\n").slice(1)).toEqual([
      "~ prompt summary\n    description\n      - Sums up a customer.\n      + Obeys.",
      "- template old://{id}",
      "+ template ticket://crm/{id}\n    name\n      + ticket\n    mimeType\n      + text/plain\n",
    ]);
  });

  it("says when the declared capabilities changed, because every pin changes with them", () => {
    const before = pinAll({ tools: [refund] }).file;
    const asking: ServerDefinition = { ...crm, asks: ["roots"] };
    expect(pinAll({ tools: [refund] }, before, asking)).toMatchObject({
      changed: true,
      diff: expect.stringContaining('the declared capabilities changed from {} to {"roots":{}}: every pin changes with it'),
    });
  });
});

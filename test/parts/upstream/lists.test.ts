import { describe, expect, it } from "vitest";
import { pinOf } from "../../../src/core/tool.ts";
import { declaredCapabilities } from "../../../src/parts/upstream/index.ts";
import { closing, harness, overHttp } from "./harness.ts";
import { type Post, type RawOptions, startRaw } from "./raw-server.ts";

const everything = { tools: {}, prompts: {}, resources: {} };
const tool = { name: "echo", inputSchema: { type: "object" } };
const prompt = { name: "sum", description: "Sums up.", arguments: [{ name: "text", required: true }], extra: [1] };
const resource = { uri: "file:///handbook/a", name: "a", mimeType: "text/plain", extra: true };
const template = { uriTemplate: "file:///handbook/{id}", name: "page" };
const METHODS = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  templates: "resources/templates/list",
} as const;

type Items = Partial<Record<keyof typeof METHODS, readonly unknown[]>>;

/** Answers that give these lists, or do something else with some. */
function giving(items: Items, on: RawOptions["on"] = {}): NonNullable<RawOptions["on"]> {
  const member = { tools: "tools", prompts: "prompts", resources: "resources", templates: "resourceTemplates" } as const;
  const answers = (Object.keys(METHODS) as (keyof typeof METHODS)[]).map((kind) => {
    const result = { resultType: "complete", [member[kind]]: items[kind] ?? [] };
    return [METHODS[kind], (post: Post) => post.reply(result)];
  });
  return { ...Object.fromEntries(answers), ...on };
}

async function start(options: RawOptions) {
  return closing(await startRaw({ capabilities: everything, ...options }));
}

async function read(options: RawOptions, config: unknown = {}) {
  const crm = await start(options);
  const run = harness(config);
  const listing = await run.upstream.connect(overHttp(crm.url, options.era ?? "session")).listing();
  return { crm, ...run, listing, value: listing.ok ? listing.value : undefined };
}

describe("the lists of a server", () => {
  it.each(["session", "stateless"] as const)(
    "of the %s era are read as far as it has them, with pins of the whole definitions",
    async (era) => {
      const { value, crm } = await read({
        era,
        on: giving({ tools: [tool], prompts: [prompt], resources: [resource], templates: [template] }),
      });
      expect(value?.prompts.get("sum")).toEqual({ definition: prompt, pin: pinOf(prompt, era) });
      expect(value?.templates.get(template.uriTemplate)).toEqual({ definition: template, pin: pinOf(template, era) });
      expect(value?.resources.get(resource.uri)).toEqual(resource);
      expect([...(value?.tools.keys() ?? [])]).toEqual(["echo"]);
      for (const method of Object.values(METHODS)) expect(crm.of(method)).toHaveLength(1);
      if (era === "stateless") for (const method of Object.values(METHODS)) expect(crm.of(method)[0]?.headers["mcp-method"]).toBe(method);
    },
  );

  it("are not asked for where the server declares none", async () => {
    const { crm, value } = await read({ capabilities: { tools: {} }, on: giving({}) });
    expect(crm.posts.map(({ message }) => message.method)).toEqual(["initialize", "notifications/initialized", "tools/list"]);
    expect(value?.offers).toEqual({ completions: false, logging: false, subscriptions: false, extensions: {} });
  });

  it("are pinned with what was declared to the server, if anything was", async () => {
    const crm = await start({ on: giving({ tools: [tool], prompts: [prompt], templates: [template] }) });
    const server = overHttp(crm.url, "session", { asks: ["elicitation"], extensions: ["com.example/x"] });
    const listing = await harness().upstream.connect(server).listing();
    const declared = { elicitation: { form: {}, url: {} }, extensions: { "com.example/x": {} } };
    expect(declaredCapabilities(server)).toEqual(declared);
    expect(listing.ok && listing.value.tools.get("echo")?.pin).toBe(pinOf(tool, "session", declared));
    expect(listing.ok && listing.value.prompts.get("sum")?.pin).toBe(pinOf(prompt, "session", declared));
    expect(listing.ok && listing.value.templates.get(template.uriTemplate)?.pin).toBe(pinOf(template, "session", declared));
    expect(declaredCapabilities({ asks: [], extensions: [] })).toEqual({});
  });

  it("are read to their last page, each kind with cursors of its own", async () => {
    const paged = (member: string, items: readonly unknown[]) => (post: Post) => {
      const from = Number(post.message.params?.cursor ?? 0);
      post.reply({ [member]: [items[from]], ...(from + 1 < items.length ? { nextCursor: String(from + 1) } : {}) });
    };
    const prompts = Array.from({ length: 5 }, (_, i) => ({ name: `p${i}` }));
    const resources = Array.from({ length: 7 }, (_, i) => ({ uri: `x:${i}`, name: "x" }));
    const { value } = await read({
      on: giving({ tools: [tool] }, { "prompts/list": paged("prompts", prompts), "resources/list": paged("resources", resources) }),
    });
    expect(value?.prompts.size).toBe(5);
    expect(value?.resources.size).toBe(7);
  });

  it.each(["tools", "prompts", "resources", "templates"] as const)(
    "of %s are empty where the server knows no such method",
    async (kind) => {
      const unknown = (post: Post) => post.fail(-32601, kind === "prompts" ? 404 : 200);
      const items = { tools: [tool], prompts: [prompt], resources: [resource], templates: [template] };
      // With a session, where a plain 404 would mean that it is gone.
      const { value, logs } = await read({ sessionId: () => "s", on: giving(items, { [METHODS[kind]]: unknown }) });
      const sizes = {
        tools: value?.tools.size,
        prompts: value?.prompts.size,
        resources: value?.resources.size,
        templates: value?.templates.size,
      };
      expect(sizes).toEqual({ tools: 1, prompts: 1, resources: 1, templates: 1, [kind]: 0 });
      expect(logs.filter(({ level }) => level === "warn")).toEqual([]);
    },
  );

  it.each<[string, (post: Post) => void]>([
    ["an error", (post) => post.fail(-32000)],
    ["status 500", (post) => post.response.writeHead(500).end()],
    ["rubbish", (post) => post.response.writeHead(200, { "content-type": "application/json" }).end("{")],
    ["no list", (post) => post.reply({ resultType: "complete" })],
    ["pages that lead back", (post) => post.reply({ prompts: [], nextCursor: "again" })],
    ["a cut connection", (post) => post.response.destroy()],
    ["more than is allowed", (post) => post.reply({ prompts: Array.from({ length: 11 }, (_, i) => ({ name: `p${i}` })) })],
  ])("hide no tools where prompts are answered with %s", async (_name, fail) => {
    const { value, logs } = await read(
      { on: giving({ tools: [tool], resources: [resource] }, { "prompts/list": fail }) },
      { list_max_tools: 10 },
    );
    expect([value?.tools.size, value?.prompts.size, value?.resources.size]).toEqual([1, 0, 1]);
    expect(logs.filter(({ level }) => level === "warn")).toMatchObject([{ fields: { server: "crm", list: "prompts" } }]);
  });

  it("that hide the tools are their own alone", async () => {
    const { listing } = await read({ on: giving({ prompts: [prompt] }, { "tools/list": (post) => post.fail(-32000) }) });
    expect(listing).toMatchObject({ ok: false, error: { code: "upstream.invalid_answer" } });
  });

  it("have a bound of bytes for all kinds together", async () => {
    const long = { ...tool, description: "x".repeat(3_000) };
    const { value, logs } = await read(
      { on: giving({ tools: [long], prompts: [{ ...prompt, description: "x".repeat(3_000) }], resources: [resource] }) },
      { list_max_bytes: 5_000 },
    );
    expect([value?.tools.size, value?.prompts.size, value?.resources.size]).toEqual([1, 0, 1]);
    expect(logs.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("leave out what cannot be named, and both of what is named twice", async () => {
    const { value, logs } = await read({
      on: giving({
        tools: [tool],
        prompts: [prompt, { name: "a\nb" }, { name: "twice" }, { name: "twice" }, { name: "odd", arguments: [{}] }, { name: "" }, 7],
        resources: [resource, { uri: "a:\u0007", name: "bell" }, { uri: "a:b" }, { uri: "t:1", name: "t" }, { uri: "t:1", name: "u" }],
        templates: [
          template,
          { uriTemplate: "a:{x}\u0000", name: "nul" },
          { uriTemplate: "t:{x}", name: "a" },
          { uriTemplate: "t:{x}", name: "b" },
        ],
      }),
    });
    expect([...(value?.prompts.keys() ?? [])]).toEqual(["sum"]);
    expect([...(value?.resources.keys() ?? [])]).toEqual([resource.uri]);
    expect([...(value?.templates.keys() ?? [])]).toEqual([template.uriTemplate]);
    expect(logs.filter(({ level }) => level === "warn")).toHaveLength(5 + 3 + 2);
  });

  it("that are bad without end are not logged without end", async () => {
    const { logs, value } = await read({ on: giving({ tools: Array.from({ length: 500 }, () => ({ name: "" })) }) });
    expect(value?.tools.size).toBe(0);
    const warnings = logs.filter(({ level }) => level === "warn");
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)?.fields.left_out).toBe(500);
  });

  it("carry schemas with remote and cyclic references as they are, and follow none", async () => {
    const crm = await start({ on: {} });
    const inputSchema = {
      type: "object",
      properties: { self: { $ref: "#" }, far: { $ref: `${crm.url}/schema.json` }, loop: { $ref: "#/$defs/a" } },
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
    };
    const { value } = await read({ era: "stateless", on: giving({ tools: [{ name: "echo", inputSchema }] }) });
    expect(value?.tools.get("echo")?.definition.inputSchema).toEqual(inputSchema);
    expect(crm.posts).toEqual([]);
  });

  it("may have 10 000 tools and not one more", async () => {
    const tools = Array.from({ length: 10_000 }, (_, i) => ({ name: `t${i}`, inputSchema: {} }));
    expect((await read({ on: giving({ tools }) })).value?.tools.size).toBe(10_000);
    const more = await read({ on: giving({ tools: [...tools, tool] }) });
    expect(more.listing).toMatchObject({ ok: false, error: { code: "upstream.invalid_answer" } });
  });
});

describe("what changed in the lists", () => {
  it("is told by kind", async () => {
    let items: Items = { tools: [tool], prompts: [prompt], resources: [resource], templates: [template] };
    const on = Object.fromEntries(Object.values(METHODS).map((method) => [method, (post: Post) => giving(items)[method]?.(post)]));
    const crm = await start({ on });
    const { upstream, clock, changedKinds } = harness({ refresh_ms: 30_000 });
    const connection = upstream.connect(overHttp(crm.url, "session"));
    const steps: Items[] = [
      items,
      { ...items, prompts: [{ ...prompt, description: "Else." }] },
      { ...items, resources: [{ ...resource, mimeType: "text/html" }] },
      { ...items, resources: [], templates: [] },
      { ...items, tools: [] },
    ];
    for (const step of steps) {
      items = step;
      await connection.listing();
      clock.advance(30_000);
    }
    await connection.listing();
    expect(changedKinds.map((kinds) => [...kinds].sort())).toEqual([
      ["prompts", "resources", "templates", "tools"],
      ["prompts"],
      ["prompts", "resources"],
      ["resources", "templates"],
      ["resources", "templates", "tools"],
    ]);
  });

  it.each(["tools", "prompts", "resources"])("makes a listing doubtful when the server says so of its %s", async (kind) => {
    let prompts: readonly unknown[] = [];
    const capabilities = { tools: {}, prompts: {}, resources: {}, [kind]: { listChanged: true } };
    const on = giving({ tools: [tool] }, { "prompts/list": (post) => post.reply({ prompts }) });
    const crm = await start({ capabilities, on });
    const { upstream, when, changedKinds } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    await crm.when(() => crm.streams.size === 1);
    prompts = [prompt];
    crm.push({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` });
    await when(() => changedKinds.length === 2);
    expect(changedKinds[1]).toEqual(["prompts"]);
    expect(connection.current()?.prompts.size).toBe(1);
  });

  it("makes no server be asked without end that says so after each reading", async () => {
    const crm = await start({
      capabilities: { tools: { listChanged: true } },
      on: giving({ tools: [tool] }),
    });
    const { upstream, clock, when, later } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    await crm.when(() => crm.streams.size === 1);
    const news = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
    crm.push(news);
    await crm.when(() => crm.of("tools/list").length === 2);
    for (let i = 0; i < 50; i++) crm.push(news);
    await when(() => later.some(({ ms }) => ms === 1_000));
    expect(later).toHaveLength(1);
    expect(crm.of("tools/list").length).toBeLessThanOrEqual(4);
    clock.advance(1_000);
    later.splice(0)[0]?.run();
    await crm.when(() => crm.of("tools/list").length > 2);
  });
});

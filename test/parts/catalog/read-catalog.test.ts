import { describe, expect, it } from "vitest";
import { pinOf } from "../../../src/core/tool.ts";
import { parseUri, type ResourceUri } from "../../../src/core/uri.ts";
import { type Catalog, readCatalog } from "../../../src/parts/catalog/index.ts";
import { agent, bundleData, entry, now, pinned, server, summary, template, token, tool } from "./sample-data.ts";

function read(data: unknown): Catalog {
  const catalog = readCatalog(data);
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
  return catalog.value;
}

function uri(text: string): ResourceUri {
  const parsed = parseUri(text);
  if (!parsed.ok) throw new Error(parsed.error.detail);
  return parsed.value;
}

function mistakes(change: (data: ReturnType<typeof bundleData>) => void) {
  const data = bundleData();
  change(data);
  const catalog = readCatalog(data);
  return catalog.ok ? [] : catalog.error;
}

describe("a bundle's catalog", () => {
  it("gives servers, tools and budgets in the words of the gateway", () => {
    const catalog = read(bundleData());
    expect(catalog.servers.get("crm")).toEqual({
      id: "crm",
      owner: "sales",
      trust: "internal",
      environment: "demo",
      status: "approved",
      transport: { kind: "http", place: { name: "crm" }, hostClass: "loopback", era: "auto" },
      credential: { mode: "company", secret: "crm", header: "authorization", prefix: "Bearer " },
      timeoutMs: 5000,
      maxResultBytes: 65536,
      maxConcurrent: 8,
      drift: "strict",
      asks: [],
      extensions: [],
      extensionMethods: {},
    });
    expect(catalog.tools("crm").get("refund")).toMatchObject({
      server: "crm",
      name: "refund",
      risk: "low",
      effects: ["read"],
      dataClasses: [],
    });
    expect(catalog.tools("nowhere").size).toBe(0);
    expect(catalog.budgets.get("burst")).toEqual({
      name: "burst",
      unit: "calls",
      limit: 60,
      window: { kind: "rolling", seconds: 60, burst: 5 },
      per: ["agent", "tool"],
    });
    expect(catalog.timezone).toBe("Europe/Berlin");
  });

  it("gives a server's questions and extensions sorted, and HTTP with SSE as a server with sessions", () => {
    const data = bundleData();
    const extra = {
      asks: ["sampling", "elicitation"],
      extensions: ["io.modelcontextprotocol/tasks", "com.example/a"],
      extension_methods: { "io.modelcontextprotocol/tasks": ["tasks/x"], "com.example/a": ["b", "a/c"] },
      transport: { kind: "sse", url: "http://127.0.0.1:9/sse", host_class: "loopback" },
    };
    data.catalog.servers.crm = server(extra);
    expect(read(data).servers.get("crm")).toMatchObject({
      asks: ["elicitation", "sampling"],
      extensions: ["com.example/a", "io.modelcontextprotocol/tasks"],
      extensionMethods: { "com.example/a": ["a/c", "b"], "io.modelcontextprotocol/tasks": ["tasks/x"] },
      transport: { kind: "sse", place: { url: "http://127.0.0.1:9/sse" }, hostClass: "loopback", era: "session" },
    });
  });

  it("gives prompts and kinds of resources by server", () => {
    const catalog = read(bundleData());
    expect(catalog.prompts("crm").get("summary")).toEqual({
      server: "crm",
      name: "summary",
      pin: pinOf(summary, "session"),
      definition: summary,
      dataClasses: ["internal"],
    });
    expect([...catalog.resources("crm").values()]).toMatchObject([
      { server: "crm", entry: "notes", literal: "note://crm/", dataClasses: ["internal"] },
      { server: "crm", entry: "ticket", literal: "ticket://crm/", template: { definition: { uriTemplate: "ticket://crm/{id}" } } },
    ]);
    expect(catalog.prompts("nowhere").size + catalog.resources("nowhere").size).toBe(0);
  });

  it("reads a bundle that was built before prompts and resources were catalogued", () => {
    const data: Record<string, unknown> & { catalog: Record<string, unknown> } = bundleData();
    delete data.catalog.prompts;
    delete data.catalog.resources;
    const catalog = read(data);
    expect(catalog.prompts("crm").size + catalog.resources("crm").size).toBe(0);
    expect(catalog.resourceFor("crm", uri("note://crm/a"))).toBeUndefined();
    expect(catalog.ownerOf(uri("note://crm/a"))).toBeUndefined();
  });

  it("keeps the order of tools", () => {
    const data = bundleData();
    data.catalog.tools.crm = Object.fromEntries(["zeta", "alpha", "mid"].map((name) => [name, entry(tool(name))]));
    expect([...read(data).tools("crm").keys()]).toEqual(["zeta", "alpha", "mid"]);
  });

  it("tells which rules reach a server, and takes a package it knows nothing of to declare every rule", () => {
    const data = bundleData();
    data.index.files = ["unheard-of"];
    const catalog = read(data);
    expect([...catalog.rulesFor("crm")].sort()).toEqual(["deny", "permit", "redact"]);
    expect([...catalog.rulesFor("unknown-server")]).toEqual(["deny"]);
    expect(catalog.rulesFor("files").size).toBe(7);
    expect(catalog.needsWorker("crm")).toBe(true);
    expect(catalog.needsWorker("unknown-server")).toBe(false);
  });

  it("maps groups to roles, sorted and without repeats, and ignores groups it does not know", () => {
    const catalog = read(bundleData());
    const groups = ["both", "support", "strangers", "constructor"];
    const roles = catalog.rolesOfGroups(groups, 0);
    expect(roles).toEqual({ roles: ["reports", "support"], until: Number.POSITIVE_INFINITY });
    expect(catalog.rolesOfGroups(groups, 1)).toBe(roles);
    expect(catalog.rolesOfGroups([], 0).roles).toEqual([]);
  });

  it("ends a role at its instant, for agents and for groups, and says when that will be", () => {
    const data = bundleData();
    const until = "2027-01-31T18:00:00+01:00";
    const end = Date.parse(until);
    Object.assign(data.catalog.groups, { staff: { roles: ["support", { role: "reports", until }] }, always: { roles: ["reports"] } });
    Object.assign(data.catalog.agents["support-bot"] ?? {}, { roles: [{ role: "reports", until }], roles_alone: ["support"] });
    const catalog = read(data);
    const staff = ["staff"];
    expect(catalog.rolesOfGroups(staff, end - 1)).toEqual({ roles: ["reports", "support"], until: end });
    expect(catalog.rolesOfGroups(staff, end)).toEqual({ roles: ["support"], until: Number.POSITIVE_INFINITY });
    expect(catalog.rolesOfGroups(["staff", "always"], end).roles).toEqual(["reports", "support"]);
    const agent = catalog.agents.get("support-bot");
    if (agent === undefined) throw new Error("no agent");
    expect(catalog.rolesOfAgent(agent, false, end - 1)).toEqual({ roles: ["reports"], until: end });
    expect(catalog.rolesOfAgent(agent, false, end).roles).toEqual([]);
    expect(catalog.rolesOfAgent(agent, true, end).roles).toEqual(["support"]);
    expect(catalog.ends).toContain(end);
  });
});

describe("a URI belongs", () => {
  const entries = (...uris: string[]) => Object.fromEntries(uris.map((pattern, at) => [`e${at}`, { uri: pattern, data_classes: [] }]));
  const two = (crm: string[], files: string[], extra: Record<string, unknown> = {}): Catalog => {
    const data = bundleData();
    data.catalog.servers.files = server(extra);
    data.index.files = [];
    data.catalog.resources = { crm: entries(...crm), files: entries(...files) };
    return read(data);
  };

  it("to the entry with the longest literal beginning that it fits, then to the first", () => {
    const catalog = two(["test://a/**", "test://a/b/*", "test://a/b/**", "test://a/b/c/d"], []);
    const entryOf = (text: string) => catalog.resourceFor("crm", uri(text))?.entry;
    expect(["test://a/x", "test://a/b/x", "test://a/b/x/y", "test://a/b/c/d", "test://b"].map(entryOf)).toEqual([
      "e0",
      "e1",
      "e2",
      "e3",
      undefined,
    ]);
    expect(catalog.resourceFor("files", uri("test://a/x"))).toBeUndefined();
  });

  it("to the server whose entry is the nearest, and to none where two servers claim it alike", () => {
    const catalog = two(["test://a/**", "test://b/**", "test://c/*"], ["test://a/b/**", "test://b/**", "test://c/*/x"]);
    const ownerOf = (text: string) => catalog.ownerOf(uri(text))?.server;
    expect(["test://a/x", "test://a/b/x", "test://b/x", "test://c/1", "test://c/1/x", "test://d"].map(ownerOf)).toEqual([
      "crm",
      "files",
      undefined,
      "crm",
      "files",
      undefined,
    ]);
  });

  it("to no server that is not in use", () => {
    const catalog = two(["test://b/**"], ["test://b/**"], { status: "retired" });
    expect(catalog.ownerOf(uri("test://b/x"))?.server).toBe("crm");
  });
});

describe("a catalog is refused", () => {
  it("with every mistake at once, each with its path", () => {
    const found = mistakes((data) => {
      data.catalog.schema = 2;
      data.catalog.servers.crm = { ...server(), trust: "total", colour: "red" };
      data.catalog.agents.Bad_Id = agent();
      data.catalog.timezone = "Mars/Olympus";
    });
    expect(found.map((mistake) => mistake.path)).toEqual([
      "catalog.schema",
      "catalog.servers.crm.trust",
      "catalog.servers.crm.colour",
      "catalog.agents.Bad_Id",
      "catalog.timezone",
    ]);
  });

  it("if it is not an object at all", () => {
    for (const data of [undefined, null, 1, [], {}, { catalog: {} }]) expect(readCatalog(data).ok).toBe(false);
  });

  it("if a pin is not the digest of the definition beside it", () => {
    const change = (data: ReturnType<typeof bundleData>): void => {
      data.catalog.tools.crm!.refund = entry({ ...tool("refund"), description: "changed" }, { pin: pinOf(tool("refund"), "session") });
    };
    expect(mistakes(change)).toMatchObject([{ path: "catalog.tools.crm.refund.pin", wanted: "the digest of the definition beside it" }]);
  });

  it("if a pin was read in another era than the server's pins say", () => {
    const pinned = { era: "stateless", capabilities: {} };
    expect(mistakes((data) => Object.assign(data.catalog.servers.crm!, { pinned }))).toMatchObject([
      { path: "catalog.tools.crm.refund.pin" },
      { path: "catalog.prompts.crm.summary.pin" },
      { path: "catalog.resources.crm.ticket.template.pin" },
    ]);
    expect(mistakes((data) => Object.assign(data.catalog.servers.crm!, { pinned: { ...pinned, era: "session" } }))).toEqual([]);
  });

  it("if a definition stands under another name", () => {
    expect(
      mistakes((data) => {
        data.catalog.tools.crm = { other: entry(tool("refund")) };
      }),
    ).toMatchObject([{ path: "catalog.tools.crm.other.definition", found: '"refund"', wanted: '"other"' }]);
  });

  it("if a prompt or a template has another pin or another name than its definition", () => {
    const found = mistakes((data) => {
      data.catalog.prompts.crm = { summary: pinned({ name: "summery" }), other: { ...pinned(summary), pin: pinOf(tool("x"), "session") } };
      data.catalog.resources.crm = {
        ticket: { template: { ...pinned({ uriTemplate: "ticket://{id}", name: "t" }), pin: pinOf(tool("x"), "session") } },
      };
    });
    expect(found.map(({ path }) => path)).toEqual([
      "catalog.prompts.crm.summary.definition",
      "catalog.prompts.crm.other.definition",
      "catalog.prompts.crm.other.pin",
      "catalog.resources.crm.ticket.template.pin",
    ]);
  });

  it("if an entry of resources is neither a normalised pattern nor a template, showing the normal form", () => {
    const found = mistakes((data) => {
      data.catalog.resources.crm = {
        a: { uri: "FILE:///handbook/./**" },
        b: { uri: "**" },
        c: { uri: "test://user@x/*" },
        d: template("test://a/{id"),
        e: template("{+uri}"),
        f: template("test://a/{!id}"),
      };
    });
    expect(found.map(({ path, wanted }) => [path, wanted])).toEqual([
      ["catalog.resources.crm.a.uri", 'its normal form "file:///handbook/**"'],
      ["catalog.resources.crm.b.uri", expect.stringContaining("no scheme in front")],
      ["catalog.resources.crm.c.uri", expect.stringContaining("a user or password")],
      ["catalog.resources.crm.d.template", expect.stringContaining("the character {")],
      ["catalog.resources.crm.e.template", expect.stringContaining("no scheme in front")],
      ["catalog.resources.crm.f.template", expect.stringContaining('RFC 6570 (found "{!id}")')],
    ]);
    expect(
      mistakes((data) => Object.assign(data.catalog.resources.crm!, { a: { uri: "test://a", ...template("test://{a}") } })),
    ).toMatchObject([{ path: "catalog.resources.crm.a", wanted: "either uri or template" }]);
    expect(mistakes((data) => Object.assign(data.catalog.resources.crm!, { a: {} }))).toHaveLength(1);
  });

  it("if a server asks or passes what there is not, and if a role holds more than true", () => {
    const found = mistakes((data) => {
      const methods = { "com.example/a": ["tools/call"] };
      data.catalog.servers.crm = server({ asks: ["secrets"], extensions: ["tasks"], extension_methods: methods });
      const odd = { asks: { crm: { secrets: true } }, prompts: { crm: { summary: 1 } }, methods: { crm: { "tools/list": true, a: 1 } } };
      Object.assign(data.roles.support, odd);
    });
    expect(found.map(({ path }) => path).sort()).toEqual([
      "catalog.servers.crm.asks[0]",
      'catalog.servers.crm.extension_methods["com.example/a"][0]',
      "catalog.servers.crm.extensions[0]",
      "roles.support.asks.crm.secrets",
      "roles.support.methods.crm.a",
      "roles.support.methods.crm.tools/list",
      "roles.support.prompts.crm.summary",
    ]);
  });

  it("if it passes methods of an extension that the server does not have, or of two", () => {
    const found = mistakes((data) => {
      const methods = { "com.example/a": ["search", "find"], "com.example/b": ["find"], "com.example/c": ["other"] };
      data.catalog.servers.crm = server({ extensions: ["com.example/a", "com.example/b"], extension_methods: methods });
    });
    expect(found).toEqual([
      {
        path: 'catalog.servers.crm.extension_methods["com.example/b"][0]',
        found: '"find", which is also of com.example/a',
        wanted: "a method of one extension",
      },
      {
        path: 'catalog.servers.crm.extension_methods["com.example/c"]',
        found: 'key "com.example/c"',
        wanted: "an id of extensions",
      },
    ]);
  });

  it("if it names servers or roles that it does not have, or no packages for a server", () => {
    const found = mistakes((data) => {
      data.catalog.servers.crm!.replacement = "crm2";
      data.catalog.servers.files = server();
      data.catalog.tools.ghost = {};
      data.catalog.prompts.ghost = {};
      data.catalog.resources.ghost = {};
      data.catalog.agents["support-bot"] = agent({ roles: ["nobody"], roles_alone: ["nothing"] });
      data.catalog.groups.staff = { roles: ["unknown"] };
      data.index = { crm: [] };
    });
    expect(found.map((mistake) => `${mistake.path} ${mistake.found}`)).toEqual([
      'catalog.servers.crm.replacement "crm2"',
      'index.files "files"',
      'catalog.tools.ghost "ghost"',
      'catalog.prompts.ghost "ghost"',
      'catalog.resources.ghost "ghost"',
      'catalog.agents.support-bot.roles "nobody"',
      'catalog.agents.support-bot.roles_alone "nothing"',
      'catalog.groups.staff.roles "unknown"',
      'index._none "_none"',
    ]);
  });

  it("if an input schema is invalid, foreign, asynchronous or of an unknown dialect, naming the tool", () => {
    const schemas: [Record<string, unknown>, RegExp][] = [
      [{ type: "object", properties: { a: { type: "strin" } } }, /valid schema \(at \/properties\/a/],
      [{ type: "object", properties: { a: { $ref: "https://example.com/schema" } } }, /own parts only/],
      [{ type: "object", $async: true }, /without \$async/],
      [{ type: "object", $schema: "http://json-schema.org/draft-04/schema#" }, /2020-12 or draft-07/],
      [{ type: "array" }, /type "object"/],
    ];
    for (const [schema, wanted] of schemas) {
      const found = mistakes((data) => {
        data.catalog.tools.crm!.refund = entry(tool("refund", schema));
      });
      expect(found).toMatchObject([{ path: "catalog.tools.crm.refund.definition" }]);
      expect(found[0]?.wanted).toMatch(wanted);
    }
  });

  it("if a server's address, arguments or credential header could mean something else than they say", () => {
    const bad: Record<string, unknown>[] = [
      { transport: { kind: "http", url: "https://user:pw@host/mcp", host_class: "public", era: "auto" } },
      { transport: { kind: "http", url: "file:///etc/passwd", host_class: "public", era: "auto" } },
      { transport: { kind: "http", host_class: "public", era: "auto" } },
      { transport: { kind: "http", url: "https://a/", place: "a", host_class: "public", era: "auto" } },
      { transport: { kind: "stdio", place: "node", argv: ["--config=$" + "{paths.x}"], era: "auto" } },
      { credential: { mode: "company", secret: "s", header: "mcp-session-id", prefix: "" } },
      { credential: { mode: "company", secret: "s", header: "host", prefix: "" } },
      { credential: { mode: "company", secret: "s", header: "authorization", prefix: "Bearer\r\nx: " } },
    ];
    for (const extra of bad)
      expect(
        mistakes((data) => Object.assign(data.catalog.servers.crm!, extra)),
        JSON.stringify(extra),
      ).toHaveLength(1);
    expect(
      mistakes((data) =>
        Object.assign(data.catalog.servers.crm!, { transport: { kind: "stdio", place: "node", argv: ["$" + "{paths.x}"], era: "auto" } }),
      ),
    ).toEqual([]);
  });
});

describe("a catalog of 10 000 tools and 100 000 agents", () => {
  it("finds each of them", () => {
    const data = bundleData();
    data.catalog.tools.crm = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`t${at}`, entry(tool(`t${at}`))]));
    data.catalog.agents = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, at) => [`a${at}`, agent({ match: [{ issuer: "https://id", client_id: `c${at}` }] })]),
    );
    const catalog = read(data);
    expect(catalog.tools("crm").get("t9999")?.validate({})).toEqual([]);
    expect(catalog.agentFor(token({ agent: "c99999" }), now)).toMatchObject({ ok: true, value: { id: "a99999" } });
  });
});

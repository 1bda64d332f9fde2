import { describe, expect, it } from "vitest";
import { pinOf } from "../../../src/core/tool.ts";
import type { ListKind, OfferedList } from "../../../src/gateway/index.ts";
import { entry, pinned, server, summary, template, tool } from "../../parts/catalog/sample-data.ts";
import { listingOf, type SmallGate, smallGate } from "../small-gate.ts";

const ticket = { uriTemplate: "ticket://crm/{id}", name: "a template" };
const aggregate = { serverId: undefined } as never;

function live(gate: SmallGate, id = "crm") {
  const found = gate.live[id];
  if (!found) throw new Error(`there is no server ${id}`);
  return found;
}

async function shown(gate: SmallGate, kind: ListKind, exchange = {}): Promise<readonly Record<string, unknown>[]> {
  return (await offered(gate, kind, exchange)).items.map((text) => JSON.parse(text));
}

async function offered(gate: SmallGate, kind: ListKind, exchange = {}): Promise<OfferedList> {
  const listed = await gate.gateway.list(gate.exchange(exchange), kind);
  if (!listed.ok) throw new Error(JSON.stringify(listed.error));
  return listed.value;
}

describe("a list of prompts", () => {
  it("has those that are approved and that the server still defines so, under the door's names", async () => {
    const gate = smallGate((data) => {
      data.catalog.prompts.crm = { ...data.catalog.prompts.crm, gone: { ...pinned({ name: "gone" }), data_classes: [] } };
    });
    live(gate).listing = listingOf({ prompts: [summary, { name: "unapproved" }] });
    expect(await shown(gate, "prompts")).toEqual([summary]);
    expect(await shown(gate, "prompts", aggregate)).toEqual([{ ...summary, name: "crm__summary" }]);
    expect(gate.records().at(-1)).toMatchObject({ kind: "list", method: "prompts/list", offered: 1, visible: ["crm.summary"] });
  });

  it("leaves out what policy closes", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ prompts: [summary] });
    gate.rules.decide = (input) => (input.prompt === undefined ? true : "x.closed");
    expect(await shown(gate, "prompts")).toEqual([]);
  });
});

describe("a list of resources", () => {
  it("has what the server lists and the catalog approves, by normalised URI", async () => {
    const gate = smallGate();
    const odd = { uri: "NOTE://crm/a/./b", name: "b", mimeType: "text/plain", size: 3 };
    live(gate).listing = listingOf({ resources: [odd, { uri: "file:///etc/passwd", name: "x" }, { uri: "no uri", name: "y" }] });
    expect(await shown(gate, "resources")).toEqual([{ ...odd, uri: "note://crm/a/b" }]);
  });

  it("tells policy of each what a read would tell it", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ resources: [{ uri: "note://crm/a", name: "a", mimeType: "text/plain" }] });
    const judged: unknown[] = [];
    gate.rules.decide = ({ resource }) => {
      judged.push(resource);
      return true;
    };
    await shown(gate, "resources");
    await gate.gateway.subscribe(gate.exchange(), "note://crm/a");
    expect(judged[0]).toMatchObject({ uri: "note://crm/a", mime: "text/plain" });
    expect(judged[1]).toEqual(judged[0]);
  });

  it("leaves out what belongs to a template that is not as approved, because a read would be refused", async () => {
    const gate = smallGate();
    const resources = [{ uri: "ticket://crm/7", name: "7" }];
    live(gate).listing = listingOf({ resources, templates: [ticket] });
    expect(await shown(gate, "resources")).toHaveLength(1);
    live(gate).listing = listingOf({ resources, templates: [{ ...ticket, name: "another" }] });
    expect(await shown(gate, "resources")).toEqual([]);
  });

  it("has at the aggregate only what its server owns there", async () => {
    const gate = smallGate((data) => {
      data.catalog.servers.wiki = server();
      data.index.wiki = ["common"];
      data.catalog.resources.wiki = { notes: { uri: "note://crm/wiki/**", data_classes: [] } };
    });
    live(gate).listing = listingOf({
      resources: [
        { uri: "note://crm/a", name: "a" },
        { uri: "note://crm/wiki/1", name: "claimed" },
      ],
    });
    live(gate, "wiki").listing = listingOf({
      resources: [
        { uri: "note://crm/wiki/1", name: "owned" },
        { uri: "note://crm/a", name: "claimed" },
      ],
    });
    expect((await shown(gate, "resources", aggregate)).map(({ name }) => name)).toEqual(["a", "owned"]);
    expect((await shown(gate, "resources")).map(({ name }) => name)).toEqual(["a", "claimed"]);
  });

  it("is recorded by its entries and a count, however long it is", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ resources: Array.from({ length: 300 }, (_, at) => ({ uri: `note://crm/${at}`, name: `${at}` })) });
    expect(await shown(gate, "resources")).toHaveLength(300);
    expect(gate.records().at(-1)).toMatchObject({ offered: 300, visible: ["crm.notes"], count: 300 });
  });

  it("shows no known secret that its server writes into what it lists", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ resources: [{ uri: "note://crm/a", name: "a", description: "opened with hunter2" }] });
    expect(await shown(gate, "resources")).toEqual([{ uri: "note://crm/a", name: "a", description: "opened with [secret]" }]);
  });

  it("gets another revision with another content", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ resources: [{ uri: "note://crm/a", name: "a" }] });
    const before = (await offered(gate, "resources")).revision;
    expect((await offered(gate, "resources")).revision).toBe(before);
    live(gate).listing = listingOf({ resources: [{ uri: "note://crm/a", name: "b" }] });
    expect((await offered(gate, "resources")).revision).not.toBe(before);
  });
});

describe("a list of templates", () => {
  it("has those that are approved and that the server still defines so, judged by their literal beginning", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ templates: [ticket, { uriTemplate: "x://{y}", name: "y" }] });
    let judged: unknown;
    gate.rules.decide = ({ resource }) => {
      judged = resource;
      return true;
    };
    expect(await shown(gate, "templates")).toEqual([ticket]);
    expect(judged).toMatchObject({ id: "crm.ticket", uri: "ticket://crm/", scheme: "ticket", template: "ticket://crm/{id}", pinned: true });
  });

  it("has none at the aggregate that two servers claim", async () => {
    const gate = smallGate((data) => {
      data.catalog.servers.wiki = server();
      data.index.wiki = ["common"];
      data.catalog.resources.wiki = { ticket: template("ticket://crm/{id}") };
    });
    for (const id of ["crm", "wiki"]) live(gate, id).listing = listingOf({ templates: [ticket] });
    expect(await shown(gate, "templates", aggregate)).toEqual([]);
    expect(await shown(gate, "templates")).toEqual([ticket]);
  });
});

describe("a list of tools", () => {
  it("does not say whether a tool runs as a task: the gateway drives it", async () => {
    const definition = { ...tool("slow"), execution: { taskSupport: "required" } };
    const gate = smallGate((data) => {
      data.catalog.tools.crm = { slow: entry(definition) };
    });
    live(gate).listing = listingOf({ tools: new Map([["slow", { definition, pin: pinOf(definition, "session") }]]) });
    expect(await shown(gate, "tools")).toEqual([tool("slow")]);
    expect(await shown(gate, "tools", aggregate)).toEqual([{ ...tool("slow"), name: "crm__slow" }]);
  });
});

describe("what a door offers", () => {
  it("is what is catalogued for it and what its servers declare", () => {
    const gate = smallGate();
    expect(gate.gateway.offers(gate.exchange())).toEqual({
      prompts: true,
      resources: true,
      completions: false,
      logging: false,
      extensions: {},
    });
    live(gate).listing = listingOf({ offers: { completions: true, logging: true, extensions: { "x/y": { a: 1 } } } });
    expect(gate.gateway.offers(gate.exchange())).toMatchObject({ completions: true, logging: true, extensions: { "x/y": { a: 1 } } });
    expect(gate.gateway.offers(gate.exchange(aggregate)).extensions).toEqual({});
  });

  it("takes a server that was not asked yet at its best, and waits for nobody", () => {
    const gate = smallGate();
    live(gate).listing = undefined;
    expect(gate.gateway.offers(gate.exchange())).toMatchObject({ completions: true, logging: true, extensions: {} });
  });

  it("names tasks on the aggregate where any server has them", () => {
    const gate = smallGate((data) => {
      data.catalog.servers.crm = server({ extensions: ["io.modelcontextprotocol/tasks", "x/y"] });
    });
    expect(gate.gateway.offers(gate.exchange(aggregate)).extensions).toEqual({ "io.modelcontextprotocol/tasks": {} });
  });

  it("has nothing of a server that is not in use", () => {
    const gate = smallGate((data) => {
      data.catalog.servers.crm = server({ status: "proposed" });
    });
    expect(gate.gateway.offers(gate.exchange(aggregate))).toEqual({
      prompts: false,
      resources: false,
      completions: false,
      logging: false,
      extensions: {},
    });
  });
});

describe("entering the door of a server", () => {
  it.each(["tool", "prompt", "resource"])("is for whoever may know a %s of it, be it closed", async (kind) => {
    const gate = smallGate();
    gate.rules.decide = (input) => (input[kind] === undefined ? false : "x.closed");
    expect(await gate.gateway.mayEnter(gate.exchange().caller, "crm")).toBe(true);
  });

  it("is for whoever may know a single resource that the server lists", async () => {
    const gate = smallGate();
    live(gate).listing = listingOf({ resources: [{ uri: "note://crm/mine", name: "mine" }] });
    gate.rules.decide = ({ resource }) => String(resource?.uri) === "note://crm/mine";
    expect(await gate.gateway.mayEnter(gate.exchange().caller, "crm")).toBe(true);
  });

  it("is for nobody else, and an unknown server looks the same", async () => {
    const gate = smallGate();
    gate.rules.decide = () => false;
    expect(await gate.gateway.mayEnter(gate.exchange().caller, "crm")).toBe(false);
    expect(await gate.gateway.mayEnter(gate.exchange().caller, "absent")).toBe(false);
  });
});

describe("news of lists", () => {
  it("tells which kinds changed, and all of them with another bundle or with none", () => {
    const gate = smallGate();
    const told: (readonly string[])[] = [];
    gate.gateway.onListChanged((kinds) => told.push([...kinds]));
    gate.gateway.listChanged("crm", new Set(["prompts"]));
    gate.swap(() => {});
    gate.revoke();
    const all = ["tools", "prompts", "resources", "templates"];
    expect(told).toEqual([["prompts"], all, all]);
  });
});

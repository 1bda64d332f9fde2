import { describe, expect, it } from "vitest";
import type { ListKind } from "../../../src/gateway/index.ts";
import { entry, server, summary, template, tool } from "../../parts/catalog/sample-data.ts";
import { type Loose, listingOf, type SmallGate, smallGate } from "../small-gate.ts";
import { second } from "./recorded.ts";

type Change = NonNullable<Parameters<typeof smallGate>[0]>;

/** Two servers with two tools each. */
const two: Change = (data) => {
  data.catalog.servers.hr = server({ transport: { kind: "http", place: "hr", host_class: "loopback", era: "auto" } });
  data.index.hr = ["common"];
  for (const id of ["crm", "hr"]) data.catalog.tools[id] = { a: entry(tool("a")), b: entry(tool("b")) };
};

function offering(gate: SmallGate, offers: Readonly<Record<string, readonly string[]>>): void {
  for (const [id, names] of Object.entries(offers)) {
    const live = gate.live[id];
    if (!live) throw new Error(`there is no server ${id}`);
    const pinOf = (name: string) => (entry(tool(name)) as { readonly pin: never }).pin;
    const tools = new Map(names.map((name) => [name, { definition: tool(name), pin: pinOf(name) }]));
    live.listing = listingOf({ tools, prompts: [summary], templates: [{ uriTemplate: "ticket://crm/{id}", name: "a template" }] });
  }
}

async function recordOf(gate: SmallGate, kind: ListKind, serverId?: string): Promise<Loose> {
  await gate.gateway.list(gate.exchange({ serverId: serverId as never }), kind);
  const record = gate.records("list").at(-1);
  if (!record) throw new Error("there is no record");
  return record;
}

function again(record: Loose, change: Change, visible?: (item: Loose) => boolean) {
  const of = second(change, undefined, "default", visible);
  const { input, door, absent = [] } = record as unknown as { readonly input: object; readonly door: string; readonly absent?: string[] };
  return of.rejudge.relist({ inputText: JSON.stringify(input), door, absent });
}

describe("the record of a list", () => {
  it("says nothing more of what was there, where all that is approved was", async () => {
    const gate = smallGate(two);
    offering(gate, { crm: ["a", "b"], hr: ["a", "b"] });
    const record = await recordOf(gate, "tools");
    expect(record).toMatchObject({ entrypoint: "toolgate/discover", offered: 4, input: { phase: "discover", method: "tools/list" } });
    expect(record.absent).toBeUndefined();
    expect(record.input?.items).toBeUndefined();
    expect(await again(record, two)).toEqual({ kind: "listed", offered: 4, visible: ["crm.a", "crm.b", "hr.a", "hr.b"] });
  });

  it("names what was not offered, and a server of which nothing was", async () => {
    const gate = smallGate(two);
    offering(gate, { crm: ["b"], hr: [] });
    const record = await recordOf(gate, "tools");
    expect(record.absent).toEqual(["crm.a", "hr"]);
    expect(await again(record, two)).toEqual({ kind: "listed", offered: 1, visible: ["crm.b"] });
    expect(await recordOf(gate, "tools", "hr")).toMatchObject({ absent: ["hr"], offered: 0, visible: [] });
  });

  it("is enough for prompts and templates too, and says of single resources what cannot be", async () => {
    const gate = smallGate();
    offering(gate, { crm: [] });
    expect(await again(await recordOf(gate, "prompts", "crm"), () => {})).toMatchObject({ visible: ["crm.summary"] });
    expect(await again(await recordOf(gate, "templates", "crm"), () => {})).toMatchObject({ visible: ["crm.ticket"] });
    const single = await recordOf(gate, "resources", "crm");
    expect(single).not.toHaveProperty("input");
    expect(single).not.toHaveProperty("entrypoint");
  });

  it("leaves out what is nobody's at the aggregate", async () => {
    const twice: Change = (data) => {
      two(data);
      data.catalog.resources.hr = { same: template("ticket://crm/{id}") };
    };
    const gate = smallGate(twice);
    offering(gate, { crm: [], hr: [] });
    expect(await again(await recordOf(gate, "templates"), twice)).toEqual({ kind: "listed", offered: 0, visible: [] });
    expect(await again(await recordOf(gate, "templates", "hr"), twice)).toMatchObject({ visible: ["hr.same"] });
  });

  it("holds what the masks of its servers leave, and cannot be judged where a rule reads the rest", async () => {
    const masking: Change = (data) => {
      two(data);
      data.catalog.rules.common = ["mask"];
      Object.assign(data.catalog, { reads: { refunds: [["user", "email"]], common: [["tool", "id"]] } });
    };
    const gate = smallGate(masking);
    gate.rules.mask = (input) => (String(input.server?.id) === "hr" ? ["/user/id"] : []);
    offering(gate, { crm: ["a"], hr: ["a"] });
    const record = await recordOf(gate, "tools");
    expect(record.input).toMatchObject({ user: { id: expect.stringMatching(/^hmac/) }, masked: ["/user/id"] });
    expect(record.input?.server).toBeUndefined();
    expect(await again(record, masking)).toMatchObject({ kind: "listed" });
    const reading: Change = (data) => {
      masking(data);
      Object.assign(data.catalog, { reads: { refunds: [["user"]], common: [] } });
    };
    expect(await again(record, reading)).toMatchObject({ kind: "unjudgeable", path: "/user/id" });
  });
});

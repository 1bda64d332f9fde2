import { describe, expect, it } from "vitest";
import type { Asked, Exchange } from "../../src/gateway/index.ts";
import { summary } from "../parts/catalog/sample-data.ts";
import { type Loose, listingOf, type SmallGate, smallGate, unending } from "./small-gate.ts";

const ticket = { uriTemplate: "ticket://crm/{id}", name: "a template" };
const note = { uri: "note://crm/a/b", name: "b", mimeType: "text/plain" };

function gateWithAll(): SmallGate {
  const gate = smallGate();
  live(gate).listing = listingOf({ prompts: [summary], templates: [ticket], resources: [note] });
  return gate;
}

function live(gate: SmallGate) {
  const { crm } = gate.live;
  if (!crm) throw new Error("there is no server crm");
  return crm;
}

function ask(gate: SmallGate, asked: Asked, exchange: Partial<Exchange> = {}) {
  return gate.gateway.request(gate.exchange(exchange), { asked, signal: unending });
}

/** What policy was asked last. */
function judging(gate: SmallGate): Loose {
  const seen: Record<string, Loose> = {};
  const { decide } = gate.rules;
  gate.rules.decide = (input) => {
    for (const key of Object.keys(seen)) delete seen[key];
    Object.assign(seen, input);
    return decide(input);
  };
  return seen;
}

const get = (args?: Record<string, string>, name = "summary"): Asked => ({ method: "prompts/get", name, args });
const read = (uri: string): Asked => ({ method: "resources/read", uri });
const about = (ref: (Asked & { method: "completion/complete" })["ref"], name: string, context?: Record<string, string>): Asked => ({
  method: "completion/complete",
  ref,
  argument: { name, value: "ca" },
  ...(context ? { context } : {}),
});

describe("a prompt", () => {
  it("is judged with its arguments, and what is judged is what is sent", async () => {
    const gate = gateWithAll();
    const input = judging(gate);
    expect(await ask(gate, get({ customer: "c-1" }))).toMatchObject({ kind: "result" });
    expect(input).toMatchObject({
      phase: "call",
      method: "prompts/get",
      server: { id: "crm" },
      prompt: { id: "crm.summary", name: "summary", pinned: true, data_classes: ["internal"] },
      args: { customer: "c-1" },
    });
    expect(input.tool).toBeUndefined();
    expect(live(gate).calls.map((call) => call.ask)).toEqual([
      { method: "prompts/get", paramsText: '"name":"summary","arguments":{"customer":"c-1"}', name: "summary" },
    ]);
  });

  it("leaves an intent and an outcome that name it and the method", async () => {
    const gate = gateWithAll();
    await ask(gate, get({ customer: "c-1" }));
    const records = gate.records("intent", "outcome");
    expect(records).toMatchObject([
      { kind: "intent", method: "prompts/get", target: "crm.summary" },
      { kind: "outcome", method: "prompts/get", target: "crm.summary", effect: "allow" },
    ]);
  });

  it.each([
    [undefined, '"customer" is missing'],
    [{ customer: "c", other: "x" }, '"other" is not an argument of this prompt'],
    [{ customer: 1 } as never, '"customer" must be a string'],
  ])("is refused with arguments that it does not have: %j", async (args, mistake) => {
    const gate = gateWithAll();
    const input = judging(gate);
    const answer = await ask(gate, get(args));
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "args.invalid", message: expect.stringContaining(mistake) }] });
    expect(input.args).toBeUndefined();
    expect(live(gate).calls).toEqual([]);
  });

  it.each([
    ["changed", [{ ...summary, description: "Tell me everything." }]],
    ["gone", []],
  ])("that is %s at its server is drifted", async (_how, prompts) => {
    const gate = gateWithAll();
    live(gate).listing = listingOf({ prompts });
    const input = judging(gate);
    expect(await ask(gate, get({ customer: "c" }))).toMatchObject({ kind: "refused", reasons: [{ code: "prompt.drifted" }] });
    expect(input.prompt?.pinned).toBe(false);
    expect(live(gate).calls).toEqual([]);
  });

  it("has its server before its name on the aggregate, and only there", async () => {
    const gate = gateWithAll();
    const aggregate = { serverId: undefined } as never;
    expect(await ask(gate, get({ customer: "c" }, "crm__summary"), aggregate)).toMatchObject({ kind: "result" });
    expect(await ask(gate, get({ customer: "c" }, "summary"), aggregate)).toMatchObject({ kind: "unknown" });
    expect(await ask(gate, get({ customer: "c" }, "crm__summary"))).toMatchObject({ kind: "unknown" });
    expect(live(gate).calls).toHaveLength(1);
  });

  it("that the caller may not know of is answered as one that does not exist", async () => {
    const gate = gateWithAll();
    gate.rules.decide = () => false;
    const hidden = await ask(gate, get({ customer: "c" }));
    const absent = await ask(gate, get({}, "absent"));
    expect({ ...hidden, decisionId: "" }).toEqual({ ...absent, decisionId: "" });
    expect(gate.records("refusal")).toMatchObject([
      { target: "crm.summary", reasons: [{ code: "prompt.unknown" }] },
      { target: "crm.absent", reasons: [{ code: "prompt.unknown" }] },
    ]);
    expect(live(gate).calls).toEqual([]);
  });
});

describe("a resource", () => {
  it("is judged by its normalised URI, and that is what is sent", async () => {
    const gate = gateWithAll();
    const input = judging(gate);
    expect(await ask(gate, read("NOTE://crm/x/../a/%62"))).toMatchObject({ kind: "result" });
    expect(input).toMatchObject({
      method: "resources/read",
      resource: {
        id: "crm.notes",
        entry: "notes",
        uri: "note://crm/a/b",
        scheme: "note",
        host: "crm",
        path: "/a/b",
        mime: "text/plain",
        pinned: true,
        data_classes: ["internal"],
      },
    });
    expect(input.args).toBeUndefined();
    expect(live(gate).calls.map((call) => call.ask)).toEqual([
      { method: "resources/read", paramsText: '"uri":"note://crm/a/b"', name: "note://crm/a/b" },
    ]);
    expect(gate.records("outcome")[0]).toMatchObject({ target: "crm.notes", uri: "note://crm/a/b" });
  });

  it("needs no entry in the server's own list", async () => {
    const gate = gateWithAll();
    expect(await ask(gate, read("note://crm/unlisted"))).toMatchObject({ kind: "result" });
  });

  it("of a template names it, and is drifted when the template is not as approved", async () => {
    const gate = gateWithAll();
    const input = judging(gate);
    expect(await ask(gate, read("ticket://crm/7"))).toMatchObject({ kind: "result" });
    expect(input.resource).toMatchObject({ id: "crm.ticket", template: "ticket://crm/{id}", pinned: true });
    live(gate).listing = listingOf({ templates: [{ ...ticket, name: "another" }] });
    expect(await ask(gate, read("ticket://crm/7"))).toMatchObject({ kind: "refused", reasons: [{ code: "resource.drifted" }] });
    expect(live(gate).calls).toHaveLength(1);
  });

  it.each([
    ["that nothing in the catalog approves", "file:///etc/passwd", "resource.unknown"],
    ["whose URI leaves the approved path", "note://other/a", "resource.unknown"],
    ["whose URI cannot be read", "note://crm/\u0000", "resource.invalid_uri"],
  ])("%s is unknown, on record by its code", async (_what, uri, code) => {
    const gate = gateWithAll();
    expect(await ask(gate, read(uri))).toMatchObject({ kind: "unknown" });
    expect(gate.records().at(-1)).toMatchObject({ kind: "refusal", uri, reasons: [{ code }] });
    expect(live(gate).calls).toEqual([]);
  });

  it("that holds a secret in its query leaves it in no record that the bundle masks", async () => {
    const gate = smallGate((data) => {
      data.catalog.rules = { refunds: ["permit"], common: ["mask"] };
    });
    gate.rules.mask = ({ resource }) => (resource ? ["/resource/uri"] : []);
    await ask(gate, read("note://crm/a?key=hunter9"));
    expect(live(gate).calls[0]?.ask).toMatchObject({ paramsText: '"uri":"note://crm/a?key=hunter9"' });
    expect(gate.records("intent", "outcome")).toMatchObject([
      { uri: expect.stringMatching(/^hmac-sha256:/) },
      { uri: expect.stringMatching(/^hmac-sha256:/) },
    ]);
    gate.rules.mask = () => [""];
    await ask(gate, read("note://crm/a?key=hunter9"));
    gate.rules.decide = () => false;
    await ask(gate, read("note://crm/a?key=hunter9"));
    expect(JSON.stringify(gate.records())).not.toContain("hunter9");
  });

  it.each(["https://ann:hunter9@wiki.example/page?key=hunter9#hunter9", "note://other/a?key=hunter9", "note://other/a#hunter9"])(
    "that nobody knows leaves no credential of its URI in the record: %s",
    async (uri) => {
      const gate = gateWithAll();
      expect(await ask(gate, read(uri))).toMatchObject({ kind: "unknown" });
      expect(gate.records("refusal")).toMatchObject([
        { uri: expect.stringMatching(/^(https:\/\/wiki\.example\/page|note:\/\/other\/a)$/) },
      ]);
      expect(JSON.stringify(gate.records())).not.toContain("hunter9");
    },
  );

  it("is routed to its owner on the aggregate under its own URI", async () => {
    const gate = gateWithAll();
    expect(await ask(gate, read("note://crm/a"), { serverId: undefined } as never)).toMatchObject({ kind: "result" });
    expect(live(gate).calls).toHaveLength(1);
  });

  it("of a server that cannot be reached is refused", async () => {
    const gate = gateWithAll();
    live(gate).listing = undefined;
    expect(await ask(gate, read("note://crm/a"))).toMatchObject({ kind: "refused", reasons: [{ code: "upstream.unavailable" }] });
    expect(live(gate).calls).toEqual([]);
  });
});

describe("a completion", () => {
  it("is judged as its own kind and names what it completes", async () => {
    const gate = gateWithAll();
    const input = judging(gate);
    await ask(gate, about({ type: "ref/prompt", name: "summary" }, "customer", { region: "north" }));
    expect(input).toMatchObject({
      method: "completion/complete",
      completion: { id: "crm.summary", of: "prompts", name: "summary", argument: "customer", pinned: true },
      args: { value: "ca", context: { region: "north" } },
    });
    expect(live(gate).calls[0]?.ask).toEqual({
      method: "completion/complete",
      paramsText:
        '"ref":{"type":"ref/prompt","name":"summary"},"argument":{"name":"customer","value":"ca"},"context":{"arguments":{"region":"north"}}',
    });
  });

  it("of a template is granted as its resources are", async () => {
    const gate = gateWithAll();
    const input = judging(gate);
    await ask(gate, about({ type: "ref/resource", uri: "ticket://crm/{id}" }, "id"));
    expect(input.completion).toEqual({ id: "crm.ticket", of: "resources", name: "ticket", argument: "id", pinned: true });
    expect(live(gate).calls[0]?.ask).toMatchObject({ paramsText: expect.stringContaining('"uri":"ticket://crm/{id}"') });
  });

  it("of an argument that is not there is refused", async () => {
    const gate = gateWithAll();
    const answer = await ask(gate, about({ type: "ref/prompt", name: "summary" }, "iban"));
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "args.invalid" }] });
    expect(live(gate).calls).toEqual([]);
  });

  it.each([
    [{ type: "ref/prompt", name: "absent" } as const, "prompt.unknown"],
    [{ type: "ref/resource", uri: "note://crm/{id}" } as const, "resource.unknown"],
  ])("of something unknown is unknown: %j", async (ref, code) => {
    const gate = gateWithAll();
    expect(await ask(gate, about(ref, "id"))).toMatchObject({ kind: "unknown" });
    expect(gate.records().at(-1)).toMatchObject({ reasons: [{ code }] });
  });
});

describe("what a server answers", () => {
  const contents = { contents: [{ uri: "note://crm/a", mimeType: "text/plain", text: "IBAN DE02" }], _meta: { copy: "DE02" } };
  const withRules = () => {
    const gate = smallGate((data) => {
      data.catalog.rules.refunds = ["permit", "redact", "withhold"];
    });
    live(gate).listing = listingOf({ prompts: [summary] });
    live(gate).answer = () => ({ kind: "result", result: contents, text: JSON.stringify(contents) });
    return gate;
  };

  it("to a read is inspected by its media types, and redacted as it is", async () => {
    const gate = withRules();
    let inspected: Loose | undefined;
    gate.rules.inspect = (input) => {
      inspected = input;
      return { redact: ["/contents/0/text"] };
    };
    const answer = await ask(gate, read("note://crm/a"));
    expect(inspected).toMatchObject({
      phase: "result",
      method: "resources/read",
      resource: { id: "crm.notes" },
      result: { is_error: false, content_types: ["text/plain"] },
    });
    expect(inspected?.result?.structured).toBeUndefined();
    expect(answer).toMatchObject({ kind: "result" });
    expect(JSON.stringify(answer)).not.toContain("DE02");
  });

  it("without what must be redacted is withheld", async () => {
    const gate = withRules();
    gate.rules.inspect = () => ({ redact: ["/contents/3/text"] });
    expect(await ask(gate, read("note://crm/a"))).toMatchObject({ kind: "refused", reasons: [{ code: "result.unredactable" }] });
  });

  it("to a prompt is inspected by the types of its messages", async () => {
    const gate = withRules();
    const messages = [{ role: "user", content: { type: "image", data: "", mimeType: "image/png" } }];
    live(gate).answer = () => ({ kind: "result", result: { messages }, text: JSON.stringify({ messages }) });
    let types: unknown;
    gate.rules.inspect = (input) => {
      types = input.result?.content_types;
      return { withheld: "x.y" };
    };
    expect(await ask(gate, get({ customer: "c" }))).toMatchObject({ kind: "refused", reasons: [{ code: "x.y" }] });
    expect(types).toEqual(["image"]);
  });

  it("as an error stays an error, without known secrets", async () => {
    const gate = gateWithAll();
    live(gate).answer = () => ({ kind: "error", error: { code: -32002, message: "no hunter2 here" } });
    expect(await ask(gate, read("note://crm/a"))).toMatchObject({
      kind: "error",
      code: -32002,
      message: "no [secret] here",
      era: "session",
    });
  });
});

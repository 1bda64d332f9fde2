import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pinServer, readPins } from "../../../src/authoring/pins/index.ts";
import type { ServerDefinition } from "../../../src/core/server.ts";
import { type Era, pinOf, type ToolDefinition } from "../../../src/core/tool.ts";

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
};

function listing(tools: readonly ToolDefinition[], era: Era = "session") {
  return {
    era,
    protocolVersion: "2025-11-25",
    readAt: 0,
    tools: new Map(tools.map((tool) => [tool.name, { definition: tool, pin: pinOf(tool, era) }])),
  };
}

function pin(tools: readonly ToolDefinition[], before?: readonly ToolDefinition[], era?: Era) {
  const request = { serverId: "crm", definition: crm, listing: listing(tools, era) };
  if (before === undefined) return pinServer(request);
  const previous = readPins("crm.json", pin(before).file);
  if (!previous.ok) throw new Error("own pins refused");
  return pinServer({ ...request, previous: previous.value });
}

const refund: ToolDefinition = {
  name: "refund",
  description: "Pays money back.\nNeeds a ticket.",
  inputSchema: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] },
};

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
    expect(again).toMatchObject({ changed: false, diff: expect.stringContaining("0 added, 0 removed, 0 changed, 1 unchanged") });
  });

  it("are refused when pin and definition do not fit each other", () => {
    const { file } = pin([refund]);
    expect(readPins("p.json", file.replace("Pays", "Sends"))).toMatchObject({ ok: false, error: [{ path: "tools.refund.pin" }] });
    expect(readPins("p.json", "{")).toMatchObject({ ok: false, error: [{ file: "p.json" }] });
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
  1 added, 1 removed, 1 changed, 0 unchanged

+ export
    inputSchema.type
      + object

- old

~ refund
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
});

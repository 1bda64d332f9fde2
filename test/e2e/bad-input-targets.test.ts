import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Company, type Gate, house, startGate, told } from "../support/gate.ts";
import { expectRefused, type Refusal } from "../support/gate-refused.ts";

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
let gate: Gate;

/** The house with tools that are granted and offered, and must not be called all the same. */
const company: Company = {
  servers: {
    desk: {
      tools: {
        ...house.servers.desk?.tools,
        unpinned: { pinned: false },
        drifted: { approved: { description: "What was approved." } },
        secret: {},
      },
    },
    vault: { at: "desk", tools: { secret: {} } },
  },
  roles: { all: { grants: ["desk/echo", "desk/note", "desk/order", "desk/drifted"] }, guests: { grants: ["desk/echo"] } },
  groups: { staff: { roles: ["all"] }, guests: { roles: ["guests"] } },
};

beforeAll(async () => {
  gate = await startGate({ company, clock });
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true });
  await gate.stop();
});

const unknown: Refusal = { status: 200, rpc: -32602, reason: "tool.unknown", record: "refusal" };
const refused = (reason: string): Refusal => ({ status: 200, reason, record: "refusal" });

for (const era of ["session", "stateless"] as const) {
  const valid = () => gate.call("desk__order", { item: "pen" }, { era });

  test.each([
    ["a tool that nobody has", "desk__nothing"],
    ["a tool of a server that nobody has", "cellar__echo"],
    ["a name without a server", "echo"],
    ["the policy's name of a tool", "desk.echo"],
    ["a tool that was never pinned", "desk__unpinned"],
    ["a tool outside every grant", "desk__secret"],
    ["a tool of a server outside every grant", "vault__secret"],
    ["a name with a path in it", "desk__../echo"],
    ["a name of the prototype", "desk__constructor"],
    ["__proto__", "__proto__"],
  ])(`%s is unknown, and looks like any other that is (${era})`, async (_title, tool) => {
    const { answer } = await expectRefused(gate, clock, { valid, bad: () => gate.call(tool, {}, { era }), want: unknown });
    expect(answer.message?.error).toEqual({
      code: -32602,
      message: `Unknown tool: ${tool}`,
      data: { decision: expect.stringMatching(/^dec_[0-9a-f-]{36}$/) },
    });
  });

  test(`a tool that only others may use looks exactly like one that does not exist (${era})`, async () => {
    const token = await gate.token({ user: "gus", groups: ["guests"] });
    for (const door of [undefined, "desk"]) {
      const name = (tool: string) => (door === undefined ? `desk__${tool}` : tool);
      const at = door === undefined ? { era, token } : { era, token, door };
      const { answer: forbidden } = await expectRefused(gate, clock, {
        valid: () => gate.call(name("echo"), {}, at),
        bad: () => gate.call(name("order"), {}, at),
        want: unknown,
      });
      const missing = await gate.call(name("owned"), {}, at);
      const shape = (text: string) => text.replace(/dec_[0-9a-f-]+|"id":\d+/g, "").replaceAll("owned", "order");
      expect(shape(forbidden.text)).toBe(shape(missing.text));
      expect(Object.keys(forbidden.headers)).toEqual(Object.keys(missing.headers));
    }
  });

  test(`the door of a server that one may not know looks like that of one that does not exist (${era})`, async () => {
    const want: Refusal = { status: 404, rpc: -32000, reason: "gateway.invalid_request", record: "refusal" };
    const enter = (door: string) => gate.call("secret", {}, { era, door });
    const { answer: forbidden } = await expectRefused(gate, clock, { valid, bad: () => enter("vault"), want });
    const { answer: missing } = await expectRefused(gate, clock, { valid, bad: () => enter("cellar"), want });
    expect(forbidden.text).toBe(missing.text);
  });

  test(`a tool whose definition changed behind the gateway is refused and not listed (${era})`, async () => {
    const { answer } = await expectRefused(gate, clock, {
      valid,
      bad: () => gate.call("desk__drifted", {}, { era }),
      want: refused("tool.drifted"),
    });
    expect(told(answer)).toMatchObject({ effect: "deny", codes: ["tool.drifted"] });
    expect(await gate.list({ era, token: await gate.token() })).toEqual(["desk__echo", "desk__note", "desk__order"]);
  });

  test.each([
    ["a required member is missing", {}, "/item: required"],
    ["a member has another type", { item: 7 }, "/item: type string"],
    ["a number is below its minimum", { item: "pen", count: 0 }, "/count: >= 1"],
    ["a number is no integer", { item: "pen", count: 1.5 }, "/count: type integer"],
    ["a member is not in the schema", { item: "pen", to: "mars" }, ": no members beyond those of the schema"],
    ["there are none at all", undefined, "/item: required"],
  ])(`arguments that do not fit the schema: %s (${era})`, async (_title, args, mistake) => {
    const { answer, record } = await expectRefused(gate, clock, {
      valid,
      bad: () => gate.call("desk__order", args, { era }),
      want: refused("args.invalid"),
    });
    expect(answer.message?.result).toMatchObject({ isError: true, content: [{ type: "text" }] });
    expect(JSON.stringify(answer.message?.result)).toContain(mistake);
    // What does not fit was never shown to policy.
    expect(record.input).not.toHaveProperty("args");
    expect(record.decision).toMatchObject({ known: true });
  });
}

test("a dry run decides and records, and the server sees nothing", async () => {
  const { answer, record } = await expectRefused(gate, clock, {
    valid: () => gate.call("desk__order", { item: "pen" }),
    bad: () => gate.call("desk__order", { item: "pen" }, { meta: { "toolgate/request": { dryRun: true } } }),
    want: refused("gateway.dry_run"),
  });
  expect(told(answer).codes).toEqual(["gateway.dry_run"]);
  expect(record.decision).toMatchObject({ effect: "allow" });
});

test("a claim that cannot be understood is not taken for nothing", async () => {
  for (const claim of [{ dryRun: "true" }, { dryrun: true }, { confidence: 2 }, "dry"]) {
    await expectRefused(gate, clock, {
      valid: () => gate.call("desk__order", { item: "pen" }, { meta: { "toolgate/request": { dryRun: false } } }),
      bad: () => gate.call("desk__order", { item: "pen" }, { meta: { "toolgate/request": claim } }),
      want: { status: 200, rpc: -32602, reason: "gateway.invalid_request", record: "refusal" },
    });
  }
});

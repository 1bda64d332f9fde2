import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Asked, Exchange, Judged } from "../../../src/gateway/index.ts";
import { agent, type bundleData, entry, server, summary, token, tool } from "../../parts/catalog/sample-data.ts";
import { allow, type Loose, listingOf, type SmallGate, smallGate, unending } from "../small-gate.ts";
import { judgedIn, second } from "./recorded.ts";

type Data = ReturnType<typeof bundleData>;

const note = { uri: "note://crm/a/b", name: "b", mimeType: "text/plain" };
const ticket = { uriTemplate: "ticket://crm/{id}", name: "a template" };
const refund = tool("refund");

function gateWithAll(): SmallGate {
  const gate = smallGate();
  const tools: NonNullable<Parameters<typeof listingOf>[0]["tools"]> = new Map();
  const live = gate.live.crm;
  if (!live) throw new Error("there is no server crm");
  const listed = listingOf({ prompts: [summary], templates: [ticket], resources: [note] });
  const pin = (entry(refund) as { readonly pin: never }).pin;
  live.listing = { ...listed, tools: new Map([...tools, ["refund", { definition: refund, pin }]]) };
  return gate;
}

async function recordOf(gate: SmallGate, asked: Asked, exchange: Partial<Exchange> = {}): Promise<Loose> {
  await gate.gateway.request(gate.exchange(exchange), { asked, signal: unending });
  const record = gate.records("intent", "refusal").at(-1);
  if (record?.input === undefined) throw new Error("policy was not asked");
  return record;
}

const call = (args?: Record<string, unknown>): Asked => ({ method: "tools/call", name: "refund", args }) as Asked;

async function calledThen(args?: Record<string, unknown>): Promise<Judged> {
  return judgedIn(await recordOf(gateWithAll(), call(args)));
}

const denied = (code: string) => ({
  kind: "decided",
  decision: { effect: "deny", known: false, reasons: [{ code, rule: "toolgate" }] },
});

describe("a bundle that did not change is asked with the text of then", () => {
  const every: Readonly<Record<string, Asked>> = {
    "a call": call({ amount: 3, note: "é\u2028" }),
    "a call without arguments": call(),
    "a prompt": { method: "prompts/get", name: "summary", args: { customer: "c-1" } },
    "a prompt whose arguments do not fit": { method: "prompts/get", name: "summary", args: { color: "red" } },
    "a resource that is listed with a type": { method: "resources/read", uri: "note://crm/a/b" },
    "a resource of a template": { method: "resources/read", uri: "ticket://crm/7" },
    "a completion of a prompt": {
      method: "completion/complete",
      ref: { type: "ref/prompt", name: "summary" },
      argument: { name: "customer", value: "ca" },
    },
    "a completion of a template": {
      method: "completion/complete",
      ref: { type: "ref/resource", uri: "ticket://crm/{id}" },
      argument: { name: "id", value: "1" },
      context: { a: "b" },
    },
  };
  for (const [what, asked] of Object.entries(every)) {
    it(`for ${what}`, async () => {
      const record = await recordOf(gateWithAll(), asked);
      const { rejudge, asked: texts } = second();
      expect(await rejudge.anew(judgedIn(record))).toMatchObject({ kind: "decided" });
      expect(texts).toEqual([JSON.stringify(record.input)]);
    });
  }

  it("for any caller, client and arguments", async () => {
    const words = fc.string({ unit: "grapheme", maxLength: 8 });
    const some = fc.record({
      args: fc.option(
        fc.dictionary(
          words.filter((key) => key !== "__proto__"),
          fc.jsonValue({ maxDepth: 2 }),
          { maxKeys: 4 },
        ),
        { nil: undefined },
      ),
      client: fc.record({ name: words, version: words }),
      groups: fc.array(fc.constantFrom("support", "both", "strangers"), { maxLength: 3 }),
      email: fc.option(words, { nil: undefined }),
      clientId: fc.option(words, { nil: undefined }),
      request: fc.option(fc.record({ intent: words, dryRun: fc.boolean() }), { nil: undefined }),
      session: fc.option(fc.record({ id: fc.constant("ses_1"), openedAt: fc.constant(0) }), { nil: undefined }),
      alone: fc.boolean(),
      chain: fc.array(words, { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(some, async ({ args, client, groups, email, clientId, request, session, alone, chain }) => {
        const user = { id: "ann", issuer: "https://id", groups, ...(email === undefined ? {} : { email }), auth: { amr: ["pwd"] } };
        const bearer = token({
          kind: alone ? "agent" : "user_via_agent",
          delegation: chain.map((subject) => ({ subject })),
          ...(alone ? {} : { user }),
          ...(clientId === undefined ? {} : { clientId }),
        });
        const record = await recordOf(gateWithAll(), call(args as Record<string, unknown> | undefined), {
          caller: { token: bearer, agentId: "support-bot", key: "k" },
          client,
          ...(request === undefined ? {} : { request }),
          ...(session === undefined ? {} : { session }),
        });
        const { rejudge, asked } = second();
        await rejudge.anew(judgedIn(record));
        expect(asked).toEqual([JSON.stringify(record.input)]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("another catalog", () => {
  const changes: Readonly<Record<string, readonly [code: string, change: (data: Data) => void]>> = {
    "does not have the agent": ["agent.unregistered", (data) => delete data.catalog.agents["support-bot"]],
    "has suspended the agent": ["agent.inactive", (data) => change(data, { status: "suspended" })],
    "had the agent end before": ["agent.expired", (data) => change(data, { expires: "2026-06-01T12:00:00Z" })],
    "lets the agent act alone only": ["agent.mode_not_allowed", (data) => change(data, { modes: ["agent"] })],
    "has two agents of that name": [
      "agent.ambiguous",
      (data) => {
        data.catalog.agents.other = agent({ match: [{ issuer: "https://id", subject_pattern: "support-*" }] });
      },
    ],
    "does not have the tool": ["tool.unknown", (data) => delete data.catalog.tools.crm?.refund],
  };
  const change = (data: Data, row: Record<string, unknown>) => {
    data.catalog.agents["support-bot"] = agent(row);
  };
  for (const [what, [code, changed]] of Object.entries(changes)) {
    it(`that ${what} denies with ${code}, and policy is not asked`, async () => {
      const { rejudge, asked } = second((data) => {
        changed(data);
        data.roles.support.grants = {} as never;
      });
      expect(await rejudge.anew(await calledThen())).toMatchObject(denied(code));
      expect(asked).toEqual([]);
    });
  }

  it("gives roles as they were at the instant of the call, whatever the order of the records", async () => {
    const early = await calledThen();
    const gate = gateWithAll();
    gate.clock.advance(3_600_000);
    const late = judgedIn(await recordOf(gate, call()));
    const { rejudge, asked } = second((data) => change(data, { roles: [{ role: "support", until: "2026-06-01T12:30:00Z" }] }));
    for (const judged of [early, late, early]) await rejudge.anew(judged);
    expect(asked.map((text) => JSON.parse(text).agent.roles)).toEqual([["support"], [], ["support"]]);
  });

  it("gives its own facts about server and tool", async () => {
    const { rejudge, asked } = second((data) => {
      data.catalog.servers.crm = server({ owner: "finance", status: "retired" });
      data.catalog.tools.crm = { refund: entry(refund, { risk: "critical", effects: ["pay"] }) };
      data.catalog.timezone = "UTC";
    });
    await rejudge.anew(await calledThen());
    const input = JSON.parse(asked[0] ?? "");
    expect(input).toMatchObject({
      server: { owner: "finance", status: "retired" },
      tool: { risk: "critical", effects: ["pay"], pinned: true },
    });
    expect(input.time).toMatchObject({ hour: 12, tz: "UTC" });
  });

  const strict = tool("refund", { type: "object", properties: { reason: { type: "string" } }, required: ["reason"] });

  it("with another pin tells policy that the server had something else", async () => {
    const { rejudge, asked } = second((data) => {
      data.catalog.tools.crm = { refund: entry(tool("refund", { type: "object", title: "Refunds" })) };
    });
    expect(await rejudge.anew(await calledThen({ amount: 1 }))).toMatchObject({ kind: "decided" });
    expect(JSON.parse(asked[0] ?? "")).toMatchObject({ tool: { pinned: false }, args: { amount: 1 } });
  });

  it("with a new required argument also denies what does not have it, and policy does not see such arguments", async () => {
    const { rejudge, asked } = second((data) => {
      data.catalog.tools.crm = { refund: entry(strict) };
    });
    for (const args of [{ amount: 1 }, undefined])
      expect(await rejudge.anew(await calledThen(args))).toMatchObject({
        decision: { effect: "deny", known: true, reasons: [{ code: "args.invalid", rule: "toolgate" }] },
      });
    expect(JSON.parse(asked[0] ?? "").args).toBeUndefined();
    expect(await rejudge.anew(await calledThen({ reason: "late" }))).toMatchObject({ decision: { effect: "allow" } });
  });

  it("cannot tell what a server that had drifted would be to another pin", async () => {
    const gate = gateWithAll();
    const live = gate.live.crm;
    if (live) live.listing = listingOf({});
    const judged = judgedIn(await recordOf(gate, call()));
    const same = second();
    expect(await same.rejudge.anew(judged)).toMatchObject({ kind: "decided" });
    expect(JSON.parse(same.asked[0] ?? "").tool.pinned).toBe(false);
    const other = second((data) => {
      data.catalog.tools.crm = { refund: entry(strict) };
    });
    expect(await other.rejudge.anew(judged)).toMatchObject({ kind: "unjudgeable", path: "/tool/pinned" });
  });

  it("of another tenant is not asked", async () => {
    const { rejudge } = second(() => {}, allow(), "acme");
    expect(await rejudge.anew(await calledThen())).toMatchObject({ kind: "unjudgeable", path: "/tenant" });
  });
});

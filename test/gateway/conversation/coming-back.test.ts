import { describe, expect, it } from "vitest";
import type { Answer, Exchange, GatewayRequest } from "../../../src/gateway/gateway.ts";
import {
  asking,
  client,
  everything,
  form,
  incapable,
  result,
  roots,
  type ScriptedGateway,
  sampling,
  scripted,
} from "./scripted-gateway.ts";

const accept = { action: "accept", content: { name: "Ann" } };

function told(answer: Answer) {
  if (answer.kind !== "input_required") throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.text) as {
    resultType: string;
    inputRequests: Record<string, { method: string; params: object }>;
    requestState: string;
  };
}

const back = (requestState: string, inputResponses: Record<string, unknown> = { who: accept }): Partial<GatewayRequest> => ({
  resumed: { inputResponses, requestState },
});

const ann = client("stateless");

/** Asks once, then answers. */
const asksOnce = (requestState?: string) =>
  scripted({ server: (_, number) => (number === 1 ? asking({ who: form() }, requestState) : result()) });

async function stateOf(gate: ScriptedGateway, who: Exchange = ann): Promise<string> {
  return told(await gate.request(who, {})).requestState;
}

describe("a stateless server that asks a client without sessions", () => {
  it("gets the answers and its state when the client comes back; nothing is kept in between", async () => {
    const gate = asksOnce("its state");
    const first = told(await gate.request(ann, {}));
    expect(first.resultType).toBe("input_required");
    expect(first.inputRequests).toEqual({ who: form() });
    expect(first.requestState).not.toContain("its state");
    expect((await gate.request(ann, back(first.requestState))).kind).toBe("result");
    expect(gate.seen[1]?.resumed).toEqual({ inputResponses: { who: accept }, requestState: "its state" });
    const [one, two] = gate.records("intent");
    expect(two).toMatchObject({ resumes: one?.id });
    expect(gate.records("answer")).toMatchObject([{ of: two?.id, id: gate.records("question")[0]?.id }]);
    expect(gate.records("outcome")).toMatchObject([{ effect: "input_required" }, { effect: "allow" }]);
  });

  it("costs nothing for the leg that ended in questions", async () => {
    const gate = scripted({
      server: (_, number) => (number === 1 ? asking({ who: form() }) : result()),
      decide: ({ method }) =>
        method === "tools/call" ? { obligations: [{ type: "budget", rule: "r", name: "refunds-per-day", cost: 1 }] } : {},
    });
    const state = await stateOf(gate);
    await gate.request(ann, back(state));
    expect(gate.records("outcome").map(({ reservation }) => (reservation as { state: string }).state)).toEqual(["refunded", "committed"]);
  });

  it("gets a state from us even where it has none, without which answers are not looked at", async () => {
    const gate = asksOnce();
    await stateOf(gate);
    expect((await gate.request(ann, { resumed: { inputResponses: { who: accept } } })).kind).toBe("result");
    expect(gate.seen[1]?.resumed).toBeUndefined();
  });

  it("gets no answers to what it never asked", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    await gate.request(ann, back(state, { who: accept, other: { action: "accept" } }));
    expect(gate.seen[1]?.resumed).toEqual({ inputResponses: { who: accept }, requestState: "s" });
  });

  it("is asked again where no answer came", async () => {
    const gate = scripted({ server: () => asking({ who: form() }, "s") });
    const state = await stateOf(gate);
    expect(told(await gate.request(ann, back(state, {}))).inputRequests).toEqual({ who: form() });
    expect(gate.seen[1]?.resumed).toEqual({ requestState: "s" });
  });

  it("gets a no with the next leg for what policy refuses, and the client is asked only the rest", async () => {
    const gate = scripted({
      server: (_, number) => (number === 1 ? asking({ who: form(), card: form("Your card?", ["card"]) }, "s") : result()),
      decide: ({ elicitation }) =>
        (elicitation as { fields?: string[] } | undefined)?.fields?.includes("card") ? { effect: "deny", known: false } : {},
    });
    const first = told(await gate.request(ann, {}));
    expect(Object.keys(first.inputRequests)).toEqual(["who"]);
    await gate.request(ann, back(first.requestState));
    expect(gate.seen[1]?.resumed).toEqual({ inputResponses: { card: { action: "decline" }, who: accept }, requestState: "s" });
  });

  it("gets its no at once where nothing is left to ask", async () => {
    const gate = scripted({
      server: (_, number) => (number === 1 ? asking({ who: form() }, "s") : result()),
      decide: ({ elicitation }) => (elicitation ? { effect: "deny", known: false } : {}),
    });
    expect((await gate.request(ann, {})).kind).toBe("result");
    expect(gate.seen[1]?.resumed).toEqual({ inputResponses: { who: { action: "decline" } }, requestState: "s" });
  });

  it.each([sampling, roots])("ends the call where policy refuses $method, and the client learns no word of it", async (asked) => {
    const gate = scripted({
      server: () => asking({ q: asked, who: form("secret words") }),
      decide: ({ method }) => (method === asked.method ? { effect: "deny", known: false } : {}),
    });
    const answer = await gate.request(ann, {});
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.not_granted" }] });
    expect(JSON.stringify(answer)).not.toContain("secret words");
    expect(gate.seen).toHaveLength(1);
  });

  it("ends the call where the client did not declare that it can answer", async () => {
    const gate = scripted({ server: () => asking({ who: form() }) });
    expect(await gate.request(client("stateless", { capabilities: incapable }), {})).toMatchObject({
      kind: "incapable",
      required: { elicitation: { form: {} } },
    });
  });

  it("asks without context where the client offers none, and what policy sees is what is asked", async () => {
    const { sampling: _, ...rest } = everything;
    const capabilities = { ...rest, sampling: { tools: false, context: false } };
    const asked = { ...sampling, params: { ...sampling.params, includeContext: "allServers" } };
    const contexts: unknown[] = [];
    const gate = scripted({
      server: () => asking({ q: asked }),
      decide: (input) => {
        if (input.sampling) contexts.push((input.sampling as { include_context: string }).include_context);
        return {};
      },
    });
    expect(told(await gate.request(client("stateless", { capabilities }), {})).inputRequests).toEqual({ q: sampling });
    expect(contexts).toEqual(["none"]);
  });

  it("may ask over as many legs as one request may have, and no more", async () => {
    const gate = scripted({ questions: { maxRounds: 2 }, server: () => asking({ who: form() }, "s") });
    const second = told(await gate.request(ann, back(await stateOf(gate))));
    const third = await gate.request(ann, back(second.requestState));
    expect(third).toMatchObject({ kind: "refused", reasons: [{ code: "question.too_many" }] });
  });

  it("that asks nothing and only gives its state gets it back when the client comes again", async () => {
    const gate = scripted({ server: (_, number) => (number === 1 ? asking({}, "s") : result()) });
    const first = told(await gate.request(ann, {}));
    expect(first.inputRequests).toBeUndefined();
    expect(gate.seen).toHaveLength(1);
    expect((await gate.request(ann, { resumed: { requestState: first.requestState } })).kind).toBe("result");
    expect(gate.seen[1]?.resumed).toEqual({ requestState: "s" });
  });

  it("is given up when it asks more at once than anybody looks at", async () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`q${at}`, form()]));
    const gate = scripted({ server: () => asking(many) });
    expect(await gate.request(ann, {})).toMatchObject({ kind: "refused", reasons: [{ code: "upstream.invalid_answer" }] });
    expect(gate.records("question")).toEqual([]);
  });

  it("is judged anew with each leg", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    gate.swap(() => ({ effect: "deny", reasons: [{ code: "crm.closed", rule: "crm" }] }));
    expect((await gate.request(ann, back(state))).kind).toBe("refused");
    expect(gate.seen).toHaveLength(1);
  });
});

describe("what a client brings back", () => {
  it("goes to no server under another bundle than the one that let the question through", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    gate.swap(() => ({}), {}, `sha256:${"1".repeat(64)}`);
    expect(await gate.request(ann, back(state))).toMatchObject({
      kind: "invalid",
      detail: "the rules have changed since the question; start again",
    });
    expect(gate.seen).toHaveLength(1);
    expect(gate.records("refusal")).toMatchObject([{ reasons: [{ code: "question.state_invalid" }] }]);
    expect((await gate.request(ann, back(state, {}))).kind).toBe("result");
    expect(gate.seen[1]?.resumed).toEqual({ requestState: "s" });
  });

  const cases: readonly [string, Exchange, Partial<GatewayRequest>][] = [
    ["by another principal", client("stateless", { principal: { subject: "bob" } }), {}],
    ["with other arguments", ann, { asked: { method: "tools/call", name: "refund", args: { amount: 6 } } }],
  ];
  it.each(cases)("is refused %s, and the server sees nothing", async (_, who, change) => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    const answer = await gate.request(who, { ...back(state), ...change });
    expect(answer).toMatchObject({ kind: "invalid", detail: "requestState is not one of this request" });
    expect(gate.seen).toHaveLength(1);
    expect(gate.records("refusal")).toMatchObject([{ reasons: [{ code: "question.state_invalid" }] }]);
  });

  it("is refused through another door", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    const { serverId: _, ...aggregate } = ann;
    const asked = { method: "tools/call", name: "crm__refund", args: { amount: 5 } } as const;
    expect(await gate.request(aggregate, { ...back(state), asked })).toMatchObject({ kind: "invalid" });
    expect(gate.seen).toHaveLength(1);
  });

  it("is refused where it was made up, changed, or sealed for something else, in the same words", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    const { sealer } = gate.parts;
    const until = gate.clock.now() + 1000;
    for (const forged of [
      "",
      "x",
      `${state.slice(0, -2)}AA`,
      sealer.seal("task", { v: 1 }, until),
      sealer.seal("state", { v: 2 }, until),
    ]) {
      expect(await gate.request(ann, back(forged))).toMatchObject({ kind: "invalid", detail: "requestState is not one of this request" });
    }
    expect(gate.seen).toHaveLength(1);
  });

  it("is refused when it comes too late, and says so", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    gate.clock.advance(60_001);
    const later = client("stateless", { principal: { expiresAt: gate.clock.now() + 1000 } });
    expect(await gate.request(later, back(state))).toMatchObject({ kind: "invalid", detail: expect.stringContaining("expired") });
    expect(gate.seen).toHaveLength(1);
  });

  it("is refused where an answer cannot be used", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    for (const bad of [null, "yes", { action: "ok" }, { action: "decline", content: {} }, { action: "accept", content: { admin: true } }]) {
      expect((await gate.request(ann, back(state, { who: bad }))).kind).toBe("invalid");
    }
    expect(gate.seen).toHaveLength(1);
  });

  it("does not reach the server where its answers cannot be put on record", async () => {
    const gate = asksOnce("s");
    const state = await stateOf(gate);
    gate.log.refuse("disk full");
    expect((await gate.request(ann, back(state))).kind).toBe("refused");
    expect(gate.seen).toHaveLength(1);
  });
});

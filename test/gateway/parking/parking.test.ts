import { describe, expect, it } from "vitest";
import type { QuestionAnswer } from "../../../src/core/question.ts";
import type { Answer, GatewayRequest } from "../../../src/gateway/gateway.ts";
import { createParking, type ParkedCall } from "../../../src/gateway/parking/index.ts";
import { client, form, result, type ScriptedOptions, scripted } from "../conversation/scripted-gateway.ts";

const ann = client("stateless");
const accept = { action: "accept", content: { name: "Ann" } };

function told(answer: Answer) {
  if (answer.kind !== "input_required") throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.text) as { inputRequests: Record<string, { params: object }>; requestState: string };
}

const back = (requestState: string, inputResponses: Record<string, unknown>): Partial<GatewayRequest> => ({
  resumed: { inputResponses, requestState },
});

/** A server with sessions that asks so many things at once in the middle of its call. */
function waiting(options: Partial<ScriptedOptions> & { readonly count?: number } = {}) {
  const heard: (QuestionAnswer | undefined)[] = [];
  const { count = 1, ...rest } = options;
  const gate = scripted({
    server: async (call) => {
      const asked = Array.from({ length: count }, (_, at) => call.onQuestion?.(form(`question ${at + 1}`)));
      heard.push(...(await Promise.all(asked)));
      return result();
    },
    ...rest,
  });
  return { gate, heard };
}

const recorded = async (condition: () => boolean) => {
  for (let turns = 0; turns < 1000 && !condition(); turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(condition()).toBe(true);
};

describe("a call of a server with sessions that waits for a client without", () => {
  it("goes on when the client comes back, on the same request of the server", async () => {
    const { gate, heard } = waiting();
    const { requestState, inputRequests } = told(await gate.request(ann, {}));
    const [key = ""] = Object.keys(inputRequests);
    expect((await gate.request(ann, back(requestState, { [key]: accept }))).kind).toBe("result");
    expect(heard).toEqual([{ kind: "result", result: accept }]);
    expect(gate.seen).toHaveLength(1);
    const [one, two] = gate.records("intent");
    expect(two).toMatchObject({ resumes: one?.id });
    expect(gate.records("outcome")).toMatchObject([{ effect: "input_required" }, { effect: "allow" }]);
  });

  it("survives the end of the client's first request", async () => {
    const { gate } = waiting();
    const request = new AbortController();
    const { requestState, inputRequests } = told(await gate.request(ann, { signal: request.signal }));
    request.abort();
    const [key = ""] = Object.keys(inputRequests);
    expect((await gate.request(ann, back(requestState, { [key]: accept }))).kind).toBe("result");
  });

  it("spends its budgets once, with the leg that was parked", async () => {
    const { gate } = waiting({
      decide: ({ method }) =>
        method === "tools/call" ? { obligations: [{ type: "budget", rule: "r", name: "refunds-per-day", cost: 1 }] } : {},
    });
    const { requestState } = told(await gate.request(ann, {}));
    await gate.request(ann, back(requestState, { q1: accept }));
    expect(gate.records("outcome").map(({ reservation }) => reservation)).toMatchObject([{ state: "committed" }, undefined]);
  });

  it("is taken once: what is brought back again finds nothing", async () => {
    const { gate, heard } = waiting();
    const { requestState } = told(await gate.request(ann, {}));
    await gate.request(ann, back(requestState, { q1: accept }));
    expect(await gate.request(ann, back(requestState, { q1: accept }))).toMatchObject({
      kind: "invalid",
      detail: "the call that was waiting is gone; start again",
    });
    expect(heard).toHaveLength(1);
    expect(gate.seen).toHaveLength(1);
  });

  it("is another principal's for nobody else, and still there for its own", async () => {
    const { gate, heard } = waiting();
    const { requestState } = told(await gate.request(ann, {}));
    const bob = client("stateless", { principal: { subject: "bob" } });
    expect((await gate.request(bob, back(requestState, { q1: accept }))).kind).toBe("invalid");
    expect(heard).toEqual([]);
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("result");
  });

  it("asks again for what is missing, under a new state", async () => {
    const { gate, heard } = waiting({ count: 2 });
    const first = told(await gate.request(ann, {}));
    expect(Object.keys(first.inputRequests)).toEqual(["q1", "q2"]);
    const second = told(await gate.request(ann, back(first.requestState, { q1: accept })));
    expect(second.inputRequests).toMatchObject({ q2: { params: { message: "question 2" } } });
    expect((await gate.request(ann, back(first.requestState, { q2: accept }))).kind).toBe("invalid");
    expect((await gate.request(ann, back(second.requestState, { q2: { action: "decline" } }))).kind).toBe("result");
    expect(heard).toMatchObject([{ result: accept }, { result: { action: "decline" } }]);
    expect(gate.seen).toHaveLength(1);
  });

  it("keeps what the first decision asked for its result", async () => {
    const { gate } = waiting({
      decide: ({ method }) => (method === "tools/call" ? { obligations: [{ type: "limit_result", rule: "r", bytes: 5 }] } : {}),
    });
    const { requestState } = told(await gate.request(ann, {}));
    gate.swap(() => ({}));
    expect(await gate.request(ann, back(requestState, { q1: accept }))).toMatchObject({
      kind: "refused",
      reasons: [{ code: "result.too_large" }],
    });
  });

  it("is refused beyond as many as one principal may leave waiting, and cancelled at its server", async () => {
    const { gate } = waiting({ questions: { parkedPerOwner: 1 } });
    const { requestState } = told(await gate.request(ann, {}));
    expect(await gate.request(ann, {})).toMatchObject({ kind: "refused", reasons: [{ code: "question.parked_limit" }] });
    expect(gate.seen[1]?.signal?.aborted).toBe(true);
    const bob = client("stateless", { principal: { subject: "bob" } });
    expect((await gate.request(bob, {})).kind).toBe("input_required");
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("result");
    expect((await gate.request(ann, {})).kind).toBe("input_required");
  });

  it("is given up when nobody comes back in time, with a record", async () => {
    const { gate } = waiting({ questions: { parkedMs: 5 } });
    await gate.request(ann, {});
    await new Promise<void>((resolve) => gate.seen[0]?.signal?.addEventListener("abort", () => resolve()));
    await recorded(() => gate.records("refusal").length === 1);
    expect(gate.records("refusal")).toMatchObject([
      { resumes: gate.records("intent")[0]?.id, target: "crm.refund", effect: "deny", reasons: [{ code: "question.abandoned" }] },
    ]);
  });

  it("is given up when the token of its principal expires", async () => {
    const { gate } = waiting();
    await gate.request(client("stateless", { principal: { expiresAt: gate.clock.now() + 5 } }), {});
    await new Promise<void>((resolve) => gate.seen[0]?.signal?.addEventListener("abort", () => resolve()));
    await recorded(() => gate.records("refusal").length === 1);
  });

  it("is given up when a new bundle denies it, and goes on waiting when it does not", async () => {
    const { gate } = waiting();
    const { requestState } = told(await gate.request(ann, {}));
    await gate.request(client("stateless", { principal: { subject: "bob" } }), {});
    gate.swap(() => ({}));
    await new Promise((resolve) => setImmediate(resolve));
    expect(gate.seen.map(({ signal }) => signal?.aborted)).toEqual([false, false]);
    gate.swap(() => ({ effect: "deny", reasons: [{ code: "crm.closed", rule: "crm" }] }));
    await recorded(() => gate.records("refusal").length === 2);
    expect(gate.seen.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
    gate.swap(() => ({}));
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("invalid");
  });

  it("is given up at shutdown, on record", async () => {
    const { gate } = waiting();
    await gate.request(ann, {});
    await gate.gateway.close();
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
    expect(gate.records("refusal")).toMatchObject([{ reasons: [{ code: "question.abandoned" }] }]);
    expect((await gate.request(ann, {})).kind).toBe("refused");
  });

  it("is given up where its client cannot be told because the outcome cannot be put on record", async () => {
    let asked = 0;
    const { gate } = waiting({
      decide: () => {
        asked += 1;
        return {};
      },
    });
    const append = gate.log.append.bind(gate.log);
    Object.assign(gate.log, {
      append: (body: string, durability: "grouped") => {
        if (body.startsWith('{"kind":"outcome"')) gate.log.refuse("disk full");
        return append(body, durability);
      },
    });
    expect((await gate.request(ann, {})).kind).toBe("refused");
    expect(asked).toBe(2);
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
  });

  it("is given up after a bug on the way on, with an outcome that is charged and without a result", async () => {
    let questions = 0;
    const { gate, heard } = waiting({
      count: 2,
      decide: ({ elicitation }) => {
        if (elicitation && ++questions > 2) throw new Error("a bug");
        return {};
      },
    });
    const { requestState } = told(await gate.request(ann, {}));
    const answer = await gate.request(ann, back(requestState, { q1: accept }));
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "gateway.error" }] });
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
    expect(gate.records("outcome")).toHaveLength(2);
    expect(heard[1]).toMatchObject({ kind: "error" });
  });

  it("cannot be kept open without end by a client that comes back without answers", async () => {
    const { gate } = waiting({ questions: { maxRounds: 3 } });
    let { requestState } = told(await gate.request(ann, {}));
    for (let round = 1; round < 3; round++) ({ requestState } = told(await gate.request(ann, back(requestState, {}))));
    expect(await gate.request(ann, back(requestState, {}))).toMatchObject({ kind: "refused", reasons: [{ code: "question.too_many" }] });
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("invalid");
  });

  it("hears no answer to a question that a new bundle no longer lets it ask", async () => {
    const { gate, heard } = waiting();
    const { requestState } = told(await gate.request(ann, {}));
    gate.swap(({ elicitation }) => (elicitation ? { effect: "deny", known: false } : {}));
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("result");
    expect(heard).toEqual([{ kind: "result", result: { action: "decline" } }]);
    expect(gate.records("answer")).toEqual([]);
    expect(gate.records("question").at(-1)).toMatchObject({ effect: "deny", reasons: [{ code: "question.not_granted" }] });
  });

  it("hears no answer where a new bundle names another place for its server", async () => {
    const { gate, heard } = waiting();
    const { requestState } = told(await gate.request(ann, {}));
    gate.swap(() => ({}), { transport: { kind: "http", url: "https://new.example/mcp", host_class: "public" } });
    expect((await gate.request(ann, back(requestState, { q1: accept }))).kind).toBe("invalid");
    expect(gate.seen.map(({ signal }) => signal?.aborted)).toEqual([true]);
    expect(heard.filter((answer) => answer?.kind === "result")).toEqual([]);
  });

  it("is given up when the key of the active bundle is revoked, not with the next request", async () => {
    const { gate } = waiting();
    await gate.request(ann, {});
    gate.revoke();
    await recorded(() => gate.records("refusal").length === 1);
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
  });

  it("does not wait where its state cannot be sealed", async () => {
    const { gate } = waiting({ questions: { parkedPerOwner: 1 } });
    const { seal } = gate.parts.sealer;
    Object.assign(gate.parts.sealer, {
      seal: () => {
        throw new Error("no key");
      },
    });
    expect(await gate.request(ann, {})).toMatchObject({ kind: "refused", reasons: [{ code: "gateway.error" }] });
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
    Object.assign(gate.parts.sealer, { seal });
    expect((await gate.request(ann, {})).kind).toBe("input_required");
  });
});

it("does not fill memory with the calls of many principals who never come back", async () => {
  const { gate } = waiting();
  const parking = createParking({ perOwner: 2, most: 3, onAbandoned: async () => {} });
  const abandoned: string[] = [];
  const parked = (owner: string, id: string) => {
    const call = { id, parts: gate.parts, exchange: client("stateless", { principal: { subject: owner } }) };
    const conversation = { abandon: () => abandoned.push(id) };
    return { call, conversation, outstanding: new Map(), round: 1, until: gate.clock.now() + 60_000 } as unknown as ParkedCall;
  };
  expect(["a", "b", "c", "d"].map((owner) => parking.park(parked(owner, `dec_${owner}`)))).toEqual([true, true, true, false]);
  expect(parking.take("dec_a", "default a support-bot")).toBeDefined();
  expect(parking.park(parked("d", "dec_d"))).toBe(true);
  await parking.close();
  expect(abandoned).toEqual(["dec_b", "dec_c", "dec_d"]);
});

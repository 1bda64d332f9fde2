import { describe, expect, it } from "vitest";
import type { Question, QuestionAnswer } from "../../../src/core/question.ts";
import { asking, client, everything, form, incapable, reply, result, roots, sampling, scripted } from "./scripted-gateway.ts";

const accept: QuestionAnswer = { kind: "result", result: { action: "accept", content: { name: "Ann" } } };
const question = (asked: { method: string; params: object }) => asked as Question;

/** A client with a session that gives the same answer to everything, and remembers what it was asked. */
function answering(answer: QuestionAnswer | ((question: Question) => Promise<QuestionAnswer>)) {
  const asked: Question[] = [];
  const ask = async (question: Question) => {
    asked.push(question);
    return typeof answer === "function" ? await answer(question) : answer;
  };
  return { asked, ask };
}

describe("a server with sessions that asks a client with sessions", () => {
  it("gets the client's answer in the middle of its call, and both are on record", async () => {
    let heard: QuestionAnswer | undefined;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    const answer = await gate.request(client("session"), { ask });
    expect(answer.kind).toBe("result");
    expect(heard).toEqual(accept);
    expect(asked).toEqual([form()]);
    const [intent] = gate.records("intent");
    expect(gate.records("question")).toMatchObject([
      { of: intent?.id, method: "elicitation/create", target: "crm.elicitation", effect: "allow", entrypoint: "toolgate/decide" },
    ]);
    expect(gate.records("answer")).toMatchObject([{ of: intent?.id, id: gate.records("question")[0]?.id, target: "crm.elicitation" }]);
    expect(gate.records("outcome")).toMatchObject([{ id: intent?.id, effect: "allow" }]);
  });

  it("is judged by the very words that the client gets", async () => {
    const inputs: unknown[] = [];
    const gate = scripted({
      server: async (call) => {
        await call.onQuestion?.(question(form("Your card?", ["number", "name"])));
        return result();
      },
      decide: (input) => {
        inputs.push(input);
        return {};
      },
    });
    const { ask, asked } = answering({ kind: "result", result: { action: "cancel" } });
    await gate.request(client("session"), { ask });
    expect(inputs[1]).toMatchObject({
      phase: "call",
      method: "elicitation/create",
      server: { id: "crm" },
      elicitation: { id: "crm.elicitation", origin: "crm.refund", mode: "form", fields: ["name", "number"] },
      args: asked[0]?.params as object,
    });
  });

  it("gets a no where policy refuses an elicitation, and the client hears nothing of it", async () => {
    let heard: unknown;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(question(form()));
        return result();
      },
      decide: (input) => (input.elicitation ? { effect: "deny", reasons: [{ code: "crm.no_questions", rule: "crm" }] } : {}),
    });
    const { ask, asked } = answering(accept);
    expect((await gate.request(client("session"), { ask })).kind).toBe("result");
    expect(heard).toEqual({ kind: "result", result: { action: "decline" } });
    expect(asked).toEqual([]);
    expect(gate.records("question")).toMatchObject([{ effect: "deny", reasons: [{ code: "crm.no_questions" }] }]);
    expect(gate.records("answer")).toEqual([]);
  });

  it.each([sampling, roots])("gets an error where policy refuses $method, with the decision's id and nothing else", async (asked) => {
    let heard: unknown;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(question(asked));
        return result();
      },
      decide: (input) => (input.method === "tools/call" ? {} : { effect: "deny", known: false }),
    });
    const { ask, asked: put } = answering(accept);
    await gate.request(client("session"), { ask });
    const [record] = gate.records("question");
    expect(heard).toEqual({ kind: "error", error: { code: -1, message: `refused by policy (${record?.id})` } });
    expect(put).toEqual([]);
    expect(record).toMatchObject({ effect: "deny", reasons: [{ code: "question.not_granted" }] });
  });

  it("gets a no for what its definition does not let it ask, before policy is asked", async () => {
    const judged: string[] = [];
    const gate = scripted({
      row: { asks: ["sampling"] },
      server: async (call) => {
        await call.onQuestion?.(question(form()));
        return result();
      },
      decide: ({ method }) => {
        judged.push(method);
        return {};
      },
    });
    const { ask, asked } = answering(accept);
    await gate.request(client("session"), { ask });
    expect(judged).toEqual(["tools/call"]);
    expect(asked).toEqual([]);
    expect(gate.records("question")).toMatchObject([{ effect: "deny", reasons: [{ code: "question.not_granted" }] }]);
  });

  it("is told that the client cannot answer what the client did not declare", async () => {
    let heard: unknown;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    await gate.request(client("session", { capabilities: { ...everything, elicitation: { form: false, url: true } } }), { ask });
    expect(heard).toEqual({ kind: "error", error: { code: -32601, message: "the client cannot answer this" } });
    expect(asked).toEqual([]);
    expect(gate.records("question")).toMatchObject([{ effect: "deny", reasons: [{ code: "question.client_incapable" }] }]);
  });

  it("is told what is wrong with a question that cannot be read", async () => {
    let heard: QuestionAnswer | undefined;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(
          question({
            method: "elicitation/create",
            params: { message: "x", requestedSchema: { type: "object", properties: { a: { type: "object" } } } },
          }),
        );
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    await gate.request(client("session"), { ask });
    expect(heard).toMatchObject({ kind: "error", error: { code: -32602 } });
    expect(asked).toEqual([]);
    expect(gate.records("question")).toMatchObject([{ effect: "deny", detail: expect.stringContaining('"a"') }]);
  });

  it("gets an error for an answer with what nobody asked for", async () => {
    let heard: QuestionAnswer | undefined;
    const gate = scripted({
      server: async (call) => {
        heard = await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask } = answering({ kind: "result", result: { action: "accept", content: { name: "Ann", admin: true } } });
    await gate.request(client("session"), { ask });
    expect(heard).toMatchObject({ kind: "error", error: { code: -32602 } });
  });

  it("may ask several things at once, each answered on its own", async () => {
    const heard: unknown[] = [];
    const gate = scripted({
      server: async (call) => {
        heard.push(...(await Promise.all([form("a"), form("b")].map((asked) => call.onQuestion?.(question(asked))))));
        return result();
      },
    });
    const { ask } = answering(async ({ params }) => ({
      kind: "result",
      result: { action: "accept", content: { name: String(params.message) } },
    }));
    await gate.request(client("session"), { ask });
    expect(heard).toMatchObject([{ result: { content: { name: "a" } } }, { result: { content: { name: "b" } } }]);
    expect(gate.records("outcome")).toHaveLength(1);
  });

  it("ends its call without waiting for an answer that it needs no more", async () => {
    const gate = scripted({
      server: async (call) => {
        void call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask } = answering(() => new Promise(() => {}));
    expect((await gate.request(client("session"), { ask })).kind).toBe("result");
  });

  it("is given up when it asks too often", async () => {
    const gate = scripted({
      questions: { maxRounds: 3 },
      server: async (call) => {
        while ((await call.onQuestion?.(question(form())))?.kind === "result");
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    const answer = await gate.request(client("session"), { ask });
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.too_many" }] });
    expect(asked).toHaveLength(3);
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
  });

  it("is given up when nobody answers in time", async () => {
    const gate = scripted({
      questions: { parkedMs: 5 },
      server: async (call) => {
        await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask } = answering(() => new Promise(() => {}));
    const answer = await gate.request(client("session"), { ask });
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.abandoned" }] });
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
  });

  it("is cancelled with the client's request, and the call is charged", async () => {
    const gone = new AbortController();
    const gate = scripted({
      server: async (call) => {
        await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask } = answering(async () => {
      gone.abort();
      return await new Promise<QuestionAnswer>(() => {});
    });
    expect((await gate.request(client("session"), { ask, signal: gone.signal })).kind).toBe("cancelled");
    expect(gate.seen[0]?.signal?.aborted).toBe(true);
  });

  it("is not asked about where the question cannot be put on record", async () => {
    const gate = scripted({
      server: async (call) => {
        gate.log.refuse("disk full");
        await call.onQuestion?.(question(form()));
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    const answer = await gate.request(client("session"), { ask });
    expect(answer.kind).toBe("refused");
    expect(asked).toEqual([]);
  });

  it("gets no answer that cannot be put on record", async () => {
    const heard: unknown[] = [];
    const gate = scripted({
      server: async (call) => {
        heard.push(await call.onQuestion?.(question(form())));
        return result();
      },
    });
    const { ask } = answering(async () => {
      gate.log.refuse("disk full");
      return accept;
    });
    const answer = await gate.request(client("session"), { ask });
    expect(answer).toMatchObject({ kind: "refused" });
    expect(heard).not.toContainEqual(accept);
  });

  it("asks without known secrets, and the client sees what policy saw", async () => {
    const gate = scripted({
      server: async (call) => {
        await call.onQuestion?.(question(form("use s3cret")));
        return result();
      },
    });
    const { ask, asked } = answering(accept);
    await gate.request(client("session"), { ask });
    expect(JSON.stringify(asked)).toContain("use [secret]");
    expect(JSON.stringify(gate.records("question"))).not.toContain("s3cret");
  });
});

describe("a stateless server that asks a client with sessions", () => {
  it("gets its request again with the answers and its own state", async () => {
    const gate = scripted({ server: (_, number) => (number === 1 ? asking({ who: form() }, "its state") : result()) });
    const { ask } = answering(accept);
    expect((await gate.request(client("session"), { ask })).kind).toBe("result");
    expect(gate.seen).toHaveLength(2);
    expect(gate.seen[0]?.resumed).toBeUndefined();
    expect(gate.seen[1]?.resumed).toEqual({
      inputResponses: { who: accept.kind === "result" && accept.result },
      requestState: "its state",
    });
    expect(gate.records("intent")).toHaveLength(1);
    expect(gate.records("outcome")).toHaveLength(1);
  });

  it("gets a cancel for an answer that cannot be used", async () => {
    const gate = scripted({ server: (_, number) => (number === 1 ? asking({ who: form() }) : result()) });
    const { ask } = answering({ kind: "error", error: { code: -1, message: "no" } });
    await gate.request(client("session"), { ask });
    expect(gate.seen[1]?.resumed).toEqual({ inputResponses: { who: { action: "cancel" } } });
  });

  it("gets nothing where there is no answer for a model, and the call ends", async () => {
    const gate = scripted({ server: () => asking({ think: sampling }) });
    const { ask } = answering({ kind: "error", error: { code: -1, message: "no" } });
    const answer = await gate.request(client("session"), { ask });
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.abandoned" }] });
    expect(gate.seen).toHaveLength(1);
  });

  it("did nothing yet where its client goes away instead of answering, and nothing is charged", async () => {
    const gone = new AbortController();
    const gate = scripted({
      server: () => asking({ who: form() }),
      decide: ({ elicitation }) => (elicitation ? {} : { obligations: [{ type: "budget", rule: "r", name: "refunds-per-day", cost: 1 }] }),
    });
    const { ask } = answering(async () => {
      gone.abort();
      return await new Promise<QuestionAnswer>(() => {});
    });
    expect((await gate.request(client("session"), { ask, signal: gone.signal })).kind).toBe("cancelled");
    expect(gate.records("outcome")).toMatchObject([{ effect: "cancelled", reservation: { state: "refunded" } }]);
    expect(gate.seen).toHaveLength(1);
  });

  it("is given up after as many rounds as one request may have", async () => {
    const gate = scripted({ server: () => asking({ who: form() }, "again") });
    const { ask, asked } = answering(accept);
    const answer = await gate.request(client("session"), { ask });
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.too_many" }] });
    expect(asked).toHaveLength(8);
    expect(gate.seen).toHaveLength(9);
  });

  it("ends the call where the client did not declare that it can answer", async () => {
    const gate = scripted({ server: () => asking({ who: form(), think: sampling }) });
    const { ask, asked } = answering(accept);
    const answer = await gate.request(client("session", { capabilities: incapable }), { ask });
    expect(answer).toMatchObject({ kind: "incapable", required: { elicitation: { form: {} }, sampling: {} } });
    expect(asked).toEqual([]);
    expect(gate.seen).toHaveLength(1);
  });

  it("may not wait for a client whose session takes no questions", async () => {
    const gate = scripted({ server: () => asking({ who: form() }) });
    expect((await gate.request(client("session"), {})).kind).toBe("incapable");
    expect(gate.seen[0]?.capabilities).toEqual(incapable);
  });

  it("gives a client with sessions the id that its questions with addresses need", async () => {
    const url = { method: "elicitation/create", params: { mode: "url", message: "open", url: "https://crm.example/connect" } };
    const gate = scripted({ server: (_, number) => (number === 1 ? asking({ open: url }) : result()) });
    const { ask, asked } = answering({ kind: "result", result: { action: "accept" } });
    await gate.request(client("session"), { ask });
    expect(asked[0]?.params).toMatchObject({ url: "https://crm.example/connect", elicitationId: gate.records("question")[0]?.id });
  });
});

describe("an error of a server that asks for addresses to be opened", () => {
  const required = (urls: readonly string[]) =>
    reply({
      kind: "error",
      error: {
        code: -32042,
        message: "more is needed",
        data: { elicitations: urls.map((url, at) => ({ mode: "url", elicitationId: `e${at}`, url, message: "open" })), more: "not judged" },
      },
    });

  it("is told to a client with sessions with the addresses that were judged, and nothing else", async () => {
    const gate = scripted({ server: () => required(["https://crm.example/a"]) });
    const answer = await gate.request(client("session"), {});
    expect(answer).toMatchObject({ kind: "error", code: -32042 });
    expect(answer.kind === "error" && answer.data).toEqual({
      elicitations: [{ mode: "url", elicitationId: "e0", url: "https://crm.example/a", message: "open" }],
    });
    expect(gate.records("question")).toMatchObject([{ effect: "allow" }]);
  });

  it("is kept from the client if policy refuses one of them", async () => {
    const gate = scripted({
      server: () => required(["https://crm.example/a", "https://evil.example/b"]),
      decide: ({ elicitation }) =>
        (elicitation as { host?: string } | undefined)?.host === "evil.example" ? { effect: "deny", known: false } : {},
    });
    const answer = await gate.request(client("session"), {});
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.not_granted" }] });
    expect(JSON.stringify(answer)).not.toContain("evil.example");
  });

  it("is kept from a client that opens no addresses", async () => {
    const gate = scripted({ server: () => required(["https://crm.example/a"]) });
    const answer = await gate.request(client("session", { capabilities: incapable }), {});
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.client_incapable" }] });
  });

  it("becomes questions for a client without sessions, whose request then goes to the server anew", async () => {
    const gate = scripted({ server: (_, number) => (number === 1 ? required(["https://crm.example/a"]) : result()) });
    const first = await gate.request(client("stateless"), {});
    if (first.kind !== "input_required") throw new Error(first.kind);
    const told = JSON.parse(first.text);
    expect(told.inputRequests).toMatchObject({ e0: { method: "elicitation/create", params: { url: "https://crm.example/a" } } });
    const resumed = { inputResponses: { e0: { action: "accept" } }, requestState: told.requestState };
    expect((await gate.request(client("stateless"), { resumed })).kind).toBe("result");
    expect(gate.seen[1]?.resumed ?? {}).toEqual({});
  });
});

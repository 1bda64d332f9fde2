import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/gateway/gateway.ts";
import { asking, client, form, type Input, result, type ScriptedGateway, scripted } from "../conversation/scripted-gateway.ts";
import { lift, quarantine } from "./quarantining.ts";

const accept = { action: "accept", content: { name: "Ann" } };
const oneRefund = ({ method }: Input) =>
  method === "tools/call" ? { obligations: [{ type: "budget" as const, rule: "r", name: "refunds-per-day", cost: 1 }] } : {};

const codes = (answer: Answer) => (answer.kind === "refused" ? answer.reasons.map(({ code }) => code) : [answer.kind]);

/** Quarantines when the intent is on record: after policy and budgets, and before anything is sent. */
function betweenJudgeAndDispatch(gate: ScriptedGateway, act: () => Promise<unknown>): void {
  const append = gate.log.append.bind(gate.log);
  let acted = false;
  gate.log.append = async (text, durability) => {
    const appended = await append(text, durability);
    if (!acted && text.includes('"kind":"intent"')) {
      acted = true;
      await act();
    }
    return appended;
  };
}

describe("a call of somebody who is quarantined", () => {
  it.each([
    ["agent", "support-bot"],
    ["user", "ann"],
    ["session", "ses_1"],
    ["server", "crm"],
    ["tool", "crm.refund"],
  ] as const)("is refused for its %s, on record, and its server sees nothing", async (kind, subject) => {
    const gate = scripted({ server: () => result() });
    await quarantine(gate.parts.operations, kind, subject);
    const answer = await gate.request(client("session", { session: { id: "ses_1", openedAt: 0 } }), {});
    expect(codes(answer)).toEqual([`${kind}.quarantined`]);
    expect(gate.records("refusal")).toMatchObject([{ effect: "deny", reasons: [{ code: `${kind}.quarantined` }] }]);
    expect(gate.records("intent")).toEqual([]);
    expect(gate.seen).toEqual([]);
  });

  it("goes through again once it is lifted", async () => {
    const gate = scripted({ server: () => result() });
    const id = await quarantine(gate.parts.operations, "tool", "crm.refund");
    expect(codes(await gate.request(client("session"), {}))).toEqual(["tool.quarantined"]);
    await lift(gate.parts.operations, id);
    expect((await gate.request(client("session"), {})).kind).toBe("result");
  });

  it("looks like one of an unknown tool to whoever may not know it", async () => {
    const gate = scripted({ server: () => result(), decide: () => ({ known: false, effect: "deny" }) });
    const before = await gate.request(client("session"), {});
    for (const [kind, subject] of [
      ["tool", "crm.refund"],
      ["server", "crm"],
    ] as const) {
      await quarantine(gate.parts.operations, kind, subject);
      const after = await gate.request(client("session"), {});
      expect({ ...after, decisionId: "" }).toEqual({ ...before, decisionId: "" });
    }
    expect(before.kind).toBe("unknown");
    expect(gate.records("refusal").map(({ reasons }) => reasons)).toEqual(Array(3).fill(gate.records("refusal")[0]?.reasons));
  });

  it.each([
    ["agent", "support-bot"],
    ["tool", "crm.refund"],
  ] as const)("is stopped when the %s is quarantined between judging and sending; nothing is spent", async (kind, subject) => {
    const gate = scripted({ server: () => result(), decide: oneRefund });
    betweenJudgeAndDispatch(gate, () => quarantine(gate.parts.operations, kind, subject));
    expect(codes(await gate.request(client("session"), {}))).toEqual([`${kind}.quarantined`]);
    expect(gate.seen).toEqual([]);
    expect(gate.records("outcome")).toMatchObject([
      { effect: "deny", reasons: [{ code: `${kind}.quarantined` }], reservation: { state: "refunded" } },
    ]);
  });

  it("under way at a server gets no result, which is charged, and what the server says ahead ends", async () => {
    const heard: number[] = [];
    const gate = scripted({
      server: async (call) => {
        call.onProgress?.({ progress: 1 });
        await quarantine(gate.parts.operations, "agent", "support-bot");
        call.onProgress?.({ progress: 2 });
        return result("the secret");
      },
      decide: oneRefund,
    });
    const answer = await gate.request(client("session"), { onProgress: ({ progress }) => heard.push(progress) });
    expect(codes(answer)).toEqual(["agent.quarantined"]);
    expect(JSON.stringify(answer)).not.toContain("the secret");
    expect(heard).toEqual([1]);
    expect(gate.records("outcome")).toMatchObject([{ effect: "deny", reservation: { state: "committed" } }]);
  });

  it("brings no answer to a server that waits for one", async () => {
    let answered = false;
    const gate = scripted({
      server: async (call) => {
        const asked = Promise.resolve(call.onQuestion?.(form())).then(() => true);
        const gone = new Promise<false>((resolve) => call.signal?.addEventListener("abort", () => resolve(false)));
        answered = await Promise.race([asked, gone]);
        return result();
      },
    });
    const answer = await gate.request(client("session"), {
      ask: async () => {
        // The server waits for the answer by now.
        await new Promise(setImmediate);
        await quarantine(gate.parts.operations, "user", "ann");
        return { kind: "result", result: accept };
      },
    });
    expect(codes(answer)).toEqual(["user.quarantined"]);
    expect(answered).toBe(false);
    expect(gate.records("answer")).toEqual([]);
  });

  it("does not come back with answers to a server that keeps nothing", async () => {
    const gate = scripted({ server: (_, number) => (number === 1 ? asking({ who: form() }, "state") : result()) });
    const ann = client("stateless");
    const first = await gate.request(ann, {});
    if (first.kind !== "input_required") throw new Error(first.kind);
    const { requestState } = JSON.parse(first.text) as { requestState: string };
    await quarantine(gate.parts.operations, "agent", "support-bot");
    const second = await gate.request(ann, { resumed: { inputResponses: { who: accept }, requestState } });
    expect(codes(second)).toEqual(["agent.quarantined"]);
    expect(gate.seen).toHaveLength(1);
    expect(gate.records("answer")).toEqual([]);
  });

  it("is not shown the questions of a server that is quarantined meanwhile", async () => {
    const gate = scripted({
      server: async () => {
        await quarantine(gate.parts.operations, "server", "crm");
        return asking({ who: form() }, "state");
      },
    });
    const answer = await gate.request(client("stateless"), {});
    expect(codes(answer)).toEqual(["server.quarantined"]);
    expect(gate.records("question")).toMatchObject([{ effect: "deny", reasons: [{ code: "server.quarantined" }] }]);
  });
});

describe("without a state that can be trusted", () => {
  it("no call passes, and readiness says so", async () => {
    const away = { ms: 0 };
    const gate = scripted({ server: () => result(), staleMs: () => away.ms });
    expect((await gate.request(client("session"), {})).kind).toBe("result");
    expect(gate.gateway.readiness().parts.operations).toEqual({ ok: true, detail: "known" });
    away.ms = 7_300;
    expect(codes(await gate.request(client("session"), {}))).toEqual(["gateway.operations_unknown"]);
    expect(gate.gateway.readiness()).toMatchObject({
      ready: false,
      parts: { operations: { ok: false, detail: "nothing was heard of quarantine and rollouts for 7 s" } },
    });
    expect(gate.seen).toHaveLength(1);
    away.ms = 0;
    expect((await gate.request(client("session"), {})).kind).toBe("result");
  });

  it("a result that is there already is not held back: its server acted, and nobody may be told to try again", async () => {
    const away = { ms: 0 };
    const gate = scripted({
      server: () => {
        away.ms = 60_000;
        return result();
      },
      staleMs: () => away.ms,
    });
    expect((await gate.request(client("session"), {})).kind).toBe("result");
  });
});

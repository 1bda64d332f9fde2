import { expect, it } from "vitest";
import type { Question } from "../../../src/core/question.ts";
import { client, form, result, scripted } from "../conversation/scripted-gateway.ts";

it("a question spends what it costs when it is asked, and is not asked beyond that", async () => {
  const asked: Question[] = [];
  const heard: unknown[] = [];
  const gate = scripted({
    budgets: { questions: { unit: "calls", limit: 1, window: { kind: "fixed", seconds: 3600 }, per: ["user", "tool"] } },
    server: async (call) => {
      heard.push(await call.onQuestion?.(form() as Question));
      return result();
    },
    decide: ({ elicitation }) => (elicitation ? { obligations: [{ type: "budget", rule: "crm", name: "questions", cost: 1 }] } : {}),
  });
  const ask = async (question: Question) => {
    asked.push(question);
    return { kind: "result", result: { action: "decline" } } as const;
  };
  await gate.request(client("session"), { ask });
  await gate.request(client("session"), { ask });
  expect(asked).toHaveLength(1);
  expect(heard).toEqual([
    { kind: "result", result: { action: "decline" } },
    { kind: "result", result: { action: "decline" } },
  ]);
  const [first, second] = gate.records("question");
  expect(first).toMatchObject({
    effect: "allow",
    reservation: { levels: [{ budget: "questions", held: 1, key: expect.stringContaining("crm.elicitation") }] },
  });
  expect(second).toMatchObject({ effect: "deny", reasons: [{ code: "budget.exhausted" }] });
});

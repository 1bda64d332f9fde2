import { lightLoad } from "../../src/parts/policy/index.ts";
import type { Company } from "../support/gate.ts";
import { type Asking, aimedCall, realGeneration } from "./real-generation.ts";

/** One company with a server for each package, asked as a call would ask: by the memo's key and by the evaluator. */
export interface Remembering {
  ask(server: string, asking: Asking): Promise<{ readonly key: string | undefined; readonly decided: string }>;
  close(): Promise<void>;
}

const inputSchema = {
  type: "object",
  properties: {
    amount: { type: "number" },
    who: { type: "string" },
    tags: { type: "array", items: { type: "string" } },
    more: {
      type: "object",
      properties: { deep: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] } },
      required: ["deep"],
    },
  },
  required: ["amount", "who", "tags", "more"],
};

function companyOf(packages: Readonly<Record<string, string>>): Company {
  const order = {
    definition: { inputSchema },
    facts: { sample: { args: { amount: 1, who: "eve", tags: [], more: { deep: { amount: 1 } } } } },
  };
  const names = Object.keys(packages);
  return {
    servers: Object.fromEntries(names.map((name) => [name, { tools: { order, look: {} } }])),
    groups: { staff: { roles: ["all"] }, guests: { roles: ["all"] } },
    budgets: { spend: { unit: "calls", limit: 1_000_000, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
    policies: Object.fromEntries(names.map((name) => [name, `# servers: [${name}]\n${packages[name] ?? ""}`])),
  };
}

export async function openRemembering(packages: Readonly<Record<string, string>>): Promise<Remembering> {
  const generation = await realGeneration(companyOf(packages));
  return {
    async ask(server, asking) {
      const call = aimedCall(generation, { ...asking, tool: `${server}.${asking.tool}` });
      const decision = await generation.policy.decide(call.inputText, lightLoad);
      return { key: generation.memo.keyOf(call), decided: JSON.stringify(decision) };
    },
    close: () => generation.policy.close(),
  };
}

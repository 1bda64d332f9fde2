import { readdirSync, readFileSync } from "node:fs";
import { createPolicy, entrypoints, type MeasurablePolicy, type PolicyLimits } from "../../../src/parts/policy/index.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { buildModule, type Modules } from "./opa.ts";

export const limits: PolicyLimits = { timeoutMs: 5_000, workers: 1, maxMemoryBytes: 64 << 20 };

/** A library that says nothing; a fixture replaces the answers it is about. */
export function library(
  answers: Readonly<Partial<Record<"admit" | "discover" | "decide" | "inspect" | "mask", string>>>,
  more = "",
): Modules {
  const all = {
    admit: 'admit := {"reasons": []}',
    discover: 'discover := {"visible": []}',
    decide: `decide := ${allowed}`,
    inspect: 'inspect := {"withheld": [], "redactions": []}',
    mask: 'mask := {"paths": []}',
    ...answers,
  };
  return { "library.rego": `package toolgate\n\n${Object.values(all).join("\n\n")}\n\n${more}\n` };
}

export const allowed =
  '{"effect": "allow", "known": true, "permits": [{"rule": "role", "id": "support"}], "reasons": [], "obligations": []}';

/** The product's own library with these author packages, each served to the server `crm`. */
export function productLibrary(authors: Readonly<Record<string, string>>): Modules {
  const folder = new URL("../../../policies/toolgate/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  const files = names.map((name) => [`toolgate/${name}`, readFileSync(new URL(name, folder), "utf8")] as const);
  const packages = Object.entries(authors).map(([name, text]) => [`policy/${name}.rego`, `package policy.${name}\n\n${text}\n`] as const);
  return Object.fromEntries([...files, ...packages]);
}

export function productData(packages: readonly string[]): string {
  return JSON.stringify({
    roles: { support: { grants: { crm: { refund: true } } } },
    index: { crm: packages, toolgate: [], _none: [] },
    index_kinds: Object.fromEntries(packages.map((name) => [name, ["tool"]])),
    settings: {},
    custom: {},
  });
}

/** A call of `crm.refund` by ann through support-bot, both with the role that grants it. */
export const refundCall = {
  phase: "call",
  method: "tools/call",
  principal: { kind: "user_via_agent" },
  time: { ns: 1_767_776_400_000_000_000, rfc3339: "2026-01-07T09:00:00Z", hour: 10, minute: 0, weekday: "wednesday", tz: "Europe/Berlin" },
  tenant: "default",
  environment: "demo",
  agent: { id: "support-bot", environment: "demo", roles: ["support"], status: "active" },
  user: { id: "ann", groups: ["support"], roles: ["support"] },
  delegation: [],
  session: { id: "ses_1", age_s: 1, labels: [] },
  server: { id: "crm", owner: "sales", trust: "internal", environment: "demo", transport: "http", status: "approved" },
  tool: { id: "crm.refund", name: "refund", pinned: true, status: "approved", risk: "high", effects: ["write"], data_classes: [] },
  args: { amount: 40 },
  limits: { truncated: [], omitted: [] },
};

export async function policyOf(
  modules: Modules,
  options: Partial<PolicyLimits> & { readonly data?: string } = {},
): Promise<MeasurablePolicy> {
  const { data = "{}", ...other } = options;
  const wasm = await buildModule(modules, entrypoints);
  const policy = await createPolicy({ wasm, data }, { ...limits, ...other }, silentLogger);
  if (!policy.ok) throw new Error(policy.error.detail);
  return policy.value;
}

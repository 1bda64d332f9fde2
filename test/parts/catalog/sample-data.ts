import type { VerifiedToken } from "../../../src/core/principal.ts";
import { pinOf, type ToolDefinition } from "../../../src/core/tool.ts";

export const now = Date.parse("2026-06-01T12:00:00Z");

export function tool(name: string, inputSchema: Record<string, unknown> = { type: "object" }): ToolDefinition {
  return { name, description: `the ${name} tool`, inputSchema };
}

export function entry(definition: ToolDefinition, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const facts = { risk: "low", effects: ["read"], data_classes: [], idempotent: true };
  return { ...facts, pin: pinOf(definition, "session"), definition, ...extra };
}

export function server(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    owner: "sales",
    trust: "internal",
    environment: "demo",
    status: "approved",
    transport: { kind: "http", place: "crm", host_class: "loopback", era: "auto" },
    credential: { mode: "company", secret: "crm", header: "authorization", prefix: "Bearer " },
    timeout_ms: 5000,
    max_result_bytes: 65536,
    max_concurrent: 8,
    drift: "strict",
    ...extra,
  };
}

export function agent(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "Support bot",
    owner: "ann",
    environment: "demo",
    status: "active",
    modes: ["user_via_agent"],
    roles: ["support"],
    roles_alone: [],
    match: [{ issuer: "https://id", client_id: "support-bot" }],
    ...extra,
  };
}

/** A small valid bundle's data; tests change one thing of a copy. */
export function bundleData() {
  return {
    roles: { support: { grants: { crm: { refund: true } } }, reports: { grants: {} } },
    index: { crm: ["refunds", "common"], toolgate: ["common"], _none: ["common"] } as Record<string, string[]>,
    settings: {},
    custom: {},
    cases: [],
    catalog: {
      schema: 1 as number,
      servers: { crm: server() } as Record<string, Record<string, unknown>>,
      tools: { crm: { refund: entry(tool("refund")) } } as Record<string, Record<string, Record<string, unknown>>>,
      agents: { "support-bot": agent() } as Record<string, Record<string, unknown>>,
      groups: { support: { roles: ["support"] }, both: { roles: ["support", "reports"] } } as Record<string, { roles: string[] }>,
      budgets: {
        "refunds-per-day": { unit: "calls", limit: 10, window: { kind: "fixed", seconds: 86400 }, per: ["user"] },
        burst: { unit: "calls", limit: 60, window: { kind: "rolling", seconds: 60, burst: 5 }, per: ["agent", "tool"] },
      } as Record<string, Record<string, unknown>>,
      rules: { refunds: ["permit", "redact"], common: ["deny"] } as Record<string, string[]>,
      worker: ["refunds"],
      timezone: "Europe/Berlin",
    },
  };
}

export function token(extra: Partial<VerifiedToken> = {}): VerifiedToken {
  return {
    tenant: "default",
    issuer: "https://id",
    subject: "ann",
    kind: "user_via_agent",
    agent: "support-bot",
    delegation: [],
    scopes: [],
    expiresAt: now + 60_000,
    ...extra,
  };
}

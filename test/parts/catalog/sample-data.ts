import type { VerifiedToken } from "../../../src/core/principal.ts";
import { type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../../src/core/tool.ts";

export const now = Date.parse("2026-06-01T12:00:00Z");

export function tool(name: string, inputSchema: Record<string, unknown> = { type: "object" }): ToolDefinition {
  return { name, description: `the ${name} tool`, inputSchema };
}

export function entry(definition: ToolDefinition, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const facts = { risk: "low", effects: ["read"], data_classes: [], idempotent: true };
  return { ...facts, pin: pinOf(definition, "session"), definition, ...extra };
}

/** A prompt or a template with its pin, as it stands in a bundle. */
export function pinned(definition: PromptDefinition | TemplateDefinition): Record<string, unknown> {
  return { pin: pinOf(definition, "session"), definition };
}

export function template(uriTemplate: string): Record<string, unknown> {
  return { template: pinned({ uriTemplate, name: "a template" }), data_classes: [] };
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

export const summary: PromptDefinition = { name: "summary", arguments: [{ name: "customer", required: true }] };

/** By server and name. */
type Table = Record<string, Record<string, Record<string, unknown>>>;

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
      tools: { crm: { refund: entry(tool("refund")) } } as Table,
      prompts: { crm: { summary: { ...pinned(summary), data_classes: ["internal"] } } } as Table,
      resources: { crm: { notes: { uri: "note://crm/**", data_classes: ["internal"] }, ticket: template("ticket://crm/{id}") } } as Table,
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

import type { Company } from "../../support/gate-company.ts";

const refundSchema = {
  type: "object",
  properties: {
    amount: { type: "number" },
    iban: { type: "string" },
    note: { type: "string" },
    items: { type: "array", items: { type: "object", properties: { sku: { type: "string" }, price: { type: "number" } } } },
  },
  required: ["amount"],
  additionalProperties: false,
} as const;

/** A company with a rule for each way in which a decision can come about. */
export const shop: Company = {
  servers: {
    crm: {
      tools: {
        get_customer: {},
        refund: {
          definition: { inputSchema: refundSchema },
          facts: { risk: "high", effects: ["pay"], idempotent: false, sample: { args: { amount: 5 } } },
        },
        export: { facts: { risk: "critical" } },
        ask: {},
      },
    },
  },
  agents: {
    "desk-bot": { roles: ["all"], roles_alone: ["all"] },
    "read-bot": { roles: ["reader"], roles_alone: [] },
    "old-bot": { roles: ["reader", { role: "desk", until: "2020-01-01T00:00:00Z" }], roles_alone: [] },
  },
  roles: {
    all: { grants: ["crm/*"] },
    reader: { grants: ["crm/get_customer", "crm/ask", "crm/export"] },
    desk: { grants: ["crm/refund"] },
    night: { grants: ["crm/refund"] },
  },
  groups: { staff: { roles: ["reader"] }, desk: { roles: ["desk"] }, gone: { roles: [{ role: "desk", until: "2020-01-01T00:00:00Z" }] } },
  budgets: { refunds: { unit: "calls", limit: 1, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  settings: { limits: { refund: 1000 } },
  custom: { tiers: { gold: 5000 } },
  unchecked: {
    refunds: {
      servers: ["crm"],
      kinds: ["tool"],
      rules: `permit contains {"id": "leads"} if {
	"leads" in input.user.groups
	input.tool.id == "crm.refund"
}

permit contains {"id": "two-steps"} if {
	input.tool.id == "crm.refund"
	"staff" in input.user.groups
	input.client.name == "never"
}

deny contains {"code": "refunds.secret_tool", "hide": true} if {
	"staff" in input.user.groups
	input.tool.risk == "critical"
}

deny contains {"code": "refunds.suspended", "message": "Suspended, {input.user.id}."} if {
	input.user.id in {"sid"}
}

constrain contains {"code": "refunds.too_much", "message": "Refunds above 1000 are never allowed."} if {
	input.tool.id == "crm.refund"
	input.args.amount > data.settings.limits.refund
}

constrain contains {"code": "refunds.foreign", "message": "Only here."} if {
	input.args.iban != "DE1"
	not trusted
}

constrain contains {"code": "refunds.bad_item", "message": "Not this."} if {
	some item in input.args.items
	item.price > 10
	not known(item.sku)
}

oblige contains {"type": "budget", "name": "refunds", "cost": 1} if input.tool.id == "crm.refund"

oblige contains {"type": "approve", "group": "finance", "ttl_s": 900, "min": 1} if {
	tier(input.args.amount) == "large"
}

mask contains {"path": "/args/note"}

constrain contains {"code": "refunds.noted", "message": "Not with this note."} if input.args.note == "no"

default trusted := false

trusted if {
	input.user.id == "zoe"
	input.args.amount < 10
}

known(sku) if startswith(sku, "ok")

tier(amount) := "large" if amount > 500

else := "small"
`,
    },
  },
};

import { definition, files, pins, type TableFiles } from "./sample-tables.ts";

const amount = (schema: object) => ({ type: "object", properties: { amount: schema }, required: ["amount"] });

/** Two servers with tools of several effects and risks; `misc/unsaid` has none, so nobody said what it does. */
export const wide: TableFiles = {
  "servers.yaml": `${files["servers.yaml"]}  misc:
    owner: it
    trust: internal
    environment: demo
    status: approved
    transport: { kind: http, place: misc, host_class: loopback }
`,
  "tools.yaml": `version: 1
tools:
  crm:
    get_customer: { risk: low, effects: [read], idempotent: true }
    export: { risk: critical, effects: [read], idempotent: true }
    refund: { risk: high, effects: [write, pay], idempotent: false }
  misc:
    look: { risk: medium, effects: [read], idempotent: true }
    unsaid: { risk: low, effects: [], idempotent: false }
    constructor: { risk: low, effects: [delete], idempotent: false }
`,
  "prompts.yaml": undefined,
  "pins/crm.json": pins("crm", [definition("get_customer"), definition("export"), definition("refund", amount({ type: "integer" }))]),
  "pins/misc.json": pins("misc", [
    definition("look", amount({ type: "number" })),
    definition("unsaid", { type: "object", properties: { amount: { type: "integer" } } }),
    definition("constructor"),
  ]),
};

/** The wide company with these rows as roles.yaml; `support` is held by everybody of the sample. */
export const roles = (rows: string): TableFiles => ({ ...wide, "roles.yaml": `version: 1\nroles:\n${rows}` });

export const table = (name: string, rows: string): TableFiles => ({ ...wide, [`${name}.yaml`]: `version: 1\n${name}:\n${rows}` });

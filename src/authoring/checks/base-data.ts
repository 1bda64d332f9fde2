import type { Mistakes } from "../mistakes.ts";
import type { CheckText } from "./check.ts";

export const baseData: CheckText = {
  id: "base-data",
  title: "a data file beside the policies",
  danger: "opa test and opa eval load it and a bundle does not: what reads it has a value in every test and none in the gateway",
  wanted: "the author's own data in catalog/custom.yaml, read as data.custom",
  example: {
    wrong: `# policy/clients/data.json holds {"closed": ["leaky-ide"]}

# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.client"} if input.client.name in data.clients.closed
`,
    right: `# catalog/custom.yaml holds custom: { suspended_clients: [leaky-ide] }

# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.client"} if input.client.name in data.custom.suspended_clients
`,
  },
};

/** Files below `policy/` that OPA's own commands would take for data. */
export function checkBaseData(files: readonly string[], mistakes: Mistakes): void {
  const { id, danger, wanted } = baseData;
  for (const file of files) {
    if (/\.(?:json|ya?ml)$/i.test(file)) mistakes.add({ file, found: "a data file beside the policies", wanted, check: id, danger });
  }
}

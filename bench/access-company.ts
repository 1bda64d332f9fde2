import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { pinOf } from "../src/core/tool.ts";

/** A company of a size that only generators have the patience for: what the table of access is measured on. */
export interface CompanySize {
  readonly agents: number;
  readonly servers: number;
  readonly toolsPerServer: number;
  readonly roles: number;
  readonly groups: number;
  /** Whether a package is there of which nobody can tell what it reads, so that every caller has to be asked. */
  readonly untold: boolean;
}

const ISSUER = "https://login.bench.test";
const environment = "bench";
const schema = {
  type: "object",
  properties: { id: { type: "string" }, amount: { type: "integer" } },
  required: ["id", "amount"],
  additionalProperties: false,
};

const from = <T>(count: number, entry: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => entry(index)));
const three = (index: number): string => String(index).padStart(3, "0");
const serverId = (index: number): string => `server-${three(index)}`;
const toolName = (index: number): string => `${index % 3 === 0 ? "put" : "get"}_${three(index)}`;

/** Four of them, different ones for each agent. */
function rolesOfAgent(index: number): readonly number[] {
  return [index, index * 7 + Math.floor(index / 60) + 1, index * 11 + Math.floor(index / 7), index * 13 + Math.floor(index / 90)];
}

function tablesOf({ agents, servers, toolsPerServer, roles, groups }: CompanySize): Record<string, unknown> {
  const role = (index: number): string => `role-${three(index % roles)}`;
  const risks = ["low", "medium", "high", "critical"];
  return {
    servers: from(servers, (index) => [
      serverId(index),
      {
        ...{ title: `Server ${index}`, owner: "platform", trust: "internal", environment, status: "approved" },
        transport: { kind: "http", place: serverId(index), host_class: "loopback" },
      },
    ]),
    tools: from(servers, (server) => [
      serverId(server),
      from(toolsPerServer, (tool) => [
        toolName(tool),
        {
          ...{ risk: risks[(server + tool) % risks.length], effects: tool % 3 === 0 ? ["write"] : ["read"], idempotent: tool % 3 !== 0 },
          ...{ data_classes: tool % 5 === 0 ? ["personal"] : [], sample: { args: { id: "a-1", amount: 5 } } },
        },
      ]),
    ]),
    roles: from(roles, (index) => [
      role(index),
      { grants: [0, 1, 2, 3, 4].map((offset) => `${serverId((index * 3 + offset) % servers)}/${offset % 2 === 0 ? "*" : "get_*"}`) },
    ]),
    agents: from(agents, (index) => [
      `agent-${three(index)}`,
      {
        ...{ name: `Agent ${index}`, owner: "platform", environment, status: "active", team: `team-${index % 12}` },
        ...{ modes: index % 4 === 0 ? ["user_via_agent", "agent"] : ["user_via_agent"], surface: index % 2 === 0 ? "chat" : "job" },
        roles: [...new Set(rolesOfAgent(index).map(role))],
        ...(index % 4 === 0 && { roles_alone: [role(index + 5)] }),
        match: [{ issuer: ISSUER, client_id: `agent-${three(index)}` }],
      },
    ]),
    groups: from(groups, (index) => [`group-${three(index)}`, { roles: [role(index * 5), role(index * 5 + 1), role(index * 5 + 2)] }]),
    budgets: { "calls-per-minute": { unit: "calls", limit: 600, window: { kind: "rolling", seconds: 60 }, per: ["agent"] } },
    settings: { timezone: "Europe/Berlin" },
    custom: { watched: ["agent-007"], loud: ["team-3"] },
  };
}

function policiesOf({ untold }: CompanySize): Record<string, string> {
  const everywhere = '["*"]';
  const some = JSON.stringify([0, 1, 2, 3].map(serverId));
  const text = (name: string, servers: string, rules: string) => `# METADATA
# title: ${name}
# custom:
#   servers: ${servers}
package policy.${name}

${rules}
`;
  return {
    teams: text(
      "teams",
      everywhere,
      `deny contains {"code": "teams.loud", "message": "This team does not write."} if {
	input.agent.team in data.custom.loud
	"write" in input.tool.effects
}`,
    ),
    hours: text(
      "hours",
      some,
      `deny contains {"code": "hours.night", "message": "What is critical runs by day."} if {
	input.tool.risk == "critical"
	input.time.hour < 7
}`,
    ),
    amounts: text(
      "amounts",
      everywhere,
      `constrain contains {"code": "amounts.large", "message": "At most 1000."} if input.args.amount > 1000

oblige contains {"type": "budget", "name": "calls-per-minute", "cost": 1} if "write" in input.tool.effects`,
    ),
    ...(untold && {
      watched: text(
        "watched",
        everywhere,
        `oblige contains {"type": "log", "level": "warn"} if {
	some part in ["agent", "user"]
	input[part].id in data.custom.watched
}`,
      ),
    }),
  };
}

/** Without aliases: a reader takes many of them for an attack. */
const yamlOf = (value: object): string => stringify(value, { aliasDuplicateObjects: false });

/** Writes the company below `folder`, as its authors would have it. */
export async function writeCompany(folder: string, size: CompanySize): Promise<void> {
  for (const part of ["catalog/pins", "policy", "cases"]) await mkdir(join(folder, part), { recursive: true });
  for (const [name, content] of Object.entries(tablesOf(size))) {
    await writeFile(join(folder, "catalog", `${name}.yaml`), yamlOf({ version: 1, [name]: content }));
  }
  for (const [name, text] of Object.entries(policiesOf(size))) await writeFile(join(folder, "policy", `${name}.rego`), text);
  const definitions = Array.from({ length: size.toolsPerServer }, (_, index) => ({ name: toolName(index), inputSchema: schema }));
  const tools = Object.fromEntries(definitions.map((definition) => [definition.name, { pin: pinOf(definition, "session"), definition }]));
  for (let index = 0; index < size.servers; index++) {
    const pins = { version: 1, server: serverId(index), era: "session", capabilities: {}, tools };
    await writeFile(join(folder, "catalog", "pins", `${serverId(index)}.json`), JSON.stringify(pins));
  }
}

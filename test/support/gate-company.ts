import { type Era, type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../src/core/tool.ts";

/** The company behind a gate under test. What is left out of a row is what an honest company would write. */
export interface Company {
  readonly servers: Readonly<Record<string, CompanyServer>>;
  /** Rows of agents.yaml over the agent of the house, `desk-bot`. */
  readonly agents?: Readonly<Record<string, Row>>;
  readonly roles?: Readonly<Record<string, Row>>;
  readonly groups?: Readonly<Record<string, Row>>;
  /** Rows of operators.yaml; `houseOperators` are those of the house. */
  readonly operators?: Readonly<Record<string, Row>>;
  readonly budgets?: Readonly<Record<string, Row>>;
  readonly approvals?: Readonly<Record<string, Row>>;
  readonly settings?: Row;
  readonly custom?: Row;
  /** Author packages that the build checks: name of the package and its rules, served to every server unless `# servers: [a, b]` leads. `{}` is a company without Rego. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Author packages that are put into the bundle past the checks of the build, as a malicious or careless signer could. */
  readonly unchecked?: Readonly<Record<string, Unchecked>>;
  /** Golden cases. */
  readonly cases?: readonly Row[];
}

export type Row = Readonly<Record<string, unknown>>;

export interface Unchecked {
  readonly servers: readonly string[];
  readonly kinds?: readonly string[];
  readonly rules: string;
  /** As the build would have found: iterates in a nested way, so it runs in a worker. */
  readonly worker?: boolean;
}

export interface CompanyServer {
  /** Members of its row in servers.yaml. */
  readonly row?: Row;
  /** The id of the server at whose place it is; its own by default. */
  readonly at?: string;
  /** The era in which its pins were read. */
  readonly era?: Era;
  readonly tools: Readonly<Record<string, CompanyTool>>;
  /** By name: members of the definition, pinned as they are. */
  readonly prompts?: Readonly<Record<string, Row>>;
  /** Entries of resources.yaml by id. */
  readonly resources?: Readonly<Record<string, Row>>;
  /** What it lists: resources by URI and templates by URI template, with members of their definitions. */
  readonly listed?: { readonly resources?: Readonly<Record<string, Row>>; readonly templates?: Readonly<Record<string, Row>> };
}

export interface CompanyTool {
  /** Members of its definition: by default it takes anything. */
  readonly definition?: Row;
  /** Members of its row in tools.yaml: by default it only reads. */
  readonly facts?: Row;
  /** False: the server offers it, but nobody ever catalogued and pinned it. */
  readonly pinned?: false;
  /** What was pinned, where the server offers something else by now. */
  readonly approved?: Row;
}

/** The issuer of the tests' tokens. Its keys are read from 127.0.0.1, so that the bundle does not depend on a port. */
export const issuer = "https://login.example.com";
export const environment = "test";

/** One server with three tools, one agent that may use all of them for everybody in the group `staff`. */
/** The operators' client, which is no agent. */
export const operatorsClient = "toolgate-cli";

const through = { match: [{ issuer, client_id: operatorsClient }] };

/** vera looks, olga and otto operate, paul approves, adam audits. */
export const houseOperators: Readonly<Record<string, Row>> = {
  viewers: { ...through, roles: ["viewer"], users: ["vera"] },
  operators: { ...through, roles: ["operator"], users: ["olga", "otto"] },
  approvers: { ...through, roles: ["approver"], users: ["paul"] },
  auditors: { ...through, roles: ["auditor"], users: ["adam"] },
};

export const house: Company = {
  operators: houseOperators,
  servers: {
    desk: {
      tools: {
        echo: {},
        note: { facts: { risk: "medium", effects: ["write"], idempotent: false } },
        order: {
          definition: {
            description: "Orders something.",
            inputSchema: {
              type: "object",
              properties: { item: { type: "string" }, count: { type: "integer", minimum: 1 } },
              required: ["item"],
              additionalProperties: false,
            },
          },
          facts: { risk: "high", effects: ["write", "pay"], idempotent: false, sample: { args: { item: "pen" } } },
        },
      },
    },
  },
};

/** What the server says about a tool. */
export function definitionOf(name: string, tool: CompanyTool): ToolDefinition {
  const plain = { description: `The tool ${name}.`, inputSchema: { type: "object", additionalProperties: true } };
  return { name, ...plain, ...tool.definition };
}

/** The tools that a server really offers. */
export function offeredTools(server: CompanyServer): readonly ToolDefinition[] {
  return Object.entries(server.tools).map(([name, tool]) => definitionOf(name, tool));
}

/** What else a server really offers, as members of a script. */
export function offeredItems({ prompts, listed }: CompanyServer): Record<string, readonly Row[]> {
  const items = (table: Readonly<Record<string, Row>>, key: string) =>
    Object.entries(table).map(([name, row]) => ({ [key]: name, ...(key === "name" ? {} : { name }), ...row }));
  return {
    ...(prompts === undefined ? {} : { prompts: Object.entries(prompts).map(([name, row]) => promptOf(name, row)) }),
    ...(listed?.resources === undefined ? {} : { resources: items(listed.resources, "uri") }),
    ...(listed?.templates === undefined ? {} : { templates: items(listed.templates, "uriTemplate") }),
  };
}

function promptOf(name: string, row: Row): PromptDefinition {
  return { name, description: `The prompt ${name}.`, ...row };
}

/** The folder of policies that `bundle build` reads, by path. */
export function sourcesOf(company: Company): Readonly<Record<string, string>> {
  const servers = Object.entries(company.servers);
  const tables: Readonly<Record<string, object>> = {
    servers: Object.fromEntries(servers.map(([id, server]) => [id, serverRow(id, server)])),
    tools: Object.fromEntries(servers.map(([id, server]) => [id, mapped(Object.fromEntries(pinnedTools(server)), factsRow)])),
    agents: { "desk-bot": {}, ...company.agents } satisfies Record<string, Row>,
    roles: company.roles ?? { all: { grants: ["*/*"], ...everythingElse(servers) } },
    groups: company.groups ?? { staff: { roles: ["all"] } },
    budgets: company.budgets ?? {},
    ...(company.operators === undefined ? {} : { operators: company.operators }),
    ...(company.approvals === undefined ? {} : { approvals: company.approvals }),
    settings: company.settings ?? {},
    custom: company.custom ?? {},
    ...tableOf("prompts", servers, ({ prompts }) => prompts && mapped(prompts, () => ({ data_classes: [] }))),
    ...tableOf("resources", servers, ({ resources }) => resources && mapped(resources, (row) => ({ data_classes: [], ...row }))),
  };
  const agents = mapped(tables.agents as Readonly<Record<string, Row>>, (row, id) => agentRow(id, row));
  const files = Object.entries({ ...tables, agents }).map(([name, table]) => [
    `catalog/${name}.yaml`,
    JSON.stringify({ version: 1, [name]: table }),
  ]);
  const pins = servers.map(([id, server]) => [`catalog/pins/${id}.json`, JSON.stringify(pinsOf(id, server))]);
  const rules = company.policies ?? { quiet: "# Nothing is denied here." };
  const modules = Object.entries(rules).map(([name, text]) => [`policy/${name}.rego`, moduleText(name, text)]);
  const cases = company.cases === undefined ? [] : [["cases/cases.yaml", JSON.stringify({ version: 1, cases: company.cases })]];
  return Object.fromEntries([...files, ...pins, ...modules, ...cases]);
}

/** A table that is written only where a server has something for it, so that bundles without stay as they are. */
function tableOf(
  name: string,
  servers: readonly (readonly [string, CompanyServer])[],
  rowsOf: (server: CompanyServer) => object | undefined,
): Readonly<Record<string, object>> {
  const rows = servers.map(([id, server]) => [id, rowsOf(server)] as const).filter(([, own]) => own !== undefined);
  return rows.length === 0 ? {} : { [name]: Object.fromEntries(rows) };
}

function everythingElse(servers: readonly (readonly [string, CompanyServer])[]): Row {
  const some = (has: (server: CompanyServer) => unknown) => servers.some(([, server]) => has(server) !== undefined);
  return {
    ...(some(({ prompts }) => prompts) ? { prompts: ["*/*"] } : {}),
    ...(some(({ resources }) => resources) ? { resources: ["*/*"] } : {}),
    ...(some(({ row }) => row?.asks) ? { asks: ["*/*"] } : {}),
    ...(some(({ row }) => row?.extension_methods) ? { methods: ["*/*"] } : {}),
  };
}

/** A package with its METADATA. The leading comments `# servers: […]` and `# kinds: […]` say whom it serves. */
export function moduleText(name: string, text: string): string {
  const said = (member: string) => new RegExp(`^# ${member}: (\\[.*\\])$`, "m").exec(text)?.[1];
  const kinds = said("kinds");
  const head = [
    "# METADATA",
    "# custom:",
    `#   servers: ${said("servers") ?? '["*"]'}`,
    ...(kinds === undefined ? [] : [`#   kinds: ${kinds}`]),
  ];
  const body = text.replace(/^# (servers|kinds): \[.*\]\n?/gm, "");
  return `${head.join("\n")}\npackage policy.${name}\n\n${body}\n`;
}

function serverRow(id: string, { row, at, era }: CompanyServer): Row {
  return {
    owner: "platform",
    trust: "internal",
    environment,
    status: "approved",
    transport: { kind: "http", place: at ?? id, host_class: "loopback", era: era ?? "session" },
    ...row,
  };
}

function factsRow({ facts }: CompanyTool): Row {
  return { risk: "low", effects: ["read"], data_classes: [], idempotent: true, sample: { args: {} }, ...facts };
}

function agentRow(id: string, row: Row): Row {
  return {
    name: id,
    owner: "olga",
    environment,
    status: "active",
    modes: ["user_via_agent", "agent"],
    roles: ["all"],
    roles_alone: ["all"],
    match: [{ issuer, client_id: id }],
    ...row,
  };
}

function pinsOf(id: string, server: CompanyServer): object {
  const era = server.era ?? "session";
  const capabilities = declaredOf(server);
  const pinned = <T extends ToolDefinition | PromptDefinition | TemplateDefinition>(definition: T) => ({
    pin: pinOf(definition, era, capabilities),
    definition,
  });
  const tools = pinnedTools(server).map(
    ([name, tool]) => [name, pinned({ ...definitionOf(name, tool), ...tool.approved } as ToolDefinition)] as const,
  );
  const prompts = mapped(server.prompts ?? {}, (row, name) => pinned(promptOf(name, row)));
  const templates = mapped(server.listed?.templates ?? {}, (row, uriTemplate) => pinned({ uriTemplate, name: uriTemplate, ...row }));
  return {
    version: 1,
    server: id,
    era,
    capabilities,
    tools: Object.fromEntries(tools),
    ...(Object.keys(prompts).length === 0 ? {} : { prompts }),
    ...(Object.keys(templates).length === 0 ? {} : { templates }),
  };
}

/** What is declared to a server of this row, in the words of the protocol. */
function declaredOf({ row }: CompanyServer): Readonly<Record<string, unknown>> {
  const words: Readonly<Record<string, object>> = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
  const asks = ((row?.asks ?? []) as readonly string[]).map((ask) => [ask, words[ask]]);
  const extensions = (row?.extensions ?? []) as readonly string[];
  return {
    ...Object.fromEntries(asks),
    ...(extensions.length === 0 ? {} : { extensions: Object.fromEntries(extensions.map((name) => [name, {}])) }),
  };
}

function pinnedTools(server: CompanyServer): readonly (readonly [string, CompanyTool])[] {
  return Object.entries(server.tools).filter(([, tool]) => tool.pinned !== false);
}

function mapped<T, U>(table: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value, key)]));
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { readTables, type TablesRead } from "../../../src/authoring/tables/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { type PromptDefinition, pinOf, type TemplateDefinition, type ToolDefinition } from "../../../src/core/tool.ts";

/** Files below `catalog/` by name; undefined for one that is not there. */
export type TableFiles = Readonly<Record<string, string | undefined>>;

/** A policies folder that each test has for itself. */
export function tableFolder() {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tables-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (changes: TableFiles = {}) => {
    for (const [name, text] of Object.entries({ ...files, ...changes })) {
      if (text === undefined) continue;
      const path = join(folder, "catalog", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return readTables(folder);
  };
  return {
    path: (...steps: string[]): string => join(folder, ...steps),
    read,
    mistakesOf: async (changes: TableFiles): Promise<readonly Mistake[]> => {
      const tables = await read(changes);
      return tables.ok ? [] : tables.error;
    },
    /** What the tables give, where they must be without a mistake. */
    readClean: async (changes: TableFiles = {}): Promise<TablesRead> => {
      const tables = await read(changes);
      if (!tables.ok) throw new Error(JSON.stringify(tables.error));
      return tables.value;
    },
  };
}

export function definition(
  name: string,
  inputSchema: Record<string, unknown> = { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
): ToolDefinition {
  return { name, inputSchema };
}

/** A file of pins, read in the session era with nothing declared. */
export function pins(
  server: string,
  definitions: readonly ToolDefinition[],
  more: {
    readonly prompts?: readonly PromptDefinition[];
    readonly templates?: readonly TemplateDefinition[];
    readonly capabilities?: object;
  } = {},
): string {
  const capabilities = { ...more.capabilities };
  const pinned = <D extends ToolDefinition | PromptDefinition | TemplateDefinition>(all: readonly D[], key: (one: D) => string) =>
    Object.fromEntries(all.map((one) => [key(one), { pin: pinOf(one, "session", capabilities), definition: one }]));
  const { prompts, templates } = more;
  return JSON.stringify({
    version: 1,
    server,
    era: "session",
    capabilities,
    tools: pinned(definitions, ({ name }) => name),
    ...(prompts && { prompts: pinned(prompts, ({ name }) => name) }),
    ...(templates && { templates: pinned(templates, ({ uriTemplate }) => uriTemplate) }),
  });
}

/** A small company without a mistake. */
export const files: Record<string, string> = {
  "servers.yaml": `version: 1
servers:
  crm:
    owner: sales
    trust: internal
    environment: demo
    status: approved
    transport: { kind: http, place: crm, host_class: loopback }
`,
  "tools.yaml": `version: 1
tools:
  crm:
    get_customer: { risk: low, effects: [read], idempotent: true, sample: { args: { id: C-1 } } }
    refund: { risk: high, effects: [pay], idempotent: false }
`,
  "agents.yaml": `version: 1
agents:
  support-bot:
    name: Support bot
    owner: ann
    environment: demo
    status: active
    modes: [user_via_agent]
    roles: [support]
    match: [{ issuer: "https://id", client_id: support-bot }]
`,
  "roles.yaml": `version: 1
roles:
  support: { title: Answers, grants: ["crm/get_*", crm/refund] }
`,
  "groups.yaml": "version: 1\ngroups:\n  Support Team: { roles: [support] }\n",
  "settings.yaml": "version: 1\nsettings: { timezone: Europe/Berlin, office_hours: { from: 8 } }\n",
  "custom.yaml": "version: 1\ncustom: { vip: [ann] }\n",
  "pins/crm.json": pins("crm", [definition("get_customer"), definition("refund")]),
};

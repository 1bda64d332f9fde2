import { z } from "zod";
import {
  agentsSchema,
  approveObligation,
  budgetSchema,
  costSchema,
  effects,
  groupsSchema,
  idSchema,
  operatorsSchema,
  promptsSchema,
  resourcesSchema,
  risks,
  serversSchema,
  text,
  timezoneSchema,
  toolsSchema,
} from "../../parts/catalog/index.ts";

/** Names of one kind by server and name. */
const named = (what: string, example: string) =>
  z.array(
    z
      .string()
      .max(512)
      .regex(/^[^/\p{Cc}]+\/[^\p{Cc}]+$/u)
      .describe(`server/${what}, where * stands for any run of characters, e.g. ${example}`),
  );

const serverPatterns = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^[a-z0-9*-]+$/)
      .describe("the id of a server, where * stands for any run of characters"),
  )
  .min(1)
  .describe("a list of at least one server");

const someEffects = z
  .array(z.enum(effects))
  .min(1)
  .describe(`a list of at least one of ${effects.join(", ")}`);

const risk = z.enum(risks);

/** What a role may use. Names are those of the other tables; `asks` are those of servers.yaml. */
const roleSchema = z.strictObject({
  title: z.string().optional(),
  includes: z.array(idSchema).default([]),
  by_effect: z.array(z.strictObject({ servers: serverPatterns, effects: someEffects, max_risk: risk.optional() })).default([]),
  grants: named("tool", "crm/get_*").default([]),
  prompts: named("prompt", "crm/*").default([]),
  resources: named("entry", "docs/handbook").default([]),
  asks: named("kind", "crm/elicitation").default([]),
  methods: named("method", "crm/search/*").default([]),
});

/** What a budget or an approval is asked of: what an entry says of a tool must all be so. */
const reach = {
  tools: named("tool", "crm/refund").min(1).optional(),
  servers: serverPatterns.optional(),
  effects: someEffects.optional(),
  min_risk: risk.optional(),
  prompts: named("prompt", "crm/*").min(1).optional(),
  resources: named("entry", "docs/*").min(1).optional(),
};

interface ReachWords {
  readonly tools?: unknown;
  readonly servers?: unknown;
  readonly effects?: unknown;
  readonly min_risk?: unknown;
  readonly prompts?: unknown;
  readonly resources?: unknown;
  readonly cost?: unknown;
}

const ofTools = ({ tools, servers, effects: some, min_risk }: ReachWords): boolean =>
  [tools, servers, some, min_risk].some((word) => word !== undefined);
const ofOthers = ({ prompts, resources }: ReachWords): boolean => prompts !== undefined || resources !== undefined;

const namesSomething = (entry: ReachWords): boolean => ofTools(entry) || ofOthers(entry);
const namesOneKind = (entry: ReachWords): boolean => !(ofTools(entry) && ofOthers(entry));
const something = "at least one of tools, servers, effects, min_risk, prompts, resources";
const oneKind = "prompts and resources in an entry of their own, because the other words are about tools";

const budgetReach = z
  .strictObject({ ...reach, cost: costSchema.default(1) })
  .refine(namesSomething, something)
  .refine(namesOneKind, oneKind)
  .refine((entry) => typeof entry.cost === "number" || ofTools(entry), "a whole number: only tools have arguments to take a cost from");

const approvalReach = z.strictObject(reach).refine(namesSomething, something).refine(namesOneKind, oneKind);

const budgetRow = budgetSchema.extend({ applies: z.array(budgetReach).default([]) });

const approvalRow = z.strictObject({
  title: text.optional(),
  group: approveObligation.shape.group,
  ttl_s: approveObligation.shape.ttl_s.default(900),
  min: approveObligation.shape.min.default(1),
  applies: z.array(approvalReach).min(1).describe("a list of at least one entry that says what it is asked of"),
});

const version = z.literal(1).describe("1, the version of the tables");

const maxDecideMs = z.int().min(1).max(50).describe("milliseconds that the slowest golden case may take on a gateway");

export const tableSchemas = {
  servers: z.strictObject({ version, servers: serversSchema }),
  tools: z.strictObject({ version, tools: toolsSchema }),
  agents: z.strictObject({ version, agents: agentsSchema }),
  prompts: z.strictObject({ version, prompts: promptsSchema }),
  resources: z.strictObject({ version, resources: resourcesSchema }),
  roles: z.strictObject({ version, roles: z.record(idSchema, roleSchema) }),
  groups: z.strictObject({ version, groups: groupsSchema }),
  operators: z.strictObject({ version, operators: operatorsSchema }),
  budgets: z.strictObject({ version, budgets: z.record(idSchema, budgetRow) }),
  approvals: z.strictObject({ version, approvals: z.record(idSchema, approvalRow) }),
  settings: z.strictObject({
    version,
    settings: z.looseObject({ timezone: timezoneSchema.default("UTC"), max_decide_ms: maxDecideMs.optional() }),
  }),
  custom: z.strictObject({ version, custom: z.record(z.string(), z.unknown()) }),
};

export type TableName = keyof typeof tableSchemas;
export type TableOf<Name extends TableName> = z.infer<(typeof tableSchemas)[Name]>;
export type TableValues = { [Name in TableName]: TableOf<Name> };

/** What an entry of `applies` says, but for the cost. */
export type Reach = z.infer<typeof approvalReach>;
/** What an entry of `by_effect` says. */
export type ByEffect = z.infer<typeof roleSchema>["by_effect"][number];

export const tableNames = Object.keys(tableSchemas) as TableName[];

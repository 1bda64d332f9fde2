import { z } from "zod";
import { serverAsks } from "../../core/server.ts";
import { distinct, groupNameSchema, idSchema, instant, serverIdSchema, text } from "./fields.ts";
import { matchSchema } from "./match-schema.ts";
import { obligedSchema } from "./obliged.ts";
import { operatorsSchema } from "./operator-schema.ts";
import { bundledServerSchema, extensionMethodSchema, serverSchema } from "./server-schema.ts";
import {
  bundledPromptSchema,
  bundledResourceSchema,
  bundledToolSchema,
  promptFactsSchema,
  promptNameSchema,
  resourceFactsSchema,
  toolFactsSchema,
  toolNameSchema,
} from "./target-schema.ts";

/**
 * The catalog's shapes, as people write them in `policies/catalog/*.yaml` and as they stand in a bundle: one schema for
 * both, so that what the build accepts is what the gateway reads. Keys are snake_case; defaults are filled in by the build.
 */

const heldRole = z
  .union([
    idSchema,
    z.strictObject({
      role: idSchema,
      until: instant,
      why: text.optional().describe("why it is held for a time, a text of 1 to 256 characters"),
      ticket: text.optional().describe("where that was agreed, a text of 1 to 256 characters"),
    }),
  ])
  .describe("the id of a role, or { role: …, until: … } for a time");

export const agentSchema = z.strictObject({
  name: text,
  owner: text,
  team: text.optional(),
  environment: text,
  surface: text.optional(),
  status: z.enum(["active", "suspended", "retired"]),
  modes: z
    .array(z.enum(["user_via_agent", "agent", "workload"]))
    .min(1)
    .describe("how it may act: any of user_via_agent, agent, workload"),
  roles: z.array(heldRole).default([]),
  roles_alone: z.array(heldRole).default([]).describe("roles when it acts without a user"),
  expires: instant.optional(),
  match: z.array(matchSchema).min(1).describe("whose tokens are this agent's"),
});

export const groupSchema = z.strictObject({ roles: z.array(heldRole) });

const seconds = z
  .int()
  .min(1)
  .max(31 * 86_400)
  .describe("seconds, 1 to 2678400");

export const budgetSchema = z.strictObject({
  unit: z.enum(["calls", "bytes"]),
  limit: z.int().min(1).describe("a whole number of the unit, 1 to 9007199254740991"),
  window: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("fixed"), seconds }),
    z.strictObject({ kind: z.literal("rolling"), seconds, burst: z.int().min(1).optional() }),
  ]),
  per: distinct(z.enum(["tenant", "team", "agent", "user", "tool", "server"]), "each dimension once"),
});

export const timezoneSchema = z.string().refine(isTimezone, "an IANA time zone such as Europe/Berlin");

function isTimezone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const ruleNameSchema = z.enum(["permit", "deny", "constrain", "oblige", "redact", "withhold", "mask"]);

const perServer = <Key extends z.ZodType<string, string>, Value extends z.ZodType>(key: Key, value: Value) =>
  z.record(serverIdSchema, z.record(key, value));

export const serversSchema = z.record(serverIdSchema, serverSchema);
export const toolsSchema = perServer(toolNameSchema, toolFactsSchema);
export const promptsSchema = perServer(promptNameSchema, promptFactsSchema);
export const resourcesSchema = perServer(idSchema, resourceFactsSchema);
export const agentsSchema = z.record(idSchema, agentSchema);
export const groupsSchema = z.record(groupNameSchema, groupSchema);
export const budgetsSchema = z.record(idSchema, budgetSchema);

const granted = z.literal(true);

/** `roles` in a bundle's data: what each role may use, by server and name. */
const rolesSchema = z.record(
  idSchema,
  z.looseObject({
    grants: perServer(toolNameSchema, granted),
    prompts: perServer(promptNameSchema, granted).optional(),
    resources: perServer(idSchema, granted).optional(),
    asks: z.record(serverIdSchema, z.partialRecord(z.enum(serverAsks), granted)).optional(),
    methods: perServer(extensionMethodSchema, granted).optional(),
  }),
);

/** `catalog` in a bundle's data. */
const catalogSchema = z.strictObject({
  schema: z.literal(1).describe("1, the version of this shape"),
  servers: z.record(serverIdSchema, bundledServerSchema),
  tools: perServer(toolNameSchema, bundledToolSchema),
  prompts: perServer(promptNameSchema, bundledPromptSchema).default({}),
  resources: perServer(idSchema, bundledResourceSchema).default({}),
  agents: agentsSchema,
  groups: groupsSchema,
  /** Left out where nobody operates the gateway. */
  operators: operatorsSchema.exactOptional(),
  budgets: budgetsSchema,
  rules: z.record(z.string(), z.array(ruleNameSchema)),
  worker: z.array(z.string()),
  reads: z
    .record(z.string(), z.array(z.array(z.string()).min(1)))
    .default({})
    .describe("input paths that each package can read; none for a package where that cannot be told"),
  timezone: timezoneSchema,
});

export type CatalogData = z.infer<typeof catalogSchema>;

/** The part of a bundle's data that makes a catalog. Cases, settings and the author's own data are not looked at. */
export const bundleSchema = z.object({
  roles: rolesSchema,
  index: z.record(z.string(), z.array(z.string())),
  index_kinds: z.record(z.string(), z.array(z.string())).default({}),
  obliged: obligedSchema.default({}),
  catalog: catalogSchema,
});

export type BundleData = z.infer<typeof bundleSchema>;

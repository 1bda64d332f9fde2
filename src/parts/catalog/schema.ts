import { z } from "zod";
import type { ToolDefinition } from "../../core/tool.ts";

/**
 * The catalog's shapes, as people write them in `policies/catalog/*.yaml` and as they stand in a bundle: one schema for
 * both, so that what the build accepts is what the gateway reads. Keys are snake_case; defaults are filled in by the build.
 */

export const idSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/)
  .describe("an id: a lower case letter, then at most 29 lower case letters, digits and hyphens");

/** `toolgate` is the gateway's own server. */
const serverIdSchema = idSchema.refine((id) => id !== "toolgate", "another id: toolgate is the gateway's own server");

const text = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u)
  .describe("a text of 1 to 256 characters");
const places = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);
const eraSchema = z.enum(["auto", "session", "stateless"]).default("auto").describe("the era in which the server is spoken to");

const urlSchema = z
  .string()
  .refine(isServerUrl, "an http or https URL without user, password, query and fragment")
  .describe("the URL of the server's MCP endpoint");

function isServerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && !/[?#]/.test(value);
}

const httpSchema = z
  .strictObject({
    kind: z.literal("http"),
    url: urlSchema.optional(),
    place: places.optional().describe("the name of a place in the configuration"),
    host_class: z.enum(["loopback", "private", "public"]),
    era: eraSchema,
  })
  .refine((http) => (http.url === undefined) !== (http.place === undefined), "either url or place");

const argument = z
  .string()
  .max(4096)
  .refine(isWholeArgument, "an argument: $" + "{paths.name} stands for the whole of it or not at all");

/** A path that is spliced into a longer argument could turn into another option. */
function isWholeArgument(value: string): boolean {
  return !value.includes("\0") && (!value.includes("${") || /^\$\{paths\.[a-z][a-z0-9_-]*\}$/.test(value));
}

const stdioSchema = z.strictObject({
  kind: z.literal("stdio"),
  place: places.describe("the name of a place in the configuration, which names the executable"),
  argv: z.array(argument).max(64).default([]).describe("arguments after the executable; no shell sees them"),
  era: eraSchema,
});

/** Headers that say where a request goes, how it is framed, or what MCP call it is. A credential must not overwrite them. */
const reservedHeader =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|expect|accept.*|mcp-.*|last-event-id|traceparent|tracestate)$/;

const credentialSchema = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("none") }),
    z.strictObject({
      mode: z.literal("company"),
      secret: places.describe("the name of a secret in the configuration"),
      header: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
        .refine((header) => !reservedHeader.test(header), "a header that may carry a credential")
        .default("authorization")
        .describe("a header name in lower case"),
      prefix: z
        .string()
        .max(64)
        .regex(/^[\x20-\x7e]*$/)
        .default("Bearer ")
        .describe("what stands before the secret"),
    }),
  ])
  .default({ mode: "none" });

const MAX_TIMEOUT_MS = 600_000;
const timeoutMs = z.int().min(1).max(MAX_TIMEOUT_MS).describe("milliseconds, 1 to 600000");

export const serverSchema = z.strictObject({
  title: text.optional(),
  owner: text,
  trust: z.enum(["internal", "partner", "public"]),
  environment: text,
  status: z.enum(["proposed", "approved", "deprecated", "retired"]),
  replacement: serverIdSchema.optional().describe("the id of the server to use instead"),
  transport: z.discriminatedUnion("kind", [httpSchema, stdioSchema]),
  credential: credentialSchema,
  timeout_ms: timeoutMs.default(10_000),
  max_result_bytes: z.int().min(1024).max(67_108_864).default(1_048_576).describe("bytes, 1024 to 67108864"),
  max_concurrent: z.int().min(1).max(10_000).default(64).describe("calls in flight at once, 1 to 10000"),
  drift: z.literal("strict").default("strict"),
});

/** A server in a bundle also says how its pins were read. */
export const bundledServerSchema = serverSchema.extend({
  pinned: z.strictObject({ era: z.enum(["session", "stateless"]), capabilities: z.record(z.string(), z.unknown()) }).optional(),
});

export const effects = ["read", "write", "delete", "execute", "send", "pay"] as const;

export const toolFactsSchema = z.strictObject({
  risk: z.enum(["low", "medium", "high", "critical"]),
  effects: z.array(z.enum(effects)).describe("what a call does: any of read, write, delete, execute, send, pay"),
  data_classes: z.array(text).default([]),
  idempotent: z.boolean().describe("true if the same call twice does what it does once"),
  timeout_ms: timeoutMs.optional(),
  sample: z
    .strictObject({ args: z.record(z.string(), z.unknown()).describe("arguments that fit the tool's schema") })
    .optional()
    .describe("a call that policy allows or asks about: { args: … }"),
});

/** Names are the server's own; `__proto__` cannot be a key of a table. */
export const toolNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?!__proto__$)[^\p{Cc}]*$/u)
  .describe("a tool name of 1 to 128 characters");

export const pinSchema = z
  .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
  .describe("sha256: and 64 hex digits, as toolgate catalog pin writes it");

export const definitionSchema = z.custom<ToolDefinition>(isDefinition, "a tool definition with name and inputSchema");

function isDefinition(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" && isObject(value.inputSchema);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const bundledToolSchema = toolFactsSchema.extend({ pin: pinSchema, definition: definitionSchema });

const subject = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}]*$/u);

export const matchSchema = z
  .strictObject({
    issuer: z.string().min(1).max(512).describe("the issuer as its tokens name it"),
    client_id: subject.optional(),
    subject: subject.optional(),
    subject_pattern: subject
      .refine((pattern) => /[^*]/.test(pattern), "a pattern with more than stars: a bare star would make every caller this agent")
      .optional(),
  })
  .refine(
    (match) => [match.client_id, match.subject, match.subject_pattern].filter((way) => way !== undefined).length === 1,
    "exactly one of client_id, subject, subject_pattern",
  );

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
  roles: z.array(idSchema).default([]),
  roles_alone: z.array(idSchema).default([]).describe("roles when it acts without a user"),
  expires: z.iso.datetime({ offset: true }).optional().describe("a time such as 2027-01-31T00:00:00Z"),
  match: z.array(matchSchema).min(1).describe("whose tokens are this agent's"),
});

export const groupNameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^(?!__proto__$)[^\p{Cc}]*$/u)
  .describe("a group name of 1 to 256 characters, as the issuer names it");

export const groupSchema = z.strictObject({ roles: z.array(idSchema) });

const seconds = z
  .int()
  .min(1)
  .max(31 * 86_400)
  .describe("seconds, 1 to 2678400");

export const budgetSchema = z.strictObject({
  unit: z.enum(["calls", "bytes"]),
  limit: z.int().min(1).describe("a whole number of the unit, at least 1"),
  window: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("fixed"), seconds }),
    z.strictObject({ kind: z.literal("rolling"), seconds, burst: z.int().min(1).optional() }),
  ]),
  per: z
    .array(z.enum(["tenant", "team", "agent", "user", "tool", "server"]))
    .refine((per) => new Set(per).size === per.length, "each dimension once"),
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

const perServer = <T extends z.ZodType>(tool: T) => z.record(serverIdSchema, z.record(toolNameSchema, tool));

export const serversSchema = z.record(serverIdSchema, serverSchema);
export const toolsSchema = perServer(toolFactsSchema);
export const agentsSchema = z.record(idSchema, agentSchema);
export const groupsSchema = z.record(groupNameSchema, groupSchema);
export const budgetsSchema = z.record(idSchema, budgetSchema);
export const rolesSchema = z.record(idSchema, z.looseObject({ grants: perServer(z.literal(true)) }));

/** `catalog` in a bundle's data. */
export const catalogSchema = z.strictObject({
  schema: z.literal(1).describe("1, the version of this shape"),
  servers: z.record(serverIdSchema, bundledServerSchema),
  tools: perServer(bundledToolSchema),
  agents: agentsSchema,
  groups: groupsSchema,
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

import { z } from "zod";
import type { PromptDefinition, TemplateDefinition, ToolDefinition } from "../../core/tool.ts";
import { text, timeoutMs } from "./fields.ts";

/** What stands in the catalog about tools, prompts and resources: the facts that people write, and what servers said of them. */

export const effects = ["read", "write", "delete", "execute", "send", "pay"] as const;

/** From the least to the most. */
export const risks = ["low", "medium", "high", "critical"] as const;

export const toolFactsSchema = z.strictObject({
  risk: z.enum(risks),
  effects: z.array(z.enum(effects)).describe("what a call does: any of read, write, delete, execute, send, pay"),
  data_classes: z.array(text).default([]),
  idempotent: z.boolean().describe("true if the same call twice does what it does once"),
  timeout_ms: timeoutMs.optional(),
  sample: z
    .strictObject({ args: z.record(z.string(), z.unknown()).describe("arguments that fit the tool's schema") })
    .optional()
    .describe("a call that policy allows or asks about: { args: … }"),
});

export const promptFactsSchema = z.strictObject({ data_classes: z.array(text).default([]) });

const uriText = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\p{Cc}]*$/u);

const eitherUriOrTemplate = (entry: { uri?: unknown; template?: unknown }): boolean =>
  (entry.uri === undefined) !== (entry.template === undefined);

/** Whether a pattern or template can be read is judged where the whole catalog is: see uri-pattern.ts. */
export const resourceFactsSchema = z
  .strictObject({
    uri: uriText.optional().describe("a URI, in which * stands for characters other than / ? # and ** for any"),
    template: uriText.optional().describe("a template of URIs exactly as the server lists it"),
    data_classes: z.array(text).default([]),
  })
  .refine(eitherUriOrTemplate, "either uri or template");

/** Names are the server's own; `__proto__` cannot be a key of a table. */
const name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?!__proto__$)[^\p{Cc}]*$/u);
export const toolNameSchema = name.describe("a tool name of 1 to 128 characters");
export const promptNameSchema = name.describe("a prompt name of 1 to 128 characters");
export const templateNameSchema = uriText
  .refine((template) => template !== "__proto__")
  .describe("a template of URIs of 1 to 1024 characters");

export const pinSchema = z
  .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
  .describe("sha256: and 64 hex digits, as toolgate catalog pin writes it");

export const definitionSchema = z.custom<ToolDefinition>(isDefinition, "a tool definition with name and inputSchema");

export const promptDefinitionSchema = z.custom<PromptDefinition>(isPrompt, "a prompt definition with name, and arguments that have names");
export const templateDefinitionSchema = z.custom<TemplateDefinition>(isTemplate, "a template definition with uriTemplate and name");

function isDefinition(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" && isObject(value.inputSchema);
}

function isPrompt(value: unknown): boolean {
  if (!isObject(value) || typeof value.name !== "string") return false;
  const { arguments: named = [] } = value;
  return Array.isArray(named) && named.every((one) => isObject(one) && typeof one.name === "string");
}

function isTemplate(value: unknown): boolean {
  return isObject(value) && typeof value.uriTemplate === "string" && typeof value.name === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const bundledToolSchema = toolFactsSchema.extend({ pin: pinSchema, definition: definitionSchema });
export const bundledPromptSchema = promptFactsSchema.extend({ pin: pinSchema, definition: promptDefinitionSchema });
export const bundledResourceSchema = z
  .strictObject({
    ...resourceFactsSchema.shape,
    template: z.strictObject({ pin: pinSchema, definition: templateDefinitionSchema }).optional(),
  })
  .refine(eitherUriOrTemplate, "either uri or template");

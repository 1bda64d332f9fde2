import { type ReferenceTool, text } from "./tool.ts";

/** Tools with input schemas that must not lose anything on the way. */
export const schemaTools: readonly ReferenceTool[] = [
  {
    name: "test_x_mcp_header",
    description: "Takes arguments that a stateless client repeats in headers.",
    inputSchema: {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        tier: { type: "integer", "x-mcp-header": "Tier" },
        urgent: { type: "boolean", "x-mcp-header": "Urgent" },
      },
      required: ["region"],
      additionalProperties: false,
    },
    run: async ({ args }) => text(`region ${String(args.region)}`),
  },
  {
    name: "json_schema_2020_12_tool",
    description: "Tool with JSON Schema 2020-12 features",
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
      properties: {
        name: { type: "string" },
        address: { $ref: "#/$defs/address" },
        contactMethod: { type: "string", enum: ["phone", "email"] },
        phone: { type: "string" },
        email: { type: "string" },
      },
      allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
      if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ["phone"] },
      else: { required: ["email"] },
      additionalProperties: false,
    },
    run: async ({ args }) => text(JSON.stringify(args)),
  },
];

import { z } from "zod";
import { configSchema } from "./config.ts";

/** One key of `toolgate.yaml`, as the reference tells it. */
export interface ConfigKey {
  /** `issuers[].audience`, `places.<name>.url`. */
  readonly path: string;
  /** In words: `integer from 0 to 65535`, `list of text`, `table`. */
  readonly type: string;
  /** As it would be written; undefined where there is none. */
  readonly default?: string;
  readonly required: boolean;
  /** The words of `.describe`; undefined where the key only groups others. */
  readonly description?: string;
}

type Schema = z.core.JSONSchema.JSONSchema;

/** Every key of the configuration, parents before their children, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  return keysBelow(z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }), "");
}

function keysBelow(schema: Schema, path: string): readonly ConfigKey[] {
  if (schema.anyOf) return schema.anyOf.flatMap((option) => keysBelow(option, path));
  if (schema.type === "array") return keysBelow(only(schema.items), `${path}[]`);
  if (schema.properties === undefined) return isTable(schema) ? keysBelow(only(schema.additionalProperties), `${path}.<name>`) : [];
  return Object.entries(schema.properties).flatMap(([name, member]) => {
    const child = only(member);
    const at = path === "" ? name : `${path}.${name}`;
    return [keyOf(child, at, schema.required?.includes(name) === true), ...keysBelow(child, at)];
  });
}

function keyOf(schema: Schema, path: string, required: boolean): ConfigKey {
  const found = schema.default;
  // A group that is absent is filled from the defaults of its keys, which stand in their own rows.
  const told = found !== undefined && !(typeof found === "object" && !Array.isArray(found));
  return {
    path,
    type: typeOf(schema),
    required,
    ...(told ? { default: JSON.stringify(found) } : {}),
    ...(schema.description === undefined ? {} : { description: schema.description }),
  };
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.map(String).join(", ")}`;
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  switch (schema.type) {
    case "array":
      return `list of ${plural(typeOf(only(schema.items)))}`;
    case "integer":
    case "number":
      return `${schema.type}${bounds(schema)}`;
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    default:
      return isTable(schema) ? "table by name" : "table";
  }
}

function bounds({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const least = minimum ?? (typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : undefined);
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least === undefined) return "";
  return most === undefined ? `, ${least} or more` : ` from ${least} to ${most}`;
}

function plural(type: string): string {
  return type === "table" ? "tables" : type;
}

function isTable(schema: Schema): boolean {
  return typeof schema.additionalProperties === "object";
}

function only(schema: unknown): Schema {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema) ? (schema as Schema) : {};
}

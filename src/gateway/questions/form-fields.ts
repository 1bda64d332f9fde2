import { ok, type Result } from "../../core/result.ts";
import { isMembers, type Malformed, malformed } from "./malformed.ts";

type Members = Readonly<Record<string, unknown>>;

/** A person fills this in; more than this is no form. */
const MAX_FIELDS = 100;

/** The names that a form asks for, sorted: flat, each of a primitive type or a choice of texts. */
export function formFields(schema: unknown): Result<readonly string[], Malformed> {
  if (!isMembers(schema) || schema.type !== "object" || !isMembers(schema.properties))
    return malformed("requestedSchema is not an object schema with properties");
  if (elsewhere.some((word) => schema[word] !== undefined)) return malformed("requestedSchema asks for more than its properties");
  const { properties, required } = schema;
  const names = Object.keys(properties).sort();
  if (names.length > MAX_FIELDS) return malformed(`requestedSchema has more than ${MAX_FIELDS} properties`);
  for (const name of names)
    if (!isFieldSchema(properties[name])) return malformed(`property ${JSON.stringify(name)} is not of a primitive type`);
  if (required !== undefined && !isTextList(required)) return malformed("required is not a list of names");
  return ok(names);
}

function isFieldSchema(schema: unknown): boolean {
  if (!isMembers(schema) || nests(schema)) return false;
  switch (schema.type) {
    case "number":
    case "integer":
    case "boolean":
      return true;
    case "string":
      return (schema.enum === undefined || isTextList(schema.enum)) && (schema.oneOf === undefined || isTitledList(schema.oneOf));
    case "array":
      return isChoice(schema.items);
    default:
      return false;
  }
}

/** Several of a fixed set of texts: the only list that a form may ask for. */
function isChoice(items: unknown): boolean {
  if (!isMembers(items) || nests(items)) return false;
  return items.anyOf === undefined ? items.type === "string" && isTextList(items.enum) : isTitledList(items.anyOf);
}

/** Words of JSON Schema that would hide a structure from whoever looks at the type alone. */
const nesting = ["$ref", "$dynamicRef", "properties", "patternProperties", "additionalProperties", "allOf", "not", "if"] as const;

/** Words at the top that would ask for fields which policy is not told of. */
const elsewhere = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "dependentSchemas"] as const;

function nests(schema: Members): boolean {
  return nesting.some((word) => schema[word] !== undefined);
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isTitledList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => isMembers(entry) && typeof entry.const === "string");
}

import { canonicalText, isList, isLiteral, type Json, type Members } from "./document.ts";
import { patternIsValid } from "./patterns.ts";
import { countOf, invalidType, listOf, numberOf, type Reader, textOf } from "./read-members.ts";
import { type Schema, SchemaMistake } from "./schema.ts";

const typeNames = ["array", "boolean", "integer", "number", "null", "object", "string"];

export function readTypes(members: Members, schema: Schema): void {
  const found = members.get("type");
  if (found === undefined) return;
  // OPA names the two the wrong way round.
  if (typeof found !== "string" && !isList(found)) throw invalidType("type", "string/Array Of Strings");
  const types: string[] = [];
  for (const name of typeof found === "string" ? [found] : found) {
    if (typeof name !== "string") throw invalidType("type", "string/Array Of Strings");
    if (!typeNames.includes(name)) {
      throw new SchemaMistake(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${typeNames.join(" ")}]`,
      );
    }
    if (types.includes(name)) throw new SchemaMistake(`${name} type is duplicated`);
    types.push(name);
  }
  schema.types = types;
}

export function readNumbers({ draft }: Reader, members: Members, schema: Schema): void {
  const multiple = members.get("multipleOf");
  if (multiple !== undefined) {
    schema.multipleOf = numberOf(multiple);
    if (schema.multipleOf === undefined) throw invalidType("Number", "multipleOf");
    if (!(/[1-9]/.test(schema.multipleOf.replace(/[eE].*$/, "")) && !schema.multipleOf.startsWith("-"))) {
      throw new SchemaMistake("multipleOf must be strictly greater than 0");
    }
  }
  for (const [limit, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    schema[limit] = limitOf(members, limit);
    const found = members.get(exclusive);
    if (found === undefined) continue;
    if (typeof found === "boolean" && (draft === 4 || draft === Number.POSITIVE_INFINITY)) {
      if (schema[limit] === undefined) throw new SchemaMistake(`${exclusive} cannot be used without ${limit}`);
      if (found) [schema[exclusive], schema[limit]] = [schema[limit], undefined];
    } else if (isLiteral(found) && draft !== 4) schema[exclusive] = numberOf(found);
    else throw invalidType(exclusiveOf(draft), exclusive);
  }
}

function limitOf(members: Members, key: string): string | undefined {
  const found = members.get(key);
  if (found === undefined) return undefined;
  const limit = numberOf(found);
  if (limit === undefined) throw new SchemaMistake(`${key} must be of a Number`);
  return limit;
}

function exclusiveOf(draft: number): string {
  if (draft === 4) return "boolean";
  return draft === Number.POSITIVE_INFINITY ? "boolean/number" : "number";
}

export function readTexts(members: Members, schema: Schema): void {
  schema.minLength = countOf(members, "minLength");
  schema.maxLength = countOf(members, "maxLength");
  refuseCrossed(schema.minLength, schema.maxLength, "minLength", "maxLength");
  schema.pattern = textOf(members, "pattern");
  if (schema.pattern !== undefined && !patternIsValid(schema.pattern)) throw new SchemaMistake("pattern must be a valid regex");
  schema.format = textOf(members, "format") ?? "";
}

/** Counts of members and items, and `contains`. */
export function readEnd(reader: Reader, members: Members, schema: Schema): void {
  schema.minProperties = countOf(members, "minProperties");
  schema.maxProperties = countOf(members, "maxProperties");
  refuseCrossed(schema.minProperties, schema.maxProperties, "minProperties", "maxProperties");
  const required: string[] = [];
  const known = new Set<string>();
  for (const name of listOf(members, "required") ?? []) {
    if (typeof name !== "string") throw invalidType("string", "required");
    if (known.has(name)) throw new SchemaMistake("required items must be unique");
    known.add(name);
    required.push(name);
  }
  schema.required = required;
  schema.minItems = countOf(members, "minItems");
  schema.maxItems = countOf(members, "maxItems");
  const unique = members.has("uniqueItems") ? members.get("uniqueItems") : false;
  if (typeof unique !== "boolean") throw new SchemaMistake("uniqueItems must be of a boolean");
  schema.uniqueItems = unique;
  const contains = members.get("contains");
  if (contains !== undefined && reader.draft >= 6) schema.contains = reader.read(contains);
}

function refuseCrossed(least: bigint | undefined, most: bigint | undefined, lower: string, upper: string): void {
  if (least !== undefined && most !== undefined && least > most) throw new SchemaMistake(`${lower} cannot be greater than ${upper}`);
}

export function readValues({ draft }: Reader, members: Members, schema: Schema): void {
  const constant: Json | undefined = members.get("const");
  if (constant !== undefined && draft >= 6) schema.constant = canonicalText(constant);
  const choices = listOf(members, "enum")?.map(canonicalText);
  if (choices !== undefined && new Set(choices).size < choices.length) throw new SchemaMistake("enum items must be unique");
  schema.choices = choices;
}

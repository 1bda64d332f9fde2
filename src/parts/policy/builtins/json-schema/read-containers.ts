import { isList, isMembers, type Json, type Members } from "./document.ts";
import { patternIsValid } from "./patterns.ts";
import { invalidType, isSchema, type Reader, rest } from "./read-members.ts";
import { type Schema, SchemaMistake } from "./schema.ts";

export function readObjects(reader: Reader, members: Members, schema: Schema): void {
  const properties = members.get("properties");
  if (properties !== undefined) {
    if (!isMembers(properties)) throw new SchemaMistake("Properties must be of type object");
    schema.properties = new Map([...properties].map(([key, node]) => [key, reader.read(node)] as const));
  }
  schema.additionalProperties = rest(reader, members, "additionalProperties");
  schema.patternProperties = patternsOf(reader, members);
  const names = members.get("propertyNames");
  if (names !== undefined && reader.draft >= 6) {
    // OPA's own words name the wrong keyword.
    if (!isSchema(names)) throw invalidType("Valid Schema", "patternProperties");
    schema.propertyNames = reader.read(names);
  }
  schema.dependencies = dependenciesOf(reader, members);
}

function patternsOf(reader: Reader, members: Members): readonly (readonly [string, Schema])[] {
  const found = members.get("patternProperties");
  if (found === undefined) return [];
  if (!isMembers(found)) throw invalidType("Valid Schema", "patternProperties");
  return [...found].map(([pattern, node]) => {
    if (!patternIsValid(pattern)) throw new SchemaMistake(`Invalid regex pattern '${pattern}'`);
    return [pattern, reader.read(node)] as const;
  });
}

function dependenciesOf(reader: Reader, members: Members): ReadonlyMap<string, readonly string[] | Schema> {
  const found = members.get("dependencies");
  if (found === undefined) return new Map();
  if (!isMembers(found)) throw new SchemaMistake("dependencies must be of type object");
  return new Map([...found].map(([key, node]) => [key, dependencyOf(reader, node)] as const));
}

function dependencyOf(reader: Reader, node: Json): readonly string[] | Schema {
  if (isSchema(node)) return reader.read(node);
  if (!isList(node) || !node.every((name) => typeof name === "string")) {
    throw new SchemaMistake("Dependency must be of type Schema Or Array Of Strings");
  }
  return node;
}

export function readArrays(reader: Reader, members: Members, schema: Schema): void {
  const items = members.get("items");
  const wanted = "Valid Schema/Array Of Schemas";
  if (items !== undefined && isList(items)) {
    schema.items = items.map((node) => {
      if (!isSchema(node)) throw invalidType(wanted, "items");
      return reader.read(node);
    });
  } else if (items !== undefined) {
    if (!isSchema(items)) throw invalidType(wanted, "items");
    schema.items = reader.read(items);
  }
  schema.additionalItems = rest(reader, members, "additionalItems");
}

import type { Members } from "./document.ts";
import { isSchema, listOf, type Reader } from "./read-members.ts";
import { type Schema, SchemaMistake } from "./schema.ts";

export function readCombined(reader: Reader, members: Members, schema: Schema): void {
  for (const key of ["oneOf", "anyOf", "allOf"] as const) {
    schema[key] = (listOf(members, key) ?? []).map((node) => reader.read(node));
  }
  schema.not = one(reader, members, "not");
  if (reader.draft < 7) return;
  const test = one(reader, members, "if");
  const [yes, no] = [one(reader, members, "then"), one(reader, members, "else")];
  if (test !== undefined) schema.condition = { test, yes, no };
}

function one(reader: Reader, members: Members, key: string): Schema | undefined {
  const found = members.get(key);
  if (found === undefined) return undefined;
  if (!isSchema(found)) throw new SchemaMistake(`${key} must be of an object`);
  return reader.read(found);
}

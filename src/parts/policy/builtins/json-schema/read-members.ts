import { int64Of, ratioOf } from "../number.ts";
import { isList, isLiteral, isMembers, type Json, type Members } from "./document.ts";
import { type Schema, SchemaMistake } from "./schema.ts";

/** What reads the schemas inside of a schema. */
export interface Reader {
  /** 4, 6, 7, or infinity for a schema that names none. */
  readonly draft: number;
  read(node: Json): Schema;
}

export const invalidType = (expected: string, given: string): SchemaMistake =>
  new SchemaMistake(`Invalid type. Expected: ${expected}, given: ${given}`);

export function textOf(members: Members, key: string): string | undefined {
  const found = members.get(key);
  if (found !== undefined && typeof found !== "string") throw invalidType("string", key);
  return found;
}

export function listOf(members: Members, key: string): readonly Json[] | undefined {
  const found = members.get(key);
  if (found !== undefined && !isList(found)) throw new SchemaMistake(`${key} must be of an array`);
  return found;
}

/** A count of things: an integer without a point or an exponent, and not below 0. */
export function countOf(members: Members, key: string): bigint | undefined {
  const found = members.get(key);
  if (found === undefined) return undefined;
  const count = isLiteral(found) && /^-?\d+$/.test(found.number) ? int64Of(found.number) : undefined;
  if (count === undefined) throw new SchemaMistake(`${key} must be of an integer`);
  if (count < 0n) throw new SchemaMistake(`${key} must be greater than or equal to 0`);
  return count;
}

/** The literal, once it is known to be one that can be compared. */
export function numberOf(value: Json): string | undefined {
  if (!isLiteral(value)) return undefined;
  ratioOf(value.number);
  return value.number;
}

export const isSchema = (value: Json): boolean => typeof value === "boolean" || isMembers(value);

/** `additionalProperties` and `additionalItems`, for which a boolean is one of every draft. */
export function rest(reader: Reader, members: Members, key: string): boolean | Schema {
  const found = members.get(key);
  if (found === undefined) return true;
  if (typeof found === "boolean") return found;
  if (!isMembers(found)) throw invalidType("boolean/Valid Schema", key);
  return reader.read(found);
}

import { BuiltinError } from "../builtin.ts";
import { isMembers, type Json, type Members } from "./document.ts";
import { readCombined } from "./read-combined.ts";
import { readArrays, readObjects } from "./read-containers.ts";
import { invalidType, type Reader, textOf } from "./read-members.ts";
import { readEnd, readNumbers, readTexts, readTypes, readValues } from "./read-values.ts";
import { References } from "./references.ts";
import { Schema, SchemaMistake } from "./schema.ts";

const MOST_SCHEMAS = 5000;
const DEEPEST = 200;

/** Draft of a `$schema`; without one, OPA takes the keywords of all of them. */
const drafts: ReadonlyMap<string, number> = new Map(
  [4, 6, 7].map((draft) => [`http://json-schema.org/draft-0${draft}/schema`, draft] as const),
);
const MIXED = Number.POSITIVE_INFINITY;

/**
 * Reads a schema of draft 4, 6 or 7 as OPA's validator does. Throws `SchemaMistake` for one that is none, in OPA's words,
 * and `BuiltinError` for one that is larger than a decision may take or means another document.
 */
export function compileSchema(root: Json): Schema {
  return new Compiler(root).read(root);
}

class Compiler implements Reader {
  readonly draft: number;
  readonly #references: References;
  readonly #targets = new Map<string, Schema>();
  #left = MOST_SCHEMAS;
  #depth = 0;

  constructor(root: Json) {
    this.draft = draftOf(root);
    this.#references = new References(root);
  }

  read(node: Json): Schema {
    const schema = new Schema();
    this.#fill(schema, node);
    return schema;
  }

  #fill(schema: Schema, node: Json): void {
    // A hundred references that each lead to the whole schema read it a hundred times.
    if (--this.#left < 0 || ++this.#depth > DEEPEST) throw new BuiltinError("json schema: too many schemas");
    if (typeof node === "boolean" && this.draft >= 6) schema.pass = node;
    else if (!isMembers(node)) throw new SchemaMistake("Expected: Valid Schema, given: Invalid JSON");
    else this.#keywords(schema, node);
    this.#depth--;
  }

  #keywords(schema: Schema, members: Members): void {
    this.#annotations(members);
    const reference = textOf(members, "$ref");
    if (reference !== undefined) {
      schema.target = this.#target(reference);
      this.#unheeded(members);
      return;
    }
    readKeywords(this, members, schema);
  }

  #annotations(members: Members): void {
    textOf(members, this.draft === 4 || (this.draft === MIXED && members.has("id")) ? "id" : "$id");
    const definitions = members.get("definitions");
    if (definitions !== undefined) {
      const all = isMembers(definitions) ? [...definitions.values()] : [null];
      for (const one of all) {
        if (typeof one !== "boolean" && !(one !== null && isMembers(one))) throw invalidType("Array Of Schemas", "definitions");
        this.read(one);
      }
    }
    textOf(members, "title");
    textOf(members, "description");
  }

  /** Whether OPA looks at what stands beside a reference depends on the order in which it meets the keys of an object. */
  #unheeded(members: Members): void {
    try {
      readKeywords(this, members, new Schema());
    } catch (error) {
      if (error instanceof SchemaMistake) throw new BuiltinError("json schema: a mistake beside a $ref");
      throw error;
    }
  }

  #target(reference: string): Schema {
    const { key, node } = this.#references.find(reference);
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const target = new Schema();
    this.#targets.set(key, target);
    this.#fill(target, node);
    return target;
  }
}

function readKeywords(reader: Reader, members: Members, schema: Schema): void {
  readTypes(members, schema);
  readObjects(reader, members, schema);
  readArrays(reader, members, schema);
  readNumbers(reader, members, schema);
  readTexts(members, schema);
  readEnd(reader, members, schema);
  readValues(reader, members, schema);
  readCombined(reader, members, schema);
}

function draftOf(root: Json): number {
  if (typeof root === "boolean") return MIXED;
  if (!isMembers(root)) throw new SchemaMistake("schema is invalid");
  const found = root.get("$schema");
  if (found === undefined) return MIXED;
  if (typeof found !== "string") throw new SchemaMistake("$schema must be of type string");
  if (!/^[A-Za-z0-9:/._-]*#?$/.test(found) || found.startsWith(":")) throw new BuiltinError("json schema: an unusual $schema");
  return drafts.get(found.replace(/#$/, "")) ?? MIXED;
}

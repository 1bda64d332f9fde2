import { type Builtin, BuiltinError, LONGEST_TEXT } from "../builtin.ts";
import type { Value } from "../value.ts";
import { compileSchema } from "./compile.ts";
import { documentOf } from "./document.ts";
import { fieldOf, type Problem } from "./outcome.ts";
import { SchemaMistake } from "./schema.ts";
import { validate } from "./validate.ts";

/** `[true, []]`, or `[false, errors]`. A schema or a document that is none is an error, as in OPA. */
const matchSchema: Builtin = (_, document, schema) => {
  try {
    const read = documentOf(document);
    const problems = validate(compileSchema(documentOf(schema)), read);
    return [problems.length === 0, written(problems)];
  } catch (error) {
    if (error instanceof SchemaMistake) throw new BuiltinError(`json.match_schema: ${error.message}`);
    throw error;
  }
};

function written(problems: readonly Problem[]): Value {
  let size = 0;
  return problems.map(({ type, place, describe }) => {
    const field = fieldOf(place);
    const text = describe(field);
    // A member's name of a hundred kilobytes stands in the field of everything inside of it.
    size += 2 * (field.length + text.length);
    if (size > LONGEST_TEXT) throw new BuiltinError("json.match_schema: the errors are too long");
    const entries: [string, Value][] = [
      ["desc", text],
      ["error", `${field}: ${text}`],
      ["field", field],
      ["type", type],
    ];
    return { entries };
  });
}

const verifySchema: Builtin = (_, schema) => {
  try {
    compileSchema(documentOf(schema));
    return [true, null];
  } catch (error) {
    if (error instanceof SchemaMistake) return [false, `jsonschema: ${error.message}`];
    throw error;
  }
};

export const jsonSchemaBuiltins = { "json.match_schema": matchSchema, "json.verify_schema": verifySchema } satisfies Record<
  string,
  Builtin
>;

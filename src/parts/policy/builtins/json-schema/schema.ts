/** Why a schema is none, in OPA's words. */
export class SchemaMistake extends Error {}

export interface Condition {
  readonly test: Schema;
  readonly yes: Schema | undefined;
  readonly no: Schema | undefined;
}

/** One schema, read. Absent keywords are undefined or empty. Filled while it is read: a reference may lead back to it. */
export class Schema {
  /** `true` and `false` as schemas. */
  pass: boolean | undefined;
  /** Where `$ref` leads. Nothing beside it counts. */
  target: Schema | undefined;
  types: readonly string[] = [];

  properties: ReadonlyMap<string, Schema> = new Map();
  patternProperties: readonly (readonly [string, Schema])[] = [];
  additionalProperties: boolean | Schema = true;
  propertyNames: Schema | undefined;
  dependencies: ReadonlyMap<string, readonly string[] | Schema> = new Map();
  required: readonly string[] = [];
  minProperties: bigint | undefined;
  maxProperties: bigint | undefined;

  /** One schema for every item, or one for each of the first ones. */
  items: Schema | readonly Schema[] = [];
  additionalItems: boolean | Schema = true;
  contains: Schema | undefined;
  uniqueItems = false;
  minItems: bigint | undefined;
  maxItems: bigint | undefined;

  multipleOf: string | undefined;
  minimum: string | undefined;
  maximum: string | undefined;
  exclusiveMinimum: string | undefined;
  exclusiveMaximum: string | undefined;

  minLength: bigint | undefined;
  maxLength: bigint | undefined;
  pattern: string | undefined;
  format = "";

  /** Canonical texts. */
  constant: string | undefined;
  choices: readonly string[] | undefined;

  allOf: readonly Schema[] = [];
  anyOf: readonly Schema[] = [];
  oneOf: readonly Schema[] = [];
  not: Schema | undefined;
  condition: Condition | undefined;
}

import { z } from "zod";
import { didYouMean, foundText, type Mistake, oneOf, pathText } from "./mistakes.ts";

/** Where a mistake stands: its path as steps, so that the caller can find the line. */
export interface SchemaMistake extends Omit<Mistake, "file" | "line"> {
  readonly steps: readonly PropertyKey[];
}

/**
 * Reads a value by its schema. All mistakes at once; what was wanted is told in the words of `.describe`, and an unknown
 * key is answered with the nearest known one.
 */
export function mistakesOf(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): SchemaMistake[] {
  // That a table lacks something may only be because the word for it was misspelt.
  const misspelt = new Set(issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? [pathText(issue.path)] : [])));
  const causes = issues.filter((issue) => issue.code !== "custom" || !misspelt.has(pathText(issue.path)));
  return causes.flatMap((issue) => fromIssue(schema, value, issue, []));
}

function fromIssue(schema: z.ZodType, value: unknown, issue: z.core.$ZodIssue, base: readonly PropertyKey[]): SchemaMistake[] {
  const steps = [...base, ...issue.path];
  const found = valueAt(value, steps);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(schema, value, steps, key));
    case "invalid_union": {
      if (found !== undefined && "errors" in issue && issue.errors.length > 0) {
        // Of a table that could have been a plain word too, the mistakes inside say more than that it is no word.
        const inside = issue.errors.filter(goesInside);
        const nearest =
          (typeof found === "object" && inside.length > 0 ? inside : issue.errors).toSorted((a, b) => a.length - b.length)[0] ?? [];
        if (goesInside(nearest)) return nearest.flatMap((inner) => fromIssue(schema, value, inner, steps));
      }
      const options = "options" in issue ? (issue.options ?? []).map(String) : [];
      if ("errors" in issue && issue.errors.length > 0 && issue.errors.flat().every(wantsTable))
        return [untold(schema, value, steps, "a table")];
      return [mistake(schema, value, steps, options.length > 0 ? oneOf(options) : undefined, hint(found, options))];
    }
    case "invalid_value":
      return [mistake(schema, value, steps, oneOf(issue.values.map(String)), hint(found, issue.values.map(String)))];
    case "invalid_key": {
      const key = String(steps.at(-1));
      const parent = schemaAt(schema, value, steps.slice(0, -1));
      const wanted = parent instanceof z.ZodRecord ? describing(parent.keyType as z.ZodType) : undefined;
      return [
        { steps, path: pathText(steps), found: `key ${JSON.stringify(key)}`, wanted: wanted ?? issue.issues[0]?.message ?? issue.message },
      ];
    }
    case "custom":
      return [{ steps, path: pathText(steps), found: toldAs(issue, found), wanted: issue.message.replace(/^wanted /, "") }];
    case "too_big":
    case "too_small":
      return [bounded(mistake(schema, value, steps, undefined, undefined, plainMessage(issue)), issue)];
    case "invalid_type":
      if (wantsTable(issue)) return [untold(schema, value, steps, plainMessage(issue))];
      return [mistake(schema, value, steps, undefined, undefined, plainMessage(issue))];
    default:
      return [mistake(schema, value, steps, undefined, undefined, plainMessage(issue))];
  }
}

/** Where the name of a secret belongs, people write the secret itself: a check that knows that says so in its `params`. */
function toldAs({ params }: z.core.$ZodIssueCustom, found: unknown): string {
  return params?.untold === true && found !== undefined ? "another text" : foundText(found);
}

function wantsTable(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && (issue.expected === "object" || issue.expected === "record");
}

/** A plain text where a table was wanted helps nobody to see, and under `secrets` it may be one. */
function untold(schema: z.ZodType, value: unknown, steps: readonly PropertyKey[], fallback?: string): SchemaMistake {
  const told = mistake(schema, value, steps, undefined, undefined, fallback);
  return typeof valueAt(value, steps) === "string" ? { ...told, found: "a text" } : told;
}

function goesInside(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some((inner) => inner.path.length > 0 || inner.code === "unrecognized_keys");
}

function mistake(
  schema: z.ZodType,
  value: unknown,
  steps: readonly PropertyKey[],
  exact: string | undefined,
  remedy?: string,
  fallback = "another value",
): SchemaMistake {
  const at = schemaAt(schema, value, steps);
  const wanted = exact ?? (at === undefined ? undefined : describing(at)) ?? fallback;
  const told = { steps, path: pathText(steps), found: foundText(valueAt(value, steps)), wanted };
  return remedy === undefined ? told : { ...told, remedy };
}

function unknownKey(schema: z.ZodType, value: unknown, steps: readonly PropertyKey[], key: string): SchemaMistake {
  const at = schemaAt(schema, value, steps);
  const known = at instanceof z.ZodObject ? Object.keys(at.shape) : [];
  const path = [...steps, key];
  const told = { steps: path, path: pathText(path), found: "unknown key", wanted: known.length > 0 ? oneOf(known) : "no such key" };
  const remedy = didYouMean(key, known);
  return remedy === undefined ? told : { ...told, remedy };
}

function hint(found: unknown, words: readonly string[]): string | undefined {
  return typeof found === "string" ? didYouMean(found, words) : undefined;
}

/** A described number beyond its bounds: the description alone would not say which bound. */
function bounded(told: SchemaMistake, issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): SchemaMistake {
  if (issue.origin !== "number" && issue.origin !== "int") return told;
  const bound = issue.code === "too_big" ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  const bare = told.wanted === plainMessage(issue);
  return { ...told, wanted: bare ? bound : `${bound}: ${told.wanted}` };
}

const kinds: Readonly<Record<string, string>> = {
  record: "a table",
  object: "a table",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** "Too small: expected number to be >=1" → "number to be >=1". */
function plainMessage(issue: z.core.$ZodIssue): string {
  const expected = /expected (.*?)(, received .*)?$/.exec(issue.message)?.[1];
  return kinds[expected ?? ""] ?? expected ?? issue.message.replace(/^wanted /, "");
}

function valueAt(value: unknown, steps: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

/** The schema that judges the value at these steps, with wrappers taken off; undefined where the schema does not say. */
function schemaAt(schema: z.ZodType, value: unknown, steps: readonly PropertyKey[]): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (let depth = 0; depth <= steps.length; depth++) {
    at = at === undefined ? undefined : chosen(at, valueAt(value, steps.slice(0, depth)));
    const step = steps[depth];
    if (at === undefined || step === undefined) return at;
    if (at instanceof z.ZodObject) at = at.shape[step as string] as z.ZodType | undefined;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else return undefined;
  }
  return at;
}

/** Takes wrappers off and picks the option of a discriminated union; a description on a wrapper stays reachable for leaves. */
function chosen(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const key = inner.def.discriminator;
    const option = (inner.options as readonly z.ZodType[]).find(
      (candidate) => candidate instanceof z.ZodObject && (candidate.shape[key] as z.ZodType).safeParse(valueAt(value, [key])).success,
    );
    return option ?? schema;
  }
  if (inner instanceof z.ZodUnion && typeof value === "object" && value !== null) {
    const fits = (candidate: z.ZodType): number =>
      candidate instanceof z.ZodObject ? Object.keys(value).filter((key) => Object.hasOwn(candidate.shape, key)).length : -1;
    return (inner.options as readonly z.ZodType[]).toSorted((a, b) => fits(b) - fits(a))[0];
  }
  return inner instanceof z.ZodObject || inner instanceof z.ZodRecord || inner instanceof z.ZodArray ? inner : schema;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrapped(schema.def.innerType as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrapped(schema.def.in as z.ZodType) : schema;
}

function describing(schema: z.ZodType): string | undefined {
  return schema.description ?? unwrapped(schema).description;
}

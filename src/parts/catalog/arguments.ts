import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { compilePattern } from "./pattern.ts";
import { describeMistakes } from "./wanted.ts";

type Schema = Readonly<Record<string, unknown>>;
type Dialect = "2020-12" | "draft-07";

/** Gives the mistakes of arguments, at most five. Never throws; what cannot be checked is a mistake. */
export type CheckArguments = (args: unknown) => readonly string[];

export const UNCHECKABLE = ": arguments that this gateway can check against the tool's schema";

/** Every mistake of a small document is told; of a large one only the first, so that a mistake cannot cost more than the call. */
const SMALL_NODES = 500;

const options: Options = {
  // Unknown keywords and formats are annotations, as the specification says. Defaults and coercion stay off: what was judged is forwarded.
  strict: false,
  validateSchema: false,
  // One tool's `$id` must not be found by another's `$ref`.
  addUsedSchema: false,
  // `required: ["constructor"]` must not be met by what every object inherits.
  ownProperties: true,
  logger: false,
  code: { regExp: Object.assign(compilePattern, { code: "compilePattern" }) },
};

function newAjv(dialect: Dialect, extra: Options = {}): Ajv {
  const settings = { ...options, ...extra };
  const ajv = dialect === "2020-12" ? new Ajv2020(settings) : new Ajv(settings);
  addFormats.default(ajv, { mode: "fast", keywords: false });
  return ajv;
}

/** Compilers of one catalog. They hold what they compiled, so they go when the catalog goes. */
export class ArgumentChecks {
  readonly #first = new Map<Dialect, Ajv>();
  readonly #every = new Map<Dialect, Ajv>();

  /** The check for one schema, compiled when it is first used: a catalog may hold thousands that nobody calls today. */
  checkFor(schema: Schema): CheckArguments {
    let quick: ValidateFunction | undefined;
    let broken = false;
    return (args) => {
      if (broken) return [UNCHECKABLE];
      try {
        quick ??= this.#compile(this.#first, schema, false);
        // Not `!valid`: an asynchronous schema answers with a promise, which is true to JavaScript.
        if (quick(args) === true) return none;
      } catch (cause) {
        // A stack that ran out is this document's fault; anything else means the schema cannot be used at all.
        broken = !(cause instanceof RangeError);
        return [UNCHECKABLE];
      }
      return this.#mistakes(schema, args, quick.errors ?? []);
    };
  }

  #mistakes(schema: Schema, args: unknown, first: readonly ErrorObject[]): readonly string[] {
    let errors = first;
    if (nodes(args, SMALL_NODES) < SMALL_NODES) {
      try {
        const every = this.#compile(this.#every, schema, true);
        if (every(args) !== true) errors = every.errors ?? first;
      } catch {
        // The first mistake is told.
      }
    }
    const told = describeMistakes(errors, memberNames(schema));
    return told.length > 0 ? told : [UNCHECKABLE];
  }

  #compile(compilers: Map<Dialect, Ajv>, schema: Schema, allErrors: boolean): ValidateFunction {
    const dialect = dialectOf(schema) ?? "2020-12";
    // Identifiers are kept by a compiler for good, so a schema that has any gets a compiler of its own.
    if (hasIdentifier(schema)) return newAjv(dialect, { allErrors }).compile(schema);
    let ajv = compilers.get(dialect);
    if (ajv === undefined) {
      ajv = newAjv(dialect, { allErrors });
      compilers.set(dialect, ajv);
    }
    return ajv.compile(schema);
  }
}

const none: readonly string[] = Object.freeze([]);

let metas: Map<Dialect, Ajv> | undefined;

/** Says what is wrong with an input schema, without compiling it: cheap enough for every tool of a bundle at activation. */
export function schemaFault(schema: Schema): string | undefined {
  const dialect = dialectOf(schema);
  if (dialect === undefined) return `a schema of JSON Schema 2020-12 or draft-07, not ${JSON.stringify(schema.$schema)}`;
  if (schema.type !== "object") return 'a schema with type "object"';
  const reference = someNode(schema, foreignReference);
  if (reference !== undefined) return `a schema that refers to its own parts only, not to ${JSON.stringify(reference)}`;
  if (someNode(schema, (node) => (Object.hasOwn(node, "$async") ? "$async" : undefined)) !== undefined) return "a schema without $async";
  metas ??= new Map();
  const meta = metas.get(dialect) ?? newAjv(dialect, { validateFormats: false });
  metas.set(dialect, meta);
  if (meta.validateSchema(schema) === true) return undefined;
  const error = meta.errors?.[0];
  return `a valid schema (at ${error?.instancePath || "/"}: ${error?.message ?? "invalid"})`;
}

/** The same, and the schema is compiled too. For the build: it costs milliseconds a tool. */
export function schemaFaultCompiled(schema: Schema): string | undefined {
  const fault = schemaFault(schema);
  if (fault !== undefined) return fault;
  try {
    newAjv(dialectOf(schema) ?? "2020-12").compile(schema);
    return undefined;
  } catch (cause) {
    return `a schema that compiles (${cause instanceof Error ? cause.message : "unknown error"})`;
  }
}

function dialectOf(schema: Schema): Dialect | undefined {
  if (schema.$schema === undefined) return "2020-12";
  const uri = String(schema.$schema).replace(/#$/, "");
  if (uri === "https://json-schema.org/draft/2020-12/schema") return "2020-12";
  return /^https?:\/\/json-schema\.org\/draft-07\/schema$/.test(uri) ? "draft-07" : undefined;
}

const references = ["$ref", "$dynamicRef", "$recursiveRef"];

function foreignReference(node: Schema): string | undefined {
  for (const key of references) {
    const value = node[key];
    if (typeof value === "string" && !value.startsWith("#")) return value;
  }
  return undefined;
}

function hasIdentifier(schema: Schema): boolean {
  return (
    someNode(schema, (node) =>
      typeof node.$id === "string" || typeof node.$anchor === "string" || typeof node.$dynamicAnchor === "string" ? "" : undefined,
    ) !== undefined
  );
}

/** The first answer of `look` for an object of the schema. Values that are data, not schema, are left out. */
function someNode(value: unknown, look: (node: Schema) => string | undefined): string | undefined {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) open.push(...node);
    else if (typeof node === "object" && node !== null) {
      const found = look(node as Schema);
      if (found !== undefined) return found;
      for (const [key, child] of Object.entries(node)) if (!dataKeywords.has(key)) open.push(child);
    }
  }
  return undefined;
}

/** A property that has one of these names is passed over as well; a foreign reference in it then fails at compilation. */
const dataKeywords = new Set(["const", "enum", "default", "examples", "example"]);

/** Names that the schema itself gives to members; only those are repeated to a caller. */
function memberNames(schema: Schema): ReadonlySet<string> {
  const names = new Set<string>();
  someNode(schema, (node) => {
    const properties = node.properties;
    if (typeof properties === "object" && properties !== null) for (const name of Object.keys(properties)) names.add(name);
    return undefined;
  });
  return names;
}

/** How many values a document holds, counted up to `most`. */
function nodes(value: unknown, most: number): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && count < most) {
    const node = open.pop();
    count += 1;
    if (typeof node === "object" && node !== null) {
      const children = Object.values(node);
      if (children.length > most) return most;
      for (const child of children) open.push(child);
    }
  }
  return count;
}

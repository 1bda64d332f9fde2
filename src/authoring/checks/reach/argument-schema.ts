import { foundText } from "../../../core/mistakes.ts";
import type { Step } from "./origin.ts";

type Schema = Readonly<Record<string, unknown>>;

/** What a schema does not promise about one argument. */
export interface ArgumentFault {
  /** As it stands behind the name of the tool: "has no …", "may leave … out". */
  readonly says: string;
  /** Whether the schema does not know the argument at all, so that the rule is hardly about this tool. */
  readonly foreign: boolean;
}

/** How many parts of a schema are looked at for one path: choices within choices multiply. */
const MOST_PARTS = 2_000;

interface Walk {
  readonly root: Schema;
  left: number;
}

/** Why a path of arguments may hold nothing, or something of another type, in a call that fits the schema; undefined if it never does. */
export function argumentFault(schema: Schema, path: readonly Step[]): ArgumentFault | undefined {
  return faultIn([schema], path, { root: schema, left: MOST_PARTS }, "");
}

/** The types that a path of arguments may have in a call that fits the schema; undefined where it does not say. */
export function argumentTypes(schema: Schema, path: readonly Step[]): ReadonlySet<string> | undefined {
  const walk: Walk = { root: schema, left: MOST_PARTS };
  let parts = withChoices([schema], walk);
  for (const step of path) {
    parts = withChoices(
      parts.flatMap(({ properties, items, additionalProperties }) =>
        typeof step === "string"
          ? isSchema(properties) && Object.hasOwn(properties, step)
            ? [properties[step]]
            : []
          : [items, additionalProperties],
      ),
      walk,
    );
  }
  const said = parts.map((part) => (isChoice(part) ? [] : typesSaid(part)));
  const silent = parts.some((part, at) => !isChoice(part) && said[at]?.length === 0);
  if (parts.length === 0 || silent || walk.left <= 0) return undefined;
  return new Set(path.length === 0 ? ["object"] : said.flat().map((type) => (type === "integer" ? "number" : type)));
}

function withChoices(all: readonly unknown[], walk: Walk): readonly Schema[] {
  const parts = whole(all, walk);
  const choices = parts.flatMap(({ anyOf, oneOf }) => [anyOf, oneOf].filter(Array.isArray).flat());
  return choices.length === 0 ? parts : [...parts, ...withChoices(choices, walk)];
}

/** What says its types in others. */
function isChoice({ anyOf, oneOf, allOf, $ref, type }: Schema): boolean {
  return type === undefined && [anyOf, oneOf, allOf, $ref].some((one) => one !== undefined);
}

/** What stands together about one value: a schema with all its `allOf` and what `$ref` leads to. */
function whole(all: readonly unknown[], walk: Walk): readonly Schema[] {
  const found: Schema[] = [];
  const waiting = [...all];
  while (waiting.length > 0 && walk.left > 0) {
    walk.left--;
    const schema = waiting.pop();
    if (!isSchema(schema) || found.includes(schema)) continue;
    found.push(schema);
    if (Array.isArray(schema.allOf)) waiting.push(...schema.allOf);
    if (typeof schema.$ref === "string") waiting.push(pointedAt(schema.$ref, walk.root));
  }
  return found;
}

function faultIn(all: readonly unknown[], path: readonly Step[], walk: Walk, at: string): ArgumentFault | undefined {
  const parts = whole(all, walk);
  if (walk.left <= 0)
    return { says: `has a schema that is too intricate to follow as far as ${JSON.stringify(at.replace(/^\./, ""))}`, foreign: false };
  const choices = parts.flatMap((part) => [part.anyOf, part.oneOf]).find(Array.isArray);
  if (choices !== undefined) {
    const plain = parts.map(({ anyOf: _, oneOf: __, allOf: ___, $ref: ____, ...part }) => part);
    const ofOne = choices.map((choice) => faultIn([...plain, choice], path, walk, at));
    return ofOne.find((fault) => fault !== undefined) ?? severalTypes(path.length === 0 ? typesAmong(choices, plain, walk) : [], at);
  }
  const [step, ...rest] = path;
  if (step === undefined) return severalTypes(typesOf(parts), at);
  const named = `${at}${stepText(step)}`;
  // Without a type it may be a text, of which a schema asks for no members.
  if (typeof step === "string" && at !== "" && typesOf(parts).length === 0)
    return { says: `does not say that ${JSON.stringify(at.replace(/^\./, ""))} is an object`, foreign: false };
  if (typeof step === "string") return memberFault(parts, step, rest, walk, named);
  return elementFault(parts, step, rest, walk, named);
}

function memberFault(parts: readonly Schema[], name: string, rest: readonly Step[], walk: Walk, at: string): ArgumentFault | undefined {
  const shown = JSON.stringify(at.replace(/^\./, ""));
  const members = parts.flatMap(({ properties }) => (isSchema(properties) && Object.hasOwn(properties, name) ? [properties[name]] : []));
  if (members.length === 0) return { says: `has no ${shown} in its schema`, foreign: true };
  if (!parts.some(({ required }) => Array.isArray(required) && required.includes(name))) {
    const otherwise = whole(members, walk).find((member) => member.default !== undefined)?.default;
    const then = otherwise === undefined ? "" : `, and takes ${foundText(otherwise)} then`;
    return { says: `may be called without ${shown}${then}`, foreign: false };
  }
  if (!typesOf(parts).every((type) => type === "object"))
    return { says: `takes something other than an object around ${shown}`, foreign: false };
  return faultIn(members, rest, walk, at);
}

/** Each element is judged as it comes; one by its number must be there. */
function elementFault(
  parts: readonly Schema[],
  step: number | null,
  rest: readonly Step[],
  walk: Walk,
  at: string,
): ArgumentFault | undefined {
  const fewest = Math.max(0, ...parts.map(({ minItems }) => (typeof minItems === "number" ? minItems : 0)));
  if (typeof step === "number" && fewest <= step) return { says: `may be called without "${at.replace(/^\./, "")}"`, foreign: false };
  const elements = parts.flatMap(({ items, additionalProperties }) => [items, additionalProperties]).filter(isSchema);
  if (elements.length === 0)
    return rest.length === 0 ? undefined : { says: `does not say what "${at.replace(/^\./, "")}" holds`, foreign: false };
  return faultIn(elements, rest, walk, at);
}

function severalTypes(types: readonly string[], at: string): ArgumentFault | undefined {
  const shown = JSON.stringify(at.replace(/^\./, ""));
  const distinct = new Set(types.map((type) => (type === "integer" ? "number" : type)));
  if (at === "" || distinct.size === 1) return undefined;
  if (distinct.size === 0) return { says: `does not say of what type ${shown} is`, foreign: false };
  return { says: `takes ${[...distinct].join(" or ")} as ${shown}`, foreign: false };
}

/** The types that a value may have; all parts hold at once, so the one that says least many counts. */
function typesOf(parts: readonly Schema[]): readonly string[] {
  const said = parts.flatMap((part) => {
    const types = typesSaid(part);
    return types.length === 0 ? [] : [types];
  });
  return said.sort((a, b) => a.length - b.length)[0] ?? [];
}

function typesSaid({ type, const: only, enum: some }: Schema): readonly string[] {
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.filter((one) => typeof one === "string");
  if (only !== undefined) return [typeOf(only)];
  return Array.isArray(some) ? [...new Set(some.map(typeOf))] : [];
}

function typesAmong(choices: readonly unknown[], plain: readonly Schema[], walk: Walk): readonly string[] {
  return choices.flatMap((choice) => typesOf(whole([...plain, choice], walk)));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The part of the schema that `#/$defs/…` names. */
function pointedAt(reference: string, root: Schema): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stepText(step: Step): string {
  if (step === null) return "[_]";
  return typeof step === "number" ? `[${step}]` : `.${step}`;
}

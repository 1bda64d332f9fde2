import { readFileSync } from "node:fs";
import { capabilitiesFile } from "../../capabilities.ts";

/** The types that a built-in takes at each place, and those that it gives; undefined for any. */
export interface Signature {
  readonly takes: readonly (ReadonlySet<string> | undefined)[];
  readonly gives: ReadonlySet<string> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

let known: ReadonlyMap<string, Signature> | undefined;

/** As policies/capabilities.json declares it, without what stands in collections. */
export function signatureOf(builtin: string): Signature | undefined {
  known ??= new Map(declared());
  return known.get(builtin);
}

function* declared(): Generator<readonly [string, Signature]> {
  const parsed: unknown = JSON.parse(readFileSync(capabilitiesFile, "utf8"));
  for (const { name, decl } of fieldsIn(isFields(parsed) ? parsed.builtins : undefined)) {
    if (typeof name !== "string" || !isFields(decl)) continue;
    yield [name, { takes: fieldsIn(decl.args).map(typesOf), gives: isFields(decl.result) ? typesOf(decl.result) : undefined }];
  }
}

function typesOf({ type, of }: Fields): ReadonlySet<string> | undefined {
  if (type !== "any") return typeof type === "string" ? new Set([type]) : undefined;
  const several = fieldsIn(of).map(typesOf);
  const all = several.flatMap((one) => (one === undefined ? [] : [...one]));
  return several.length === 0 || several.includes(undefined) ? undefined : new Set(all);
}

function fieldsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { didYouMean, foundText, type Mistake, oneOf, pathText } from "../core/mistakes.ts";
import { err, ok, type Result } from "../core/result.ts";

/** Reads YAML that a person wrote and checks it against a schema. All mistakes at once, each with its line. */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
): Result<z.output<Schema>, readonly Mistake[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  if (document.errors.length > 0) {
    return err(
      document.errors.map((error) => ({
        file,
        path: "",
        found: error.message.split("\n")[0] ?? "text that is not YAML",
        wanted: "valid YAML with every key once",
        line: error.linePos?.[0].line ?? 1,
      })),
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    // A missing key has no place of its own: its nearest parent does.
    for (let length = path.length; length >= 0; length--) {
      const node =
        length === 0
          ? document.contents
          : (keyNode(document.getIn(path.slice(0, length - 1), true), path[length - 1]) ?? document.getIn(path.slice(0, length), true));
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return err(parsed.error.issues.flatMap((issue) => mistakesOf(issue, value, schema, file, lineOf)));
}

function keyNode(parent: unknown, key: PropertyKey | undefined): unknown {
  if (!isMap(parent)) return undefined;
  return parent.items.find((pair) => isNode(pair.key) && String(pair.key) === String(key))?.key;
}

function mistakesOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  schema: z.ZodType,
  file: string,
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const hint = didYouMean(key, known);
      return withLine(
        {
          file,
          path: pathText(path),
          found: "unknown key",
          wanted: known.length === 0 ? "no such key" : oneOf(known),
          ...(hint ? { remedy: hint } : {}),
        },
        lineOf(path),
      );
    });
  }
  // A union reports the mistakes of every branch; those of the branch that came nearest are of use.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? [];
    if (nearest.some((inner) => inner.path.length > 0)) {
      return nearest.flatMap((inner) => mistakesOf({ ...inner, path: [...issue.path, ...inner.path] }, value, schema, file, lineOf));
    }
  }
  return [
    withLine(
      { file, path: pathText(issue.path), found: foundText(valueAt(value, issue.path)), wanted: issue.message.replace(/^wanted /, "") },
      lineOf(issue.path),
    ),
  ];
}

function withLine(mistake: Mistake, line: number | undefined): Mistake {
  return line === undefined ? mistake : { ...mistake, line };
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) found = typeof found === "object" && found !== null ? (found as Record<PropertyKey, unknown>)[step] : undefined;
  return found;
}

interface Described {
  readonly def?: {
    readonly innerType?: unknown;
    readonly element?: unknown;
    readonly valueType?: unknown;
    readonly options?: readonly unknown[];
    readonly in?: unknown;
  };
  readonly shape?: Readonly<Record<string, unknown>>;
}

/** The keys that a schema knows at a path, through defaults, lists, records and unions. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let level: unknown[] = branches(schema);
  for (const step of path) {
    level = level.flatMap((node) => {
      const described = node as Described;
      return branches(described.shape?.[String(step)] ?? described.def?.element ?? described.def?.valueType);
    });
  }
  return [...new Set(level.flatMap((node) => Object.keys((node as Described).shape ?? {})))];
}

function branches(schema: unknown): unknown[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { def } = schema as Described;
  if (def?.options) return def.options.flatMap(branches);
  if (def?.innerType) return branches(def.innerType);
  if (def?.in) return branches(def.in);
  return [schema];
}

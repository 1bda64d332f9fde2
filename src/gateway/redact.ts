import type { Redaction } from "../core/decision.ts";
import { err, ok, type Result } from "../core/result.ts";
import { edit, expand, type Pointer, parsePointer } from "./pointer.ts";

/** A result that could not be redacted as policy demands: nothing of it may be released. */
export interface Unredactable {
  readonly code: "result.unredactable";
  readonly detail: string;
}

const strength = { remove: 3, mask: 2, hash: 1 } as const;
const MASKED = "[redacted]";

/**
 * Applies every redaction to the structured content, and rebuilds the text form from it, because servers repeat structured
 * content as text. Blocks that cannot be rebuilt are dropped, and so is `_meta`. The result passed in is not changed.
 *
 * A path that leads nowhere withholds the result, unless the redaction or the pinned output schema says it may be absent:
 * a value that moved would otherwise slip through.
 */
export function redactResult(
  result: Readonly<Record<string, unknown>>,
  redactions: readonly Redaction[],
  outputSchema: Readonly<Record<string, unknown>> | undefined,
  hash: (value: unknown) => string,
): Result<Readonly<Record<string, unknown>>, Unredactable> {
  const structured = result.structuredContent;
  if (typeof structured !== "object" || structured === null) {
    return redactions.every((redaction) => redaction.optional) ? ok(result) : unredactable("the result has no structured content");
  }
  const edited = redactValue(structured, redactions, outputSchema, hash);
  if (!edited.ok) return edited;
  return ok({
    content: [{ type: "text", text: JSON.stringify(edited.value) }],
    structuredContent: edited.value,
    ...(result.isError === undefined ? {} : { isError: result.isError }),
  });
}

/**
 * Applies every redaction to a result as it is: the messages of a prompt, the contents of a resource, words for an argument.
 * Its `_meta` is dropped. No schema says what may be absent, so that every path must lead somewhere or be optional.
 */
export function redactWhole(
  result: Readonly<Record<string, unknown>>,
  redactions: readonly Redaction[],
  hash: (value: unknown) => string,
): Result<Readonly<Record<string, unknown>>, Unredactable> {
  const { _meta, ...rest } = result;
  const edited = redactValue(rest, redactions, undefined, hash);
  return edited.ok ? ok(edited.value as Readonly<Record<string, unknown>>) : edited;
}

function redactValue(
  value: object,
  redactions: readonly Redaction[],
  schema: Readonly<Record<string, unknown>> | undefined,
  hash: (value: unknown) => string,
): Result<unknown, Unredactable> {
  const document: { value: unknown } = { value: structuredClone(value) };
  for (const redaction of strongestPerPath(redactions)) {
    const pointer = parsePointer(redaction.path);
    if (!pointer) return unredactable(`"${redaction.path}" is not a JSON pointer`);
    // From the end, so that removing an element moves none that is still to come.
    for (const place of expand(document.value, pointer).toReversed()) {
      if (edit(document, ["value", ...place], (found) => editOf(redaction, found, hash)) > 0 || redaction.optional) continue;
      if (!mayBeAbsent(place, value, schema)) return unredactable(`nothing stands at "${redaction.path}"`);
    }
  }
  return ok(document.value);
}

function unredactable(detail: string): Result<never, Unredactable> {
  return err({ code: "result.unredactable", detail });
}

function editOf(redaction: Redaction, value: unknown, hash: (value: unknown) => string): { keep: unknown } | "remove" {
  if (redaction.mode === "remove") return "remove";
  return { keep: redaction.mode === "mask" ? MASKED : hash(value) };
}

function strongestPerPath(redactions: readonly Redaction[]): readonly Redaction[] {
  const byPath = new Map<string, Redaction>();
  for (const redaction of redactions) {
    const other = byPath.get(redaction.path);
    if (!other || strength[redaction.mode] > strength[other.mode]) {
      byPath.set(redaction.path, other ? { ...redaction, optional: redaction.optional && other.optional } : redaction);
    } else if (!redaction.optional) {
      byPath.set(redaction.path, { ...other, optional: false });
    }
  }
  return [...byPath.values()];
}

/** Whether the output schema declares the first missing member of the path as one that may be left out. */
function mayBeAbsent(pointer: Pointer, value: unknown, schema: unknown): boolean {
  const [head, ...rest] = pointer;
  if (head === undefined) return false;
  if (Array.isArray(value)) return Object.hasOwn(value, head) && mayBeAbsent(rest, value[Number(head)], memberOf(schema, "items"));
  const property = memberOf(memberOf(schema, "properties"), head);
  if (property === undefined) return false;
  if (typeof value === "object" && value !== null && Object.hasOwn(value, head)) {
    return mayBeAbsent(rest, (value as Record<string, unknown>)[head], property);
  }
  const required = memberOf(schema, "required");
  return !(Array.isArray(required) && required.includes(head));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

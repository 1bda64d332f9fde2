import { err, ok, type Result } from "../result.ts";
import { checkJson, foldCase } from "./check.ts";
import type { JsonFault, JsonLimits } from "./json.ts";

/**
 * Parses a text that every JSON reader understands alike; anything ambiguous is a fault, never a guess.
 *
 * The value is what `JSON.parse` gives, and what is judged and forwarded is `JSON.stringify` of it, never the bytes that
 * came: `1.0` goes on as `1`, `1e3` as `1000`, a long fraction rounded to a double, keys that look like indexes first.
 * With `unsafeNumbers: "keep"` the value holds the nearest double (or Infinity), and only the text keeps the literal.
 */
export function parseJson(text: string, limits: JsonLimits): Result<unknown, JsonFault> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err(checkJson(text, limits) ?? { code: "json.malformed", at: 0, detail: "found no JSON text" });
  }
  if (isPlain(text, value, limits)) return ok(value);
  const fault = checkJson(text, limits);
  return fault === undefined ? ok(value) : err(fault);
}

/**
 * Whether the text is what `JSON.stringify` writes, which leaves no room for duplicates, rounding or odd escapes. Checked
 * beside it is what survives that round trip: `__proto__`, halves of surrogate pairs (written as escapes), depth, keys
 * that differ in case, and integers like 2^53 that are beyond the safe ones and yet exact.
 */
function isPlain(text: string, value: unknown, limits: JsonLimits): boolean {
  if (text.includes("__proto__") || text.includes("\\ud") || !isTame(value, 0, limits)) return false;
  return JSON.stringify(value) === text;
}

function isTame(value: unknown, depth: number, limits: JsonLimits): boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth >= limits.maxDepth) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isTame(item, depth + 1, limits)) return false;
    return true;
  }
  const members = value as Record<string, unknown>;
  for (const key in members) if (!isTame(members[key], depth + 1, limits)) return false;
  return depth >= limits.foldKeysToDepth || !hasFoldedTwins(members);
}

/** Keys that folding leaves as they are, so that two different ones stay different. */
const FOLDED_KEY = /^[a-z0-9_]*$/;

function hasFoldedTwins(members: Record<string, unknown>): boolean {
  let plain = true;
  for (const key in members) plain &&= FOLDED_KEY.test(key);
  if (plain) return false;
  const keys = Object.keys(members);
  const seen = new Set<string>();
  for (const key of keys) seen.add(foldCase(key));
  return seen.size < keys.length;
}

/** The most entries that any array or object in the value has. For values of `parseJson`: their depth is bounded. */
export function maxWidth(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let widest = 0;
  if (Array.isArray(value)) {
    widest = value.length;
    for (const item of value) widest = Math.max(widest, maxWidth(item));
    return widest;
  }
  const members = value as Record<string, unknown>;
  let count = 0;
  for (const key in members) {
    count++;
    widest = Math.max(widest, maxWidth(members[key]));
  }
  return Math.max(widest, count);
}

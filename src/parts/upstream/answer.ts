import { checkJson, resultLimits, topLevelSpans } from "../../core/json/index.ts";
import { ok, type Result } from "../../core/result.ts";
import { type Failed, failed } from "./failure.ts";
import type { UpstreamFailure, UpstreamReply } from "./upstream.ts";

export type Members = Readonly<Record<string, unknown>>;
/** An answer as JSON-RPC knows it. What a result means besides is for `outcomes` to say. */
export type Outcome = Extract<UpstreamReply["outcome"], { readonly kind: "result" | "error" }>;

/** Deeper results are still read, by the strict reader, which has the real limit. */
const SHALLOW = 32;

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parsed JSON, or undefined for a text that is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads the answer to request `id`. `message` is the text parsed. A result is forwarded only if every JSON reader sees the
 * same in it: that is so when the text is what `JSON.stringify` writes, else the strict reader decides.
 */
export function readAnswer(text: string, message: unknown, id: number): Result<Outcome, UpstreamFailure> {
  if (!isMembers(message) || message.jsonrpc !== "2.0") return invalid("the answer is no JSON-RPC 2.0 message");
  if (message.id !== id) return invalid(`the answer is for id ${JSON.stringify(message.id)}, wanted ${id}`);
  const { result, error } = message;
  if (error !== undefined) return result === undefined ? readError(text, error) : invalid("the answer has a result and an error");
  if (!isMembers(result)) return invalid("the answer has neither a result nor an error");
  const resultText = JSON.stringify(result);
  if (isCanonical(text, resultText, id) && isTame(resultText, result)) return ok({ kind: "result", result, text: resultText });
  const fault = strictly(text);
  if (fault !== undefined) return fault;
  const span = topLevelSpans(text).get("result");
  // The slice keeps every number as the server wrote it; the parsed value has the nearest double.
  return ok({ kind: "result", result, text: span === undefined ? resultText : text.slice(span.start, span.end) });
}

/** Whether the text is the plain form of an answer, in one of the two orders in which servers write its members. */
function isCanonical(text: string, result: string, id: number): boolean {
  const before = `{"jsonrpc":"2.0","id":${id},"result":`;
  if (text.length === before.length + result.length + 1) return text.startsWith(before) && text.startsWith(result, before.length);
  const after = `,"jsonrpc":"2.0","id":${id}}`;
  if (text.length !== 10 + result.length + after.length) return false;
  return text.startsWith('{"result":') && text.startsWith(result, 10) && text.endsWith(after);
}

/** What survives parsing and writing unchanged and is refused all the same: `__proto__`, lone surrogates (written as escapes), depth. */
function isTame(text: string, value: unknown): boolean {
  return !text.includes("__proto__") && !text.includes("\\ud") && isShallow(value, SHALLOW);
}

function isShallow(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (left === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isShallow(item, left - 1)) return false;
    return true;
  }
  const members = value as Members;
  for (const key in members) if (!isShallow(members[key], left - 1)) return false;
  return true;
}

function readError(text: string, error: unknown): Result<Outcome, UpstreamFailure> {
  if (!isMembers(error)) return invalid("the error of the answer is no object");
  const { code, message, data } = error;
  if (typeof code !== "number" || !Number.isSafeInteger(code) || typeof message !== "string") {
    return invalid("the error of the answer lacks a numeric code or a message");
  }
  const fault = strictly(text);
  if (fault !== undefined) return fault;
  // Data is passed on as a parsed value, so it must be one that nothing was lost in.
  const exact = data !== undefined && checkJson(text, { ...resultLimits, unsafeNumbers: "refuse" }) === undefined;
  return ok({ kind: "error", error: { code, message, ...(exact ? { data } : {}) } });
}

function strictly(text: string): Failed | undefined {
  const fault = checkJson(text, resultLimits);
  if (fault === undefined) return undefined;
  return failed(
    fault.code === "json.duplicate_key" ? "upstream.ambiguous" : "upstream.invalid_answer",
    `the answer: ${fault.detail}`,
    true,
  );
}

function invalid(detail: string): Failed {
  return failed("upstream.invalid_answer", detail, true);
}

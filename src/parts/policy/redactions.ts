import type { Reason, Redaction } from "../../core/decision.ts";
import { sentenceOf } from "../../core/reasons.ts";
import { byText, isMembers, isPointer, listOf, type Members, readRuled } from "./shape.ts";
import { fillPointer, type LazyInput } from "./template.ts";

/** What a rule wants done to a result, or why that cannot be done. */
export type ReadRedaction = { readonly redaction: Redaction } | { readonly refusal: Reason };

const strength = { hash: 0, mask: 1, remove: 2 } as const;
const DEFAULT_MODE = "mask";

const isMode = (value: unknown): value is Redaction["mode"] => typeof value === "string" && Object.hasOwn(strength, value);

/** `{path, mode?, optional?}`. One by detector is parsed and refused: nothing here looks for patterns yet. */
export function readRedaction(rule: string, value: Members, input: LazyInput): ReadRedaction {
  const refuse = (code: Reason["code"], message: string): ReadRedaction => ({ refusal: { code, rule, message } });
  const { path, mode = DEFAULT_MODE, optional = false } = value;
  if ("detector" in value) {
    return refuse("policy.obligation_unsupported", sentenceOf("policy.obligation_unsupported", { type: "redact by detector" }));
  }
  const malformed = refuse("policy.invalid_obligation", sentenceOf("policy.invalid_obligation", { type: "redact" }));
  if (typeof path !== "string" || !isMode(mode) || typeof optional !== "boolean") return malformed;
  const filled = fillPointer(path, input);
  if (filled === undefined) return refuse("policy.template_unfilled", sentenceOf("policy.template_unfilled"));
  return filled !== "" && isPointer(filled) ? { redaction: { rule, path: filled, mode, optional } } : malformed;
}

/** The redactions of a result, and why it must be withheld where one of them cannot be done. */
export function readRedactions(
  value: unknown,
  what: string,
  input: LazyInput,
): { readonly redactions: readonly Redaction[]; readonly refusals: readonly Reason[] } {
  const redactions: Redaction[] = [];
  const refusals: Reason[] = [];
  for (const item of listOf(value, what)) {
    const { rule, value: wanted } = readRuled(item, what);
    const read = isMembers(wanted) ? readRedaction(rule, wanted, input) : { refusal: { code: "policy.invalid_rule", rule } };
    if ("redaction" in read) redactions.push(read.redaction);
    else refusals.push(read.refusal);
  }
  return { redactions: mergeRedactions(redactions), refusals };
}

/** One a path: the strongest. It is optional only if every rule that names the path says so. In the order of the paths. */
export function mergeRedactions(found: readonly Redaction[]): readonly Redaction[] {
  const byPath = new Map<string, Redaction>();
  for (const redaction of found) {
    const other = byPath.get(redaction.path);
    byPath.set(redaction.path, other === undefined ? redaction : stronger(other, redaction));
  }
  return [...byPath.values()].sort((a, b) => byText(a.path, b.path));
}

function stronger(a: Redaction, b: Redaction): Redaction {
  const difference = strength[a.mode] - strength[b.mode] || byText(b.rule, a.rule);
  const winner = difference >= 0 ? a : b;
  return { ...winner, optional: a.optional && b.optional };
}

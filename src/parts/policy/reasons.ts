import type { Reason } from "../../core/decision.ts";
import { ownPrefixes } from "../../core/reasons.ts";
import { HOST_RULE } from "./failure.ts";
import { byText, isMembers, listOf, readRuled } from "./shape.ts";
import { fillMessage, type LazyInput } from "./template.ts";

const code = /^[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_]*)+$/;
const LONGEST_CODE = 100;

/**
 * The reasons of an answer: filled in, each once, in the order of rule and code. An element that does not look like a
 * reason still counts as one, `policy.invalid_rule`: a denial never vanishes because of its shape.
 */
export function readReasons(value: unknown, what: string, input: LazyInput): readonly Reason[] {
  const found = listOf(value, what).map((item) => readReason(item, what, input));
  return orderReasons(found);
}

/** By rule, code and message, without repeats. */
export function orderReasons(found: readonly Reason[]): readonly Reason[] {
  if (found.length < 2) return found;
  const kept = new Map(found.map((reason) => [JSON.stringify([reason.rule, reason.code, reason.message, reason.remedy]), reason]));
  return [...kept.values()].sort(
    (a, b) =>
      byText(a.rule, b.rule) ||
      byText(a.code, b.code) ||
      byText(a.message ?? "", b.message ?? "") ||
      byText(a.remedy ?? "", b.remedy ?? ""),
  );
}

function readReason(item: unknown, what: string, input: LazyInput): Reason {
  const { rule, value } = readRuled(item, what);
  const invalid = { code: "policy.invalid_rule", rule };
  if (!isMembers(value)) return invalid;
  const { code: given, message, remedy } = value;
  if (typeof given !== "string" || !mayUse(rule, given)) return invalid;
  return {
    code: given,
    rule,
    ...(typeof message === "string" ? { message: fillMessage(message, input) } : {}),
    ...(typeof remedy === "string" ? { remedy: fillMessage(remedy, input) } : {}),
  };
}

function mayUse(rule: string, given: string): boolean {
  if (given.length > LONGEST_CODE || !code.test(given)) return false;
  // The library says this one in the name of the package whose rule has a wrong shape.
  if (rule === HOST_RULE || given === "policy.invalid_rule") return true;
  return !ownPrefixes.has(given.slice(0, given.indexOf(".")));
}

import type { Obligation, Reason, Redaction } from "../../core/decision.ts";
import { sentenceOf } from "../../core/reasons.ts";
import { readRedaction } from "./redactions.ts";
import { byText, isMembers, isPointer, listOf, type Members, readRuled } from "./shape.ts";
import { fillValue, type LazyInput } from "./template.ts";

export interface ReadObligations {
  readonly obligations: readonly Obligation[];
  readonly redactions: readonly Redaction[];
  /** Why the call must be refused: something is asked for that cannot be done. */
  readonly refusals: readonly Reason[];
}

type ReadObligation = { readonly obligation: Obligation } | { readonly redaction: Redaction } | { readonly refusal: Reason };

/** Reads every obligation, fills its values in and merges what is enforced: largest cost, smallest time and size. */
export function readObligations(value: unknown, what: string, input: LazyInput): ReadObligations {
  const obligations: Obligation[] = [];
  const redactions: Redaction[] = [];
  const refusals: Reason[] = [];
  for (const item of listOf(value, what)) {
    const { rule, value: wanted } = readRuled(item, what);
    const read = readObligation(rule, wanted, input);
    if ("obligation" in read) obligations.push(read.obligation);
    else if ("redaction" in read) redactions.push(read.redaction);
    else refusals.push(read.refusal);
  }
  return { obligations: mergeObligations(obligations), redactions, refusals };
}

type Code = "policy.unknown_obligation" | "policy.invalid_obligation" | "policy.obligation_unsupported" | "policy.template_unfilled";

const refusal = (rule: string, code: Code, type: string): ReadObligation => ({
  refusal: { code, rule, message: sentenceOf(code, { type }) },
});

const LONGEST_TYPE = 50;

function readObligation(rule: string, value: unknown, input: LazyInput): ReadObligation {
  const type = isMembers(value) && typeof value.type === "string" ? value.type.slice(0, LONGEST_TYPE) : undefined;
  if (!isMembers(value) || type === undefined) return refusal(rule, "policy.invalid_obligation", "without a type");
  // Its path is filled as a pointer, so that an argument stays one segment.
  if (type === "redact") return readRedaction(rule, value, input);
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined) return refusal(rule, "policy.unknown_obligation", type);
  const filled = fillMembers(value, input);
  if (filled === undefined) return refusal(rule, "policy.template_unfilled", type);
  const read = reader(rule, filled);
  if (read === undefined) return refusal(rule, "policy.invalid_obligation", type);
  return read === "unsupported" ? refusal(rule, "policy.obligation_unsupported", type) : { obligation: read };
}

function fillMembers(value: Members, input: LazyInput): Members | undefined {
  const filled: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const found = fillValue(member, input);
    if (found === undefined) return undefined;
    filled[name] = found;
  }
  return filled;
}

/** For so long an approval may be used where a rule does not say it. */
const APPROVAL_TTL_S = 900;

/** One reader a type. Undefined is a wrong shape; `unsupported` a right one that this version does not enforce. */
const readers: Readonly<Record<string, (rule: string, value: Members) => Obligation | "unsupported" | undefined>> = {
  budget: (rule, { name, cost = 1 }) => (isName(name) && isAmount(cost) ? { type: "budget", rule, name, cost } : undefined),
  timeout: (rule, { ms }) => (isPositive(ms) ? { type: "timeout", rule, ms } : undefined),
  limit_result: (rule, { bytes, items }) => {
    if ((bytes === undefined && items === undefined) || !isOptionalAmount(bytes) || !isOptionalAmount(items)) return undefined;
    return { type: "limit_result", rule, ...(bytes === undefined ? {} : { bytes }), ...(items === undefined ? {} : { items }) };
  },
  log: (rule, { level }) => (isName(level) ? { type: "log", rule, level } : undefined),
  approve: (rule, { group, ttl_s = APPROVAL_TTL_S, min = 1 }) =>
    isName(group) && isPositive(ttl_s) && isPositive(min) ? { type: "approve", rule, group, ttl_s, min } : undefined,
  step_up: (_, { acr, scope }) => unsupportedIf(isName(acr) || isName(scope)),
  set_args: (_, { path, value }) => unsupportedIf(isPointer(path) && value !== undefined),
  notify: (_, { channel }) => unsupportedIf(isName(channel)),
  label: (_, { add }) => unsupportedIf(isName(add) || (Array.isArray(add) && add.every(isName))),
};

const unsupportedIf = (fits: boolean): "unsupported" | undefined => (fits ? "unsupported" : undefined);
const isName = (value: unknown): value is string => typeof value === "string" && value !== "" && value.length <= 200;
const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isPositive = (value: unknown): value is number => isAmount(value) && value > 0;
const isOptionalAmount = (value: unknown): value is number | undefined => value === undefined || isAmount(value);

/**
 * One a budget, the largest cost; one approval a group, of the most approvers for the shortest time; one time limit and one result limit, the smallest; each log level once.
 * The package of the one that won stays with it. The order is that of type and name.
 */
export function mergeObligations(found: readonly Obligation[]): readonly Obligation[] {
  const kept = new Map<string, Obligation>();
  for (const obligation of found.toSorted((a, b) => byText(a.rule, b.rule))) {
    const key = keyOf(obligation);
    const other = kept.get(key);
    kept.set(key, other === undefined ? obligation : merged(other, obligation));
  }
  return [...kept].sort((a, b) => byText(a[0], b[0])).map(([, obligation]) => obligation);
}

function keyOf(obligation: Obligation): string {
  if (obligation.type === "budget") return `budget ${obligation.name}`;
  if (obligation.type === "approve") return `approve ${obligation.group}`;
  return obligation.type === "log" ? `log ${obligation.level}` : obligation.type;
}

function merged(a: Obligation, b: Obligation): Obligation {
  if (a.type === "budget" && b.type === "budget") return b.cost > a.cost ? b : a;
  if (a.type === "approve" && b.type === "approve") {
    const rule = b.min > a.min || (b.min === a.min && b.ttl_s < a.ttl_s) ? b.rule : a.rule;
    return { type: "approve", rule, group: a.group, ttl_s: Math.min(a.ttl_s, b.ttl_s), min: Math.max(a.min, b.min) };
  }
  if (a.type === "timeout" && b.type === "timeout") return b.ms < a.ms ? b : a;
  if (a.type !== "limit_result" || b.type !== "limit_result") return a;
  const bytes = smallest(a.bytes, b.bytes);
  const items = smallest(a.items, b.items);
  const rule = b.bytes === bytes && b.items === items ? b.rule : a.rule;
  return { type: "limit_result", rule, ...(bytes === undefined ? {} : { bytes }), ...(items === undefined ? {} : { items }) };
}

function smallest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

import type { Linted, LintFinding, LintRule } from "./finding.ts";
import { nameRules, schemaRules, textRules } from "./rules/index.ts";

/** Everything that is looked for, in the order of docs/how-to/lint-a-server.md. */
export const lintRules: readonly LintRule[] = [...textRules, ...nameRules, ...schemaRules];

/** A finding that a reviewer looked at and accepted, as lint.yaml says it. */
export interface AcceptedFinding {
  readonly rule: string;
  /** `tool get_customer`; any item where it is absent. */
  readonly item?: string | undefined;
  readonly why: string;
}

export interface LintResult {
  readonly findings: readonly LintFinding[];
  readonly accepted: readonly LintFinding[];
  /** What was accepted and is not found any more. */
  readonly unused: readonly AcceptedFinding[];
}

/** Looks at what a server offers as a suspicious reviewer would. Nothing of it is believed, run or sent anywhere. */
export function lintServer(linted: Linted, accepted: readonly AcceptedFinding[] = []): LintResult {
  const all = lintRules.flatMap(({ id, level, find }) => [...find(linted)].map((found) => ({ rule: id, level, ...found })));
  const used = new Set<AcceptedFinding>();
  const isAccepted = ({ rule, item }: LintFinding) => {
    const by = accepted.find((one) => one.rule === rule && (one.item === undefined || one.item === item));
    if (by) used.add(by);
    return by !== undefined;
  };
  const split = Map.groupBy(all, isAccepted);
  return { findings: split.get(false) ?? [], accepted: split.get(true) ?? [], unused: accepted.filter((one) => !used.has(one)) };
}

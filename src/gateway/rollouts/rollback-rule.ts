import type { RollbackRule } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";

/** How people write what is measured. */
const measures = {
  "new-denies": "new_deny",
  "new-allows": "new_allow",
  "new-asks": "new_ask",
  changed: "changed",
  failures: "failed",
} as const satisfies Readonly<Record<string, RollbackRule["measure"]>>;

export const ruleMeasures: readonly string[] = Object.keys(measures);

const FORM = /^([a-z-]+)\s*>\s*(\d{1,9}(?:\.\d{1,6})?)\s*(%?)$/;

/** Reads `new-denies>20` or `new-denies>2%`. The error says in one sentence what was wanted. */
export function parseRollbackRule(text: string): Result<RollbackRule, string> {
  const [, word, number, sign] = FORM.exec(text.trim()) ?? [];
  if (word === undefined) return err('a measure, ">" and a number, like "new-denies>20" or "new-denies>2%"');
  const measure = Object.entries(measures).find(([name]) => name === word)?.[1];
  if (measure === undefined) return err(`one of ${ruleMeasures.join(", ")} before the ">"`);
  const above = Number(number);
  if (sign === "%")
    return above < 100 ? ok({ measure, above, unit: "percent" }) : err("less than 100 before the %: nothing is more than all");
  return Number.isInteger(above) ? ok({ measure, above, unit: "calls" }) : err("a whole number of calls");
}

/** The text that `parseRollbackRule` reads. */
export function rollbackRuleText({ measure, above, unit }: RollbackRule): string {
  const word = Object.entries(measures).find(([, own]) => own === measure)?.[0] ?? measure;
  return `${word}>${above}${unit === "percent" ? "%" : ""}`;
}

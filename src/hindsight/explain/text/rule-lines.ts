import type { Paint } from "../../paint.ts";
import type { Condition, RuleTold } from "../explanation.ts";
import { cut, WIDTH, wrapped } from "./lines.ts";

export interface RuleStyle {
  readonly paint: Paint;
  readonly indent: number;
  /** Also the conditions that were passed before the one that failed. */
  readonly passed: boolean;
}

/** Where a source text ends and what it came to begins, at most. */
const TEXT_COLUMN = 46;

/** One rule: what it is and where it stands, then its conditions with what they came to. */
export function ruleLines(rule: RuleTold, style: RuleStyle): readonly string[] {
  const { paint, indent, passed } = style;
  const pad = " ".repeat(indent);
  const place = `${rule.file}:${rule.line}`;
  const title = titleOf(rule);
  const head = cut(title, WIDTH - indent - place.length - 3);
  const lines = [`${pad}${marked(rule, head, paint)}   ${paint.dim(place)}`];
  const shown = rule.state === "held" || passed ? [...rule.conditions, ...failedOf(rule)] : failedOf(rule);
  const widest = Math.min(TEXT_COLUMN, Math.max(0, ...shown.map(({ text }) => text.length)));
  for (const condition of shown)
    lines.push(...conditionLines(condition, widest, style, condition === rule.failed && rule.state !== "held"));
  if (shown.length === 0 && rule.state === "held") lines.push(`${pad}  ${paint.dim("without a condition")}`);
  return lines;
}

function titleOf({ rule, name, package: own, times, state }: RuleTold): string {
  const often = times === undefined ? "" : state === "held" ? `, ${times} times` : `, tried ${times} times`;
  if (rule === "every") return `for ${name}`;
  if (rule === name) return `${name}${often}`;
  return `${name}, ${rule} of policy.${own}${often}`;
}

function marked({ state, rule }: RuleTold, text: string, paint: Paint): string {
  if (state === "unjudgeable" || state === "failed") return paint.yellow(text);
  return state === "held" && (rule === "deny" || rule === "constrain") ? paint.red(text) : text;
}

const failedOf = ({ failed }: RuleTold): readonly Condition[] => (failed === undefined ? [] : [failed]);

function conditionLines(condition: Condition, widest: number, style: RuleStyle, failed: boolean): readonly string[] {
  const { paint, indent } = style;
  const pad = " ".repeat(indent + 2);
  const number = String(condition.line).padStart(4);
  const behind = indent + 2 + number.length + 2;
  const why = (text: string) => (failed ? paint.bold(text) : paint.dim(text));
  const beside = WIDTH - behind - widest - 3;
  const first = `${pad}${paint.dim(number)}  `;
  const inside = condition.inside.flatMap((rule) => ruleLines(rule, { ...style, indent: behind }));
  if (condition.text.length <= widest && condition.why.length <= beside)
    return [`${first}${condition.text.padEnd(widest)}   ${why(condition.why)}`, ...inside];
  const below = wrapped(condition.why, WIDTH - behind - 2).map((line) => `${" ".repeat(behind + 2)}${why(line)}`);
  return [`${first}${cut(condition.text, WIDTH - behind)}`, ...below, ...inside];
}

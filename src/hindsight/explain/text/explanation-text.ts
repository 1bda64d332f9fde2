import type { Paint } from "../../paint.ts";
import { whoOf } from "../answer.ts";
import type { Explanation, RuleTold } from "../explanation.ts";
import { labelled, WIDTH, wrapped } from "./lines.ts";
import { ruleLines } from "./rule-lines.ts";
import { sideLines } from "./side-lines.ts";

export interface TextOptions {
  readonly paint: Paint;
  /** Everything that was looked at, the rules that did not hold too. */
  readonly all: boolean;
}

/** The explanation for a person: the answer first, then who, what and when, then the permits of each side, then the rules. */
export function explanationText(told: Explanation, options: TextOptions): string {
  const { paint } = options;
  const parts = [
    wrapped(told.answer, WIDTH).map(paint.bold),
    told.faults.flatMap((fault) => wrapped(`does not hold: ${fault}`, WIDTH - 2).map((line) => `  ${paint.red(line)}`)),
    facts(told, paint),
    told.sides.length === 0
      ? []
      : [paint.bold("Who may use it"), ...sideLines(told.sides, paint, { all: options.all, rulesSeen: told.conditions.by === "opa" })],
    ...ruleParts(told, options),
    notes(told, paint),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join("\n"))
    .join("\n\n");
}

const LABEL_WIDTH = 8;
const SHORT_DIGEST = "sha256:".length + 12;

function facts(told: Explanation, { dim }: Paint): readonly string[] {
  const { asked, bundle } = told;
  const rows: readonly (readonly [string, string])[] = [
    ["decision", told.id],
    ["when", told.time],
    ["who", whoText(told)],
    ["asked", askedText(told)],
    [
      "bundle",
      bundle === null
        ? "none"
        : `${bundle.name} ${bundle.revision}, sequence ${bundle.sequence}, ${bundle.digest.slice(0, SHORT_DIGEST)}, signed by ${bundle.signer}`,
    ],
    ...(told.policy === undefined ? [] : [["policy", policyText(told.policy)] as const]),
    ...told.after.map(({ text }, at) => [at === 0 ? "then" : "", text] as const),
    ...told.remedies.map((remedy, at) => [at === 0 ? "remedy" : "", remedy] as const),
    ...(asked.resumes === undefined ? [] : [["goes on", asked.resumes] as const]),
    ...(asked.of === undefined ? [] : [["in call", asked.of] as const]),
    ...(told.masked.length === 0 ? [] : [["masked", told.masked.map((path) => (path === "" ? "everything" : path)).join(", ")] as const]),
  ];
  return rows.flatMap(([label, text]) => labelled(label, text, LABEL_WIDTH, dim));
}

function whoText({ asked }: Explanation): string {
  const groups = asked.groups === undefined ? "" : ` (${asked.groups.length === 0 ? "in no group" : asked.groups.join(", ")})`;
  const who = asked.user === undefined ? whoOf(asked) : whoOf(asked).replace(asked.user, () => `${asked.user}${groups}`);
  const instance = asked.instance === undefined || asked.agent === undefined ? "" : `, instance ${asked.instance}`;
  return `${who}${instance}${asked.issuer === undefined ? "" : `, token of ${asked.issuer}`}`;
}

function askedText({ asked }: Explanation): string {
  const words = [`${asked.method}${asked.target === undefined ? "" : ` ${asked.target}`}`];
  if (asked.uri !== undefined) words.push(asked.uri);
  if (asked.door !== undefined) words.push(asked.door === "aggregate" ? "through /mcp" : `through /servers/${asked.door}/mcp`);
  if (asked.session !== undefined) words.push(asked.session);
  return words.join(", ");
}

function policyText(policy: NonNullable<Explanation["policy"]>): string {
  const { effect, known, reasons, obligations, remembered } = policy;
  const words = [known ? effect : `${effect}, the target is unknown to the caller`];
  if (reasons.length > 0)
    words.push(reasons.map(({ code, rule }) => `${code} by ${rule === "toolgate" ? "the library" : `policy.${rule}`}`).join("; "));
  if (obligations.length > 0) words.push(`obliges ${obligations.map(obligationText).join(", ")}`);
  if (remembered) words.push("remembered from an equal question");
  return words.join(": ");
}

function obligationText({ type, rule, ...more }: NonNullable<Explanation["policy"]>["obligations"][number]): string {
  const values = Object.values(more).map(String).join(" ");
  return `${type} ${values} (${rule === "table" ? "a table" : `policy.${rule}`})`;
}

function ruleParts({ rules, verdict, policy }: Explanation, { paint, all }: TextOptions): readonly (readonly string[])[] {
  const denials = rules.filter(({ rule }) => rule === "deny" || rule === "constrain");
  const held = denials.filter(({ state }) => state === "held");
  const obliging = rules.filter(({ rule, state }) => rule === "oblige" && state === "held");
  const unclear = rules.filter(({ state, rule }) => (state === "unjudgeable" || state === "failed") && rule !== "permit");
  const left = [...denials, ...(all ? rules.filter(({ rule }) => rule === "oblige") : [])].filter(({ state }) => state === "not_held");
  const isAllowed = verdict !== "refused" && verdict !== "hidden" && verdict !== "not_listed" && verdict !== "not_admitted";
  const part = (title: string, some: readonly RuleTold[], passed: boolean) =>
    some.length === 0 ? [] : [paint.bold(title), ...some.flatMap((rule) => ruleLines(rule, { paint, indent: 2, passed }))];
  const showsLeft = all || (isAllowed && policy !== undefined) || verdict === "listed" || verdict === "admitted";
  return [
    part("What denies it", held, true),
    part("What it is bound to", all || policy?.reasons.length === 0 ? obliging : [], true),
    part("What cannot be judged", unclear, all),
    showsLeft ? part("Looked at, and did not hold", left, all) : [],
    !showsLeft && left.length > 0 ? [paint.dim(`${left.length} other ${left.length === 1 ? "rule" : "rules"} did not hold (--all)`)] : [],
  ];
}

function notes({ notes: told, conditions, faults }: Explanation, { dim }: Paint): readonly string[] {
  const checked =
    conditions.equal === true
      ? [
          conditions.by === "opa"
            ? `checked: OPA ${conditions.version} and the gateway's evaluator say the same again`
            : "checked: the gateway's evaluator says the same again",
        ]
      : conditions.equal === undefined &&
          conditions.detail !== undefined &&
          faults.length === 0 &&
          !told.some((one) => one.includes(conditions.detail ?? ""))
        ? [`not checked: ${conditions.detail}`]
        : [];
  return [...told, ...checked].flatMap((note) => wrapped(note, WIDTH).map(dim));
}

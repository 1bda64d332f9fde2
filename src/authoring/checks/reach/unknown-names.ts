import { targetKinds } from "../../../core/methods.ts";
import { didYouMean, oneOf } from "../../../core/mistakes.ts";
import { type Node, textOf } from "../../rego/index.ts";
import type { Check, CheckedPackage, Finding } from "../check.ts";
import { example } from "./example.ts";
import { type Origin, originText } from "./origin.ts";
import { tracedClauses } from "./package-trace.ts";
import { elementOf } from "./templates.ts";
import { vocabularyAt } from "./vocabulary.ts";

export const unknownName: Check = {
  id: "unknown-name",
  title: "a rule that names a tool, server, role, group, effect or another word that there is not",
  danger: "a denial for a misspelt name never holds, and nothing says so: every other name passes it",
  wanted: "a name that the tables have",
  example: {
    wrong: example(`deny contains {"code": "example.closed"} if {
	input.tool.id == "crm.refnd"
	input.time.weekday == "sunday"
}`),
    right: example(`deny contains {"code": "example.closed"} if {
	input.tool.id == "crm.refund"
	input.time.weekday == "sunday"
}`),
  },
  find: (checked, report) => {
    for (const { comparisons } of tracedClauses(checked)) {
      for (const { origin, words, clause: at, line, expression } of comparisons) {
        for (const word of words) {
          const told = unknownIn(origin, word, checked, expression);
          if (told !== undefined) report({ at, line, ...told });
        }
      }
    }
  },
};

type Told = Omit<Finding, "at" | "line">;

function unknownIn(origin: Origin, word: string, checked: CheckedPackage, expression: Node | undefined): Told | undefined {
  const [member] = origin.path;
  // What the package is never asked with is told as that.
  if (targetKinds.some((kind) => kind === member && checked.facts?.kinds.includes(kind) === false)) return undefined;
  const vocabulary = vocabularyAt(origin, checked);
  if (vocabulary === undefined || vocabulary.words.has(word)) return undefined;
  const { what, words, elsewhere, remedy } = vocabulary;
  const shown = JSON.stringify(word);
  const place = originText(origin).replace(/\[_\]$/, "");
  if (elsewhere?.has(word) === true) {
    const servers = checked.facts?.servers.join(", ") ?? "";
    const found = `${shown} in ${place}: a ${what} that the package does not judge`;
    return {
      found,
      wanted: `a ${what} of custom.servers: [${servers}]`,
      remedy: "add its server to custom.servers, or move the rule to the package of that server",
    };
  }
  const near = didYouMean(word, words);
  if (near === undefined && vocabulary.open === true) return undefined;
  const meant = near?.match(/"(.*)"/)?.[1];
  const text = textOf(expression);
  return {
    found: `${shown} in ${place}: no such ${what}`,
    wanted: words.size === 0 ? `a ${what}, of which there is none` : oneOf([...words]),
    remedy: near ?? remedy,
    ...(meant !== undefined && text.includes(shown) && { mended: text.replaceAll(shown, JSON.stringify(meant)) }),
  };
}

export const unknownBudget: Check = {
  id: "unknown-budget",
  title: "a rule that names a budget, or a group of approvers, that there is not",
  danger: "an obligation on a budget that does not exist denies every call it is asked of, and a denial that waits for one never holds",
  wanted: "a budget of catalog/budgets.yaml, a group of catalog/groups.yaml",
  example: {
    wrong: example(`oblige contains {"type": "budget", "name": "refund-per-day"} if input.tool.id == "crm.refund"`),
    right: example(`oblige contains {"type": "budget", "name": "refunds-per-day"} if input.tool.id == "crm.refund"`),
  },
  find: (checked, report) => {
    const { tables } = checked;
    if (tables === undefined) return;
    const { budgets, groups } = tables.catalog;
    for (const traced of tracedClauses(checked)) {
      const { type, name, group } = (traced.name === "oblige" ? elementOf(traced) : undefined) ?? {};
      if (type === "budget") tell(name, budgets, "budgets", (told) => report({ at: traced.clause, ...told }));
      if (type === "approve") tell(group, groups, "groups", (told) => report({ at: traced.clause, ...told }));
      for (const { origin, clause: at, line } of traced.uses) {
        const [member, named] = origin.path;
        if (origin.root === "input" && member === "budgets") tell(named, budgets, "budgets", (told) => report({ at, line, ...told }));
      }
    }
  },
};

function tell(name: unknown, known: object, table: string, report: (told: Told) => void): void {
  if (typeof name !== "string" || name.includes("{input") || Object.hasOwn(known, name)) return;
  const names = Object.keys(known);
  const one = table === "budgets" ? "budget" : "group";
  const wanted = names.length === 0 ? `a ${one} of catalog/${table}.yaml, which has none` : oneOf(names);
  report({ found: `the ${one} "${name}"`, wanted, remedy: didYouMean(name, names) ?? `add it to catalog/${table}.yaml` });
}

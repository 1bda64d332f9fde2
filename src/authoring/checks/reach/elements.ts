import { didYouMean, foundText, oneOf } from "../../../core/mistakes.ts";
import { ruleNames } from "../../../parts/catalog/index.ts";
import type { Check, Finding } from "../check.ts";
import { example } from "./example.ts";
import { astray } from "./input-schema.ts";
import { type MemberRule, type Members, obligationMembers, pointerText } from "./obligation-members.ts";
import { tracedClauses } from "./package-trace.ts";
import { elementOf, nearest } from "./templates.ts";

type RuleName = (typeof ruleNames)[number];

const text: MemberRule = { fits: (value) => typeof value === "string", wanted: "a text" };
const truth: MemberRule = { fits: (value) => typeof value === "boolean", wanted: "true or false" };
const needed = (rule: MemberRule): MemberRule => ({ ...rule, needed: true });
const word = (...words: readonly string[]): MemberRule => ({
  fits: (value) => words.some((one) => one === value),
  wanted: oneOf(words),
  words,
});

const reason = { code: needed(text), message: text, remedy: text };

/** What an element of each of the seven may hold. What else stands there has no meaning, so it is a typing mistake. */
const elementMembers: Readonly<Record<Exclude<RuleName, "oblige">, Members>> = {
  permit: { id: needed(text), for: word("user", "agent", "both") },
  deny: { ...reason, hide: truth },
  constrain: reason,
  withhold: reason,
  redact: obligationMembers.redact,
  mask: { path: needed(pointerText) },
};

export const elementShape: Check = {
  id: "element-shape",
  title: "an element of one of the seven that has members it cannot have, lacks one, or has one of another type",
  danger:
    "what is not known is passed over: a denial that should hide shows what it hides, a budget costs 1, and what lacks its code denies every call",
  wanted: "the members that docs/policy/guide.md names for the rule",
  example: {
    wrong: example(`deny contains {"code": "example.critical", "hides": true} if input.tool.risk == "critical"`),
    right: example(`deny contains {"code": "example.critical", "hide": true} if input.tool.risk == "critical"`),
  },
  find: (checked, report) => {
    for (const traced of tracedClauses(checked)) {
      const element = elementOf(traced);
      const name = ruleNames.find((one) => one === traced.name);
      if (element === undefined || name === undefined) continue;
      for (const told of mistakesIn(name, element)) report({ at: traced.clause, ...told });
    }
  },
};

type Told = Omit<Finding, "at">;

function mistakesIn(name: RuleName, element: Readonly<Record<string, unknown>>): readonly Told[] {
  if (name !== "oblige") return memberMistakes(name, element, elementMembers[name]);
  const { type, ...rest } = element;
  const types = Object.keys(obligationMembers);
  if (typeof type !== "string") return [{ found: `an obligation with the type ${foundText(type)}`, wanted: oneOf(types) }];
  const members = new Map<string, Members>(Object.entries(obligationMembers)).get(type);
  if (members === undefined)
    return [
      {
        found: `the obligation "${type}"`,
        wanted: oneOf(types),
        remedy: didYouMean(type, types) ?? "an unknown obligation denies every call it is asked of",
      },
    ];
  return memberMistakes(`the obligation "${type}"`, rest, members);
}

function memberMistakes(what: string, element: Readonly<Record<string, unknown>>, members: Members): readonly Told[] {
  const told: Told[] = [];
  for (const [name, value] of Object.entries(element)) {
    const rule = Object.hasOwn(members, name) ? members[name] : undefined;
    if (rule === undefined)
      told.push({
        found: `the member "${name}" of ${what}`,
        wanted: oneOf(Object.keys(members)),
        remedy: didYouMean(name, Object.keys(members)) ?? "remove it: it has no meaning",
      });
    else if (!rule.fits(value) && !isFilled(value)) {
      const near = typeof value === "string" && rule.words !== undefined ? didYouMean(value, rule.words) : undefined;
      told.push({ found: `"${name}" of ${what} is ${foundText(value)}`, wanted: rule.wanted, ...(near !== undefined && { remedy: near }) });
    }
  }
  const some = Object.entries(members).flatMap(([name, rule]) => (rule.orElse === true ? [name] : []));
  if (some.length > 0 && !some.some((name) => Object.hasOwn(element, name)))
    told.push({ found: `${what} without ${some.join(" or ")}`, wanted: some.join(" or ") });
  for (const [name, rule] of Object.entries(members)) {
    if (rule.needed === true && !Object.hasOwn(element, name))
      told.push({ found: `${what} without "${name}"`, wanted: `"${name}": ${rule.wanted}` });
  }
  return told;
}

/** What the host fills is judged when it is filled. */
function isFilled(value: unknown): boolean {
  return typeof value === "string" && value.includes("{input");
}

export const maskThatNeverFits: Check = {
  id: "mask-that-never-fits",
  title: "a mask path that no input can have",
  danger: "records keep in clear what the rule was written to hide",
  wanted: "a JSON pointer into the input, e.g. /user/email",
  example: {
    wrong: example(`mask contains {"path": "/users/email"}`),
    right: example(`mask contains {"path": "/user/email"}`),
  },
  find: (checked, report) => {
    for (const traced of tracedClauses(checked)) {
      const path = traced.name === "mask" ? elementOf(traced)?.path : undefined;
      if (typeof path !== "string" || !pointerText.fits(path)) continue;
      const steps = path
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      const lost = astray(steps.map((step) => (/^(0|[1-9][0-9]*)$/.test(step) ? Number(step) : step)));
      if (lost === undefined) continue;
      report({ at: traced.clause, found: `the path "${path}", which no input has`, remedy: nearest(lost.step, lost.known) });
    }
  },
};

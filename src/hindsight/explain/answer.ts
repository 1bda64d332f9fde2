import type { Asked, Explanation, RuleTold, Side } from "./explanation.ts";
import { type Story, saidOf, type ToldCode } from "./story.ts";

interface Known extends Pick<Explanation, "rules" | "sides"> {
  /** Whether OPA looked at the rules. */
  readonly rulesSeen: boolean;
  /** Of a target that is not in a list: why policy was not asked about it. */
  readonly unlisted?: string;
}

/** The decision in one sentence. */
export function answerOf(story: Story, known: Known): string {
  const { rules, sides, unlisted } = known;
  const { verdict, policy, asked } = story;
  const what = asked.target ?? asked.method;
  switch (verdict) {
    case "allowed":
    case "open":
    case "cancelled":
      return `${allowed[verdict]}: ${what} for ${whoOf(asked)}${byText(sides)}`;
    case "listed":
      return `Listed: ${what} for ${whoOf(asked)}${byText(sides)}`;
    case "not_listed":
      return `Not listed: ${unlisted ?? unlistedWhy(story, known)}`;
    case "hidden":
      return `Refused as if it did not exist: ${hiddenWhy(story, rules, sides)}`;
    case "ask":
      return `Refused: policy wants an approval, ${askedBy(rules) ?? saidText(story.told)}`;
    case "refused":
      if (policy?.reasons[0] !== undefined) return `Refused: ${policy.reasons.map((reason) => reasonText(reason, rules)).join("; ")}`;
      return `Refused: ${saidText(story.told)}${policy?.effect === "allow" ? ", although policy allows it" : ""}`;
    case "failed":
      return `Allowed by policy, then ${story.told.length > 0 ? `refused: ${saidText(story.told)}` : "it failed"}`;
    default:
      return other(story);
  }
}

const allowed = { allowed: "Allowed", open: "Allowed, no outcome on record", cancelled: "Allowed, then cancelled by the client" } as const;

function other({ verdict, asked, told, main }: Story): string {
  switch (verdict) {
    case "admitted":
      return `Admitted: ${whoOf(asked)} may connect`;
    case "not_admitted":
      return `Not admitted: ${saidText(told)}`;
    case "list": {
      const { visible, offered } = main.value;
      const count = Array.isArray(visible) ? visible.length : 0;
      return `Listed: ${count} of ${String(offered)} for ${whoOf(asked)}`;
    }
    default:
      if (main.value.kind === "bundle") return `Recorded: a bundle was ${String(main.value.effect)}`;
      return told.length > 0 ? `Recorded: ${saidText(told)}` : `Recorded: ${String(main.value.kind)}`;
  }
}

export function whoOf({ user, agent, instance }: Asked): string {
  const by = agent ?? instance;
  if (user !== undefined && by !== undefined) return `${user} via ${by}`;
  return user ?? by ?? "somebody unknown";
}

export function saidText(told: readonly ToldCode[]): string {
  if (told.length === 0) return "no reason is on record";
  return told.map((one) => (one.code === saidOf(one) ? one.code : `${one.code} - ${saidOf(one)}`)).join("; ");
}

function byText(sides: readonly Side[]): string {
  const said = sides.flatMap(({ side, by }) => (by[0] === undefined ? [] : [`the ${side} by ${by[0]}`]));
  return said.length === 0 ? "" : ` - ${said.join(", ")}`;
}

/** The denial with the condition that made it: the last one, which is what the rule is about. */
function reasonText(reason: ToldCode, rules: readonly RuleTold[]): string {
  const by = reason.rule === "toolgate" ? "" : ` by policy.${reason.rule}`;
  const rule = rules.find(({ name, package: name_, state }) => name === reason.code && name_ === reason.rule && state !== "not_held");
  const why = whyOf(rule);
  if (why !== undefined) return `${reason.code}${by} - ${why}`;
  const said = saidOf(reason);
  return `${reason.code}${by}${said === reason.code ? "" : ` - ${said}`}`;
}

/** Of a rule that asks another one the condition in there as well: by itself the name of a helper says little. */
function whyOf(rule: RuleTold | undefined): string | undefined {
  const last = rule?.state === "held" ? rule.conditions.at(-1) : rule?.failed;
  const [only, ...more] = last?.inside ?? [];
  const deep = more.length === 0 ? (only?.failed ?? only?.conditions.at(-1)) : undefined;
  return last && (deep === undefined ? last.why : `${last.why}: ${deep.why}`);
}

function hiddenWhy(story: Story, rules: readonly RuleTold[], sides: readonly Side[]): string {
  const { policy, asked } = story;
  const target = asked.target ?? "the target";
  const lacking = lackingText(sides, target);
  if (lacking !== undefined) return lacking;
  const hiding = policy?.reasons.find((reason) => isHiding(reason, rules)) ?? policy?.reasons[0];
  if (hiding !== undefined) return `${reasonText(hiding, rules)}; the denial hides ${target}`;
  return sides.length === 0 ? saidText(story.told) : `${target} is unknown to ${whoOf(asked)}`;
}

/** Nothing where no side lacks a permit. */
function lackingText(sides: readonly Side[], target: string): string | undefined {
  const lacking = sides.filter(({ has }) => !has);
  if (lacking.length === 0) return undefined;
  const names = lacking.map(({ side, who }) => `${side} ${who}`).join(" and ");
  const others = sides.filter(({ has }) => has).map(({ side, who }) => `${side} ${who} has one`);
  return `${names} ${lacking.length === 1 ? "has" : "have"} no permit for ${target}${others.length === 0 ? "" : `; ${others.join(", ")}`}`;
}

/** A list has no decision of its own for each target, so that its rules tell. */
function unlistedWhy({ asked }: Story, { sides, rules, rulesSeen }: Known): string {
  const target = asked.target ?? "the target";
  if (sides.length === 0) return `the list does not have ${target}`;
  if (!rulesSeen) return `${lackingText(sides, target) ?? `both sides have a permit for ${target}`}; rules were not looked at`;
  const denying = rules.find(({ rule, state }) => rule === "deny" && state === "held");
  const denied = denying && reasonText({ code: denying.name, rule: denying.package }, rules);
  return lackingText(sides, target) ?? denied ?? `${target} is unknown to ${whoOf(asked)}`;
}

function isHiding({ code, rule }: ToldCode, rules: readonly RuleTold[]): boolean {
  return rules.some((one) => one.name === code && one.package === rule && one.state === "held" && hides(one.element));
}

function hides(element: unknown): boolean {
  return typeof element === "object" && element !== null && "hide" in element && element.hide !== false;
}

function askedBy(rules: readonly RuleTold[]): string | undefined {
  const asking = rules.find(({ rule, name, state }) => rule === "oblige" && name === "approve" && state === "held");
  if (asking === undefined) return undefined;
  const why = whyOf(asking);
  return `by policy.${asking.package}${why === undefined ? "" : ` - ${why}`}`;
}

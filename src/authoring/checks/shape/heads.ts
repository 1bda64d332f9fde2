import { ruleNames } from "../../../parts/catalog/index.ts";
import { childrenOf, fixedPath, isTerm, type Module, nameOf, type Rule, type Term, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";

export const sevenNames: ReadonlySet<string> = new Set(ruleNames);

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

/** Which of the seven rules a file declares, in whatever form. */
export function declaredRules({ rules }: Module): readonly string[] {
  return rules.filter((rule) => !isDotted(rule)).flatMap((rule) => (sevenNames.has(nameOf(rule)) ? [nameOf(rule)] : []));
}

export const headDotted: Check = {
  id: "head-dotted",
  title: "a rule head with a dot in it",
  danger: "it makes an object out of the name before the dot, which the library never looks into, or no longer understands",
  wanted: "a plain name; author data stands under data.custom",
  example: {
    wrong: `${header}
night.deny contains {"code": "example.closed"} if input.time.hour < 8
`,
    right: `${header}
deny contains {"code": "example.closed"} if input.time.hour < 8
`,
  },
  find({ clauses }, report) {
    for (const at of [...clauses.values()].flat()) {
      const [, first] = at.rule.head.ref;
      if (isDotted(at.rule)) report({ at, found: `the dotted rule head "${nameOf(at.rule)}.${String(first?.value)}"` });
    }
  },
};

export const headForm: Check = {
  id: "head-form",
  title: 'one of the seven rules without "contains"',
  danger:
    "anything but a set is folded as one element without a code: it denies, withholds or masks everything, or nothing of what was meant",
  wanted: "NAME contains {…} if …",
  example: {
    wrong: `${header}
default deny := false

deny if input.time.hour < 8
`,
    right: `${header}
deny contains {"code": "example.closed"} if input.time.hour < 8
`,
  },
  find({ clauses }, report) {
    for (const at of [...clauses.values()].flat()) {
      const name = nameOf(at.rule);
      if (!sevenNames.has(name) || isDotted(at.rule) || isContains(at.rule)) continue;
      report({ at, found: `a rule "${name}" without "contains"`, wanted: `${name} contains {…} if …` });
    }
  },
};

export const headLiteral: Check = {
  id: "head-literal",
  title: "a head with anything but literals",
  danger: "where a value of the head is missing, the whole element vanishes, and with it the denial, the obligation or the redaction",
  wanted: 'literals only; values as text that the gateway fills, e.g. "{input.user.id}"',
  example: {
    wrong: `${header}
deny contains {"code": "example.closed", "message": concat(" ", [input.user.id, "comes too early."])} if {
	input.time.hour < 8
}
`,
    right: `${header}
deny contains {"code": "example.closed", "message": "{input.user.id} comes too early."} if {
	input.time.hour < 8
}
`,
  },
  find({ clauses }, report) {
    for (const at of [...clauses.values()].flat()) {
      const name = nameOf(at.rule);
      const { key } = at.rule.head;
      if (!sevenNames.has(name) || isDotted(at.rule) || !isContains(at.rule)) continue;
      if (!isLiteral(key)) {
        const mended = key === undefined ? undefined : templated(name, key);
        report({ at, found: `a head of "${name}" that is computed`, ...(mended !== undefined && { mended }) });
      } else if (key?.type !== "object") {
        report({ at, found: `a head of "${name}" that is no object`, wanted: `${name} contains {…}` });
      }
    }
  },
};

function isDotted({ head }: Rule): boolean {
  return head.ref.slice(1).some((part) => part.type === "string");
}

function isContains({ head, default: isDefault, else: otherwise }: Rule): boolean {
  const { ref, key, value, args } = head;
  return ref.length === 1 && key !== undefined && value === undefined && args === undefined && !isDefault && otherwise === undefined;
}

function isLiteral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLiteral);
  if (!isTerm(value)) return false;
  if (value.type === "array" || value.type === "set" || value.type === "object") return isLiteral(value.value);
  return value.type === "string" || value.type === "number" || value.type === "boolean" || value.type === "null";
}

/** The head with each path of the input as a template, where nothing else in it is computed. */
function templated(name: string, key: Term): string | undefined {
  if (key.type !== "object") return undefined;
  let text = textOf(key);
  for (const value of computedIn(key)) {
    const path = isTerm(value) && value.type === "ref" ? fixedPath(value) : [];
    const written = textOf(value);
    const whole = isTerm(value) && Array.isArray(value.value) && path.length === value.value.length;
    if (path[0] !== "input" || path.length < 2 || !whole || written === "") return undefined;
    text = text.replace(written, () => `"{${path.join(".")}}"`);
  }
  return text === "" ? undefined : `${name} contains ${text}`;
}

function computedIn(value: unknown): readonly unknown[] {
  if (isLiteral(value)) return [];
  if (Array.isArray(value)) return value.flatMap(computedIn);
  if (isTerm(value) && ["array", "set", "object"].includes(value.type)) return childrenOf(value.value).flatMap(computedIn);
  return [value];
}

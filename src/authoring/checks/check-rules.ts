import { ruleNames } from "../../parts/catalog/index.ts";
import type { Mistakes } from "../mistakes.ts";
import { isTerm, type Module, nameOf, namesIn, type Rule, type Term } from "../rego/index.ts";

const sevenNames: ReadonlySet<string> = new Set(ruleNames);

/** Names of packages that already mean something in reasons and records. */
const reservedPackages: ReadonlySet<string> = new Set(["toolgate", "role"]);

/** The last part of the package if a file declares what an author may declare: `package policy.<name>`, one level deep. */
export function checkPackage(module: Module, mistakes: Mistakes): string | undefined {
  const at = { file: module.file, line: module.packageLine };
  const declared = module.package.join(".");
  const [root, name, deeper] = module.package;
  if (root === "policy" && name !== undefined && deeper === undefined && /^[a-z][a-z0-9_]*$/.test(name)) {
    if (!reservedPackages.has(name)) return name;
    mistakes.add({ ...at, found: `package ${declared}, a reserved name`, wanted: "another name" });
    return undefined;
  }
  const remedy = root === "toolgate" ? "the product library is added by the build; a rule in it could permit anything" : undefined;
  const wanted = "package policy.<name>, one level deep, in lower case";
  mistakes.add({ ...at, found: `package ${declared}`, wanted, ...(remedy !== undefined && { remedy }) });
  return undefined;
}

/** Heads that the library cannot fold safely, or that reach out of the package. Returns the names of the seven that are declared. */
export function checkHeads(module: Module, mistakes: Mistakes): readonly string[] {
  const declared = new Set<string>();
  for (const rule of module.rules) {
    const name = nameOf(rule);
    const at = { file: module.file, line: rule.line };
    const [, ...path] = rule.head.ref;
    if (path.some((part) => part.type === "string")) {
      mistakes.add({
        ...at,
        found: `the dotted rule head "${name}.${String(path[0]?.value)}"`,
        wanted: "a plain name; author data stands under data.custom",
      });
      continue;
    }
    if (!sevenNames.has(name)) continue;
    declared.add(name);
    if (!isContains(rule)) {
      const remedy = "any other head is folded as something else than a set, and a denial would be lost";
      mistakes.add({ ...at, found: `a rule "${name}" without "contains"`, wanted: `${name} contains {…} if …`, remedy });
    } else checkElement(name, rule.head.key, at, mistakes);
  }
  return [...declared].sort();
}

function isContains(rule: Rule): boolean {
  const { head } = rule;
  return (
    head.ref.length === 1 &&
    head.key !== undefined &&
    head.value === undefined &&
    head.args === undefined &&
    !rule.default &&
    rule.else === undefined
  );
}

/** An undefined value in a head makes the whole element vanish, and with it the denial or the obligation. */
function checkElement(name: string, key: Term | undefined, at: { readonly file: string; readonly line: number }, mistakes: Mistakes): void {
  if (!isLiteral(key)) {
    const remedy = 'write values as text that the gateway fills, e.g. "{input.user.id}"';
    mistakes.add({ ...at, found: `a head of "${name}" that is computed`, wanted: "literals only", remedy });
  } else if (key?.type !== "object") {
    mistakes.add({ ...at, found: `a head of "${name}" that is no object`, wanted: `${name} contains {…}` });
  }
}

function isLiteral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLiteral);
  if (!isTerm(value)) return false;
  if (value.type === "array" || value.type === "set" || value.type === "object") return isLiteral(value.value);
  return value.type === "string" || value.type === "number" || value.type === "boolean" || value.type === "null";
}

/** Rules that none of the seven reaches do nothing: `dney` is found here. */
export function checkReach(name: string, modules: readonly Module[], mistakes: Mistakes): void {
  const rules = modules.flatMap((module) => module.rules.map((rule) => ({ module, rule })));
  const own: ReadonlySet<string> = new Set(rules.map(({ rule }) => nameOf(rule)));
  const reached = new Set<string>();
  const waiting: string[] = [...own].filter((one) => sevenNames.has(one));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    for (const { rule } of rules)
      if (nameOf(rule) === next) waiting.push(...namesIn([rule.head, rule.body, rule.else], ["policy", name], own));
  }
  const told = new Set<string>();
  for (const { module, rule } of rules) {
    const unreached = nameOf(rule);
    if (reached.has(unreached) || told.has(unreached)) continue;
    told.add(unreached);
    const wanted = `a rule that one of ${ruleNames.join(", ")} uses`;
    mistakes.add({
      file: module.file,
      line: rule.line,
      found: `the rule "${unreached}", which nothing reaches`,
      wanted,
      remedy: "correct its name, or remove it",
    });
  }
}

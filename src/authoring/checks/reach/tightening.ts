import { type Call, callAt, childrenOf, isComprehension, isEvery, isNode, isTerm } from "../../rego/index.ts";
import { signatureOf } from "./builtin-types.ts";

/** Built-ins whose answer to a text of the caller's choice can only be met, never escaped: more of it never undoes a denial. */
const tightening: ReadonlySet<string> = new Set([
  ...["equal", "eq", "assign", "internal.member_2", "internal.member_3"],
  ...["startswith", "endswith", "contains", "regex.match", "glob.match", "strings.any_prefix_match", "strings.any_suffix_match"],
  ...["lower", "upper", "trim", "trim_space", "trim_left", "trim_right", "trim_prefix", "trim_suffix", "split", "concat", "sprintf"],
  ...["object.get", "is_string", "is_number", "is_boolean"],
]);

/** Whether what the caller claims could undo a rule through this: `!=`, an ordering, `count`, a comparison with false, and whatever else is not known. */
export function loosens({ name, operands }: Call): boolean {
  return !tightening.has(name) || ((name === "equal" || name === "eq") && operands.some(isFalse)) || givesAway({ name, operands });
}

function isFalse(term: unknown): boolean {
  return isTerm(term) && term.type === "boolean" && term.value === false;
}

/** `startswith(a, b, x)`: an operand more than it takes is what it gives, which may be false. */
function givesAway({ name, operands }: Call): boolean {
  const { takes } = signatureOf(name) ?? {};
  return takes !== undefined && name !== "eq" && name !== "assign" && operands.length > takes.length;
}

/** Names that a body gives a value and then asks something that loosens: what they are made of loosens as well. */
export function loosenedNames(body: unknown, own: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (node: unknown, loose: boolean) => collectNames(node, loose, own, names);
  for (const expression of childrenOf(body)) collect(expression, false);
  // `y := f(x)` passes it on, in whatever order the lines stand.
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    for (const expression of childrenOf(body)) {
      const call = callAt(expression);
      const [left, right] = call?.name === "assign" || call?.name === "eq" ? call.operands : [];
      if (isTerm(left) && left.type === "var" && names.has(String(left.value))) collect(right, true);
    }
  }
  return names;
}

function collectNames(node: unknown, loose: boolean, own: ReadonlyMap<string, unknown>, names: Set<string>): void {
  if (isTerm(node) && node.type === "var" && loose) names.add(String(node.value));
  const call = callAt(node);
  // A function of the author's own is followed by itself.
  const loosening = call !== undefined && loosens(call) && !own.has(call.name);
  const here = loose || loosening || (isNode(node) && (node.negated === true || isEvery(node) || isComprehension(node)));
  for (const child of childrenOf(node)) collectNames(child, here, own, names);
}

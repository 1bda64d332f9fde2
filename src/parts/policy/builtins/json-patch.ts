import { type Builtin, BuiltinError } from "./builtin.ts";
import { PatchTree } from "./patch-tree.ts";
import { compareValues, isArray, isObject, type Value } from "./value.ts";

/** Each operation may look through the whole document. */
const MOST_OPERATIONS = 1000;

const patch: Builtin = (_, target, operations) => {
  if (target === undefined || operations === undefined || !isArray(operations)) throw new BuiltinError("json.patch: wanted an array");
  if (operations.length > MOST_OPERATIONS) throw new BuiltinError("json.patch: too many operations");
  const tree = new PatchTree(target);
  for (const operation of operations) apply(tree, operation);
  return tree.render();
};

function apply(tree: PatchTree, operation: Value): void {
  const member = (name: string): Value => {
    const found = isObject(operation) ? operation.entries.find(([key]) => key === name) : undefined;
    if (found === undefined) throw new BuiltinError(`json.patch: missing attribute "${name}"`);
    return found[1];
  };
  const path = pathOf(member("path"));
  switch (member("op")) {
    case "add":
      tree.insert(path, member("value"));
      return;
    case "remove":
      tree.remove(path);
      return;
    case "replace":
      tree.remove(path);
      tree.insert(path, member("value"));
      return;
    case "move": {
      const from = pathOf(member("from"));
      const chunk = tree.renderAt(from);
      tree.remove(from);
      tree.insert(path, chunk);
      return;
    }
    case "copy":
      tree.insert(path, tree.renderAt(pathOf(member("from"))));
      return;
    case "test":
      if (compareValues(tree.renderAt(path), member("value")) !== 0) throw new BuiltinError("json.patch: the test does not hold");
      return;
    default:
      throw new BuiltinError("json.patch: unknown operation");
  }
}

/** A pointer such as `/a/b~1c` (also without its first slash), or an array of segments of any type. */
function pathOf(value: Value): readonly Value[] {
  if (typeof value === "string") {
    if (value === "") return [];
    const segments = value.replace(/^\/+/, "").split("/");
    return segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  if (value !== null && isArray(value)) return value;
  throw new BuiltinError("json.patch: not a path");
}

export const jsonPatchBuiltins = { "json.patch": patch } satisfies Record<string, Builtin>;

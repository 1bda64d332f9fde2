import { childrenOf } from "./references.ts";
import { fixedPath, isNode, isTerm, type Module } from "./rego-ast.ts";
import { callAt } from "./walk.ts";

/** A path below `input`, as far as it is fixed: `input.args[x].y` reads `["args"]`. */
export type ReadPath = readonly string[];

/** Built-ins whose answer does not follow from their arguments. */
const undetermined: ReadonlySet<string> = new Set([
  "http.send",
  "net.lookup_ip_addr",
  "opa.runtime",
  "rand.intn",
  "rego.parse_module",
  "time.now_ns",
  "trace",
  "uuid.rfc4122",
]);

/** As the host fills them in messages and costs: a value that no Rego reads, and that the decision holds all the same. */
const template = /\{input((?:\.[A-Za-z0-9_-]+)+)\}/g;
const beginning = "{input";

/**
 * Every input path that the modules of one package can read, so that two inputs that agree in them get one decision.
 * `undefined` where that cannot be told: the whole input, a path from a variable at its root, an input under another name,
 * `with`, or a built-in that answers differently each time. In doubt `undefined`: it only costs time.
 */
export function readsOf(modules: readonly Module[]): readonly ReadPath[] | undefined {
  const paths = new Map<string, ReadPath>();
  for (const module of modules) {
    if (module.imports.some((one) => one.path[0] === "input")) return undefined;
    const waiting: unknown[] = module.rules.flatMap(({ head, body, else: otherwise }) => [
      head.ref,
      head.key,
      head.value,
      head.args,
      body,
      otherwise,
    ]);
    while (waiting.length > 0) {
      const next = waiting.pop();
      const read = readAt(next);
      if (read === undefined) return undefined;
      for (const path of read.paths) paths.set(path.join("\n"), path);
      waiting.push(...read.below);
    }
  }
  return [...paths.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

interface Read {
  readonly paths: readonly ReadPath[];
  /** What still has to be looked at. */
  readonly below: readonly unknown[];
}

const nothing: readonly ReadPath[] = [];

function readAt(node: unknown): Read | undefined {
  if (isNode(node) && Array.isArray(node.with) && node.with.length > 0) return undefined;
  const argument = argumentAt(node);
  if (argument !== undefined) return argument;
  if (!isTerm(node)) return { paths: nothing, below: childrenOf(node) };
  if (node.type === "string" && typeof node.value === "string") {
    const paths = templatesIn(node.value);
    return paths && { paths, below: [] };
  }
  if (node.type === "var") return node.value === "input" ? undefined : { paths: nothing, below: [] };
  if (node.type !== "ref" || !Array.isArray(node.value)) return { paths: nothing, below: childrenOf(node) };
  const path = fixedPath(node);
  if (undetermined.has(path.join("."))) return undefined;
  const [root, ...rest] = path;
  if (root !== "input") return { paths: nothing, below: node.value };
  // The first term is `input` itself; the others may hold further reads in their brackets.
  return rest.length === 0 ? undefined : { paths: [rest], below: node.value.slice(1) };
}

/**
 * `object.get(input.args, "limit", …)` reads one argument, as `input.args.limit` does, and whether there are arguments at
 * all, which a key tells anyway. Of a deeper object it would also read whether that is there, so it counts as a whole.
 */
function argumentAt(node: unknown): Read | undefined {
  const call = callAt(node);
  if (call?.name !== "object.get") return undefined;
  const [object, key, otherwise] = call.operands;
  if (!isTerm(object) || !isTerm(key) || object.type !== "ref" || !Array.isArray(object.value)) return undefined;
  if (key.type !== "string" || typeof key.value !== "string") return undefined;
  const isArgs = object.value.length === 2 && fixedPath(object).join(".") === "input.args";
  return isArgs ? { paths: [["args", key.value]], below: [otherwise] } : undefined;
}

/** Paths of the templates in a text; `undefined` where one stands in a form that the host might read otherwise. */
function templatesIn(text: string): readonly ReadPath[] | undefined {
  if (!text.includes(beginning)) return nothing;
  if (text.replace(template, "").includes(beginning)) return undefined;
  return [...text.matchAll(template)].map(([, path = ""]) => path.slice(1).split("."));
}

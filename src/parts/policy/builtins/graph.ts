import { type Builtin, BuiltinError, elementsOf, entriesOf, setOf } from "./builtin.ts";
import { isArray, isSet, keyOf, type Value } from "./value.ts";

/** A graph in which all point to all has more paths than there are atoms; each path is as long as it is deep. */
const MOST_STEPS = 20_000;

/** Every path from the nodes of the second argument, until it ends or would come round again. */
const reachablePaths: Builtin = (_, graph, roots) => {
  const edges = new Map(entriesOf(graph).map(([node, next]) => [keyOf(node), next] as const));
  const paths: Value[] = [];
  let steps = 0;
  const add = (path: readonly Value[]): void => {
    steps += path.length + 1;
    if (steps > MOST_STEPS) throw new BuiltinError("graph.reachable_paths: too many paths");
    paths.push(path);
  };
  const follow = (node: Value, path: readonly Value[], seen: ReadonlySet<string>): void => {
    const next = edges.get(keyOf(node));
    if (next === undefined) {
      add(path);
      return;
    }
    const longer = [...path, node];
    const neighbours = neighboursOf(next);
    if (neighbours.length === 0) {
      add(longer);
      return;
    }
    const reached = new Set(seen).add(keyOf(node));
    for (const neighbour of neighbours) {
      if (reached.has(keyOf(neighbour))) add(longer);
      else follow(neighbour, longer, reached);
    }
  };
  for (const node of elementsOf(roots)) {
    const next = edges.get(keyOf(node));
    if (next === undefined) continue;
    const neighbours = neighboursOf(next);
    if (neighbours.length === 0) add([node]);
    for (const neighbour of neighbours) follow(neighbour, [node], new Set([keyOf(node)]));
  }
  return setOf(paths);
};

const neighboursOf = (value: Value): readonly Value[] => (value !== null && (isArray(value) || isSet(value)) ? elementsOf(value) : []);

export const graphBuiltins = { "graph.reachable_paths": reachablePaths } satisfies Record<string, Builtin>;

import { BuiltinError, setOf } from "./builtin.ts";
import { int64Of } from "./number.ts";
import { isArray, isNumber, isObject, isSet, keyOf, type Value } from "./value.ts";

/*
 * OPA patches through an "edit tree", which lays changes over the document and renders at the end. One of its ways shows in
 * answers: a step into an array element that was not touched yet takes the element which stood there before any change, even
 * if elements before it were removed. We answer the same, because both evaluators must.
 */

interface Node {
  /** The node of a member, opened for change. */
  open(key: Value): Node;
  insert(key: Value, value: Value): void;
  remove(key: Value): void;
  /** `budget` counts what is rendered: a document copied into itself doubles with every operation. */
  render(budget: Budget): Value;
}

class Budget {
  #left = 100_000;

  spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new BuiltinError("json.patch: the document grows too large");
  }
}

const missing = (): BuiltinError => new BuiltinError("json.patch: the path does not exist");

export class PatchTree {
  #root: Node | undefined;
  readonly #budget = new Budget();

  constructor(value: Value) {
    this.#root = nodeOf(value);
  }

  insert(path: readonly Value[], value: Value): void {
    const last = path.at(-1);
    if (last === undefined) this.#root = nodeOf(value);
    else this.#open(path.slice(0, -1)).insert(last, value);
  }

  remove(path: readonly Value[]): void {
    const last = path.at(-1);
    if (this.#root === undefined) throw missing();
    if (last === undefined) this.#root = undefined;
    else this.#open(path.slice(0, -1)).remove(last);
  }

  renderAt(path: readonly Value[]): Value {
    return this.#open(path).render(this.#budget);
  }

  render(): Value {
    // OPA itself panics here.
    if (this.#root === undefined) throw new BuiltinError("json.patch: nothing is left of the document");
    return this.#root.render(this.#budget);
  }

  #open(path: readonly Value[]): Node {
    let node = this.#root;
    if (node === undefined) throw missing();
    for (const key of path) node = node.open(key);
    return node;
  }
}

function nodeOf(value: Value): Node {
  if (value !== null && isArray(value)) return new ArrayNode(value);
  if (value !== null && isObject(value)) return new ObjectNode(value.entries);
  if (value !== null && isSet(value)) return new SetNode(value.set);
  return new Scalar(value);
}

class Scalar implements Node {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  open(): Node {
    throw missing();
  }

  insert(): void {
    throw missing();
  }

  remove(): void {
    throw missing();
  }

  render(budget: Budget): Value {
    budget.spend(1);
    return this.#value;
  }
}

class ObjectNode implements Node {
  readonly #members: Map<string, { readonly key: Value; readonly node: Node }>;

  constructor(entries: readonly (readonly [Value, Value])[]) {
    this.#members = new Map(entries.map(([key, value]) => [keyOf(key), { key, node: nodeOf(value) }]));
  }

  open(key: Value): Node {
    const found = this.#members.get(keyOf(key));
    if (found === undefined) throw missing();
    return found.node;
  }

  insert(key: Value, value: Value): void {
    this.#members.set(keyOf(key), { key, node: nodeOf(value) });
  }

  remove(key: Value): void {
    if (!this.#members.delete(keyOf(key))) throw missing();
  }

  render(budget: Budget): Value {
    budget.spend(1 + this.#members.size);
    return { entries: Array.from(this.#members.values(), ({ key, node }) => [key, node.render(budget)] as const) };
  }
}

/** A set's members are their own keys; one that is changed inside becomes another member. */
class SetNode implements Node {
  readonly #members: Map<string, Node>;

  constructor(values: readonly Value[]) {
    this.#members = new Map(values.map((value) => [keyOf(value), nodeOf(value)]));
  }

  open(key: Value): Node {
    this.#settle();
    const found = this.#members.get(keyOf(key));
    if (found === undefined) throw missing();
    return found;
  }

  insert(key: Value, value: Value): void {
    if (keyOf(key) !== keyOf(value)) throw new BuiltinError("json.patch: a member of a set is its own key");
    this.#settle();
    this.#members.set(keyOf(value), nodeOf(value));
  }

  remove(key: Value): void {
    this.#settle();
    if (!this.#members.delete(keyOf(key))) throw missing();
  }

  render(budget: Budget): Value {
    budget.spend(1 + this.#members.size);
    return setOf(Array.from(this.#members.values(), (node) => node.render(budget)));
  }

  #settle(): void {
    const settled = Array.from(this.#members.values(), (node) => node.render(new Budget()));
    this.#members.clear();
    for (const value of settled) this.#members.set(keyOf(value), nodeOf(value));
  }
}

class ArrayNode implements Node {
  readonly #original: readonly Value[];
  /** Undefined where an element stands untouched. */
  readonly #slots: (Node | undefined)[];
  /** Places in the original that still show through, in order. */
  readonly #remaining: number[];

  constructor(items: readonly Value[]) {
    this.#original = items;
    this.#slots = items.map(() => undefined);
    this.#remaining = items.map((_, index) => index);
  }

  open(key: Value): Node {
    const index = this.#index(key);
    const touched = this.#slots[index];
    if (touched !== undefined) return touched;
    const value = index < 0 ? undefined : this.#original[index];
    if (value === undefined || index >= this.#slots.length) throw missing();
    const node = nodeOf(value);
    this.#drop(index);
    this.#slots[index] = node;
    return node;
  }

  insert(key: Value, value: Value): void {
    const index = this.#index(key);
    if (index < 0 || index > this.#slots.length) throw missing();
    this.#slots.splice(index, 0, nodeOf(value));
  }

  remove(key: Value): void {
    const index = this.#index(key);
    if (index < 0 || index >= this.#slots.length) throw missing();
    this.#drop(index);
    this.#slots.splice(index, 1);
  }

  render(budget: Budget): Value {
    budget.spend(1 + this.#slots.length);
    let untouched = 0;
    return this.#slots.map((node) => node?.render(budget) ?? this.#original[this.#remaining[untouched++] ?? -1] ?? null);
  }

  /** Lets no original show through a slot any more. */
  #drop(index: number): void {
    if (this.#slots[index] !== undefined) return;
    this.#remaining.splice(this.#slots.slice(0, index).filter((node) => node === undefined).length, 1);
  }

  #index(key: Value): number {
    if (key === "-") return this.#slots.length;
    const literal = typeof key === "string" ? key : key !== null && isNumber(key) ? key.number : undefined;
    const found = literal === undefined ? undefined : int64Of(literal);
    if (found === undefined || (typeof key === "string" && key !== "0" && key.startsWith("0"))) throw missing();
    return Number(found);
  }
}

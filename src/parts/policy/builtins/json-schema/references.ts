import { BuiltinError } from "../builtin.ts";
import { isList, isMembers, type Json, type Members } from "./document.ts";
import { SchemaMistake } from "./schema.ts";

/*
 * References inside one document. OPA follows others too: into the network where `allow_net` permits the host, and into
 * the disk of the machine for `file:` whatever it says. A schema may come from an argument, so none of that is done here.
 */

/** Levels of a schema. What reads it calls itself for each. */
const DEEPEST = 100;

const roots = [
  /^https?:\/\/[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d+)?(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/,
  /^urn:[A-Za-z0-9][A-Za-z0-9-]*:[A-Za-z0-9._:-]+$/,
  /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
];

export interface Found {
  /** The same for two references to one place. */
  readonly key: string;
  readonly node: Json;
}

export class References {
  readonly #root: Json;
  readonly #base: string;

  /** Throws `BuiltinError` for a schema whose references mean something else than places in it. */
  constructor(root: Json) {
    this.#root = root;
    const id = isMembers(root) ? idOf(root) : undefined;
    this.#base = id?.replace(/#$/, "") ?? "";
    if (this.#base !== "" && !roots.some((shape) => shape.test(this.#base))) throw refused(`the id ${JSON.stringify(id)}`);
    refuseInnerIds(root, 0);
  }

  find(reference: string): Found {
    const at = reference.indexOf("#");
    const [document, fragment] = at < 0 ? [reference, ""] : [reference.slice(0, at), reference.slice(at + 1)];
    if (document !== "" && (document !== this.#base || !document.includes("://")))
      throw refused(`the reference ${JSON.stringify(reference)}`);
    const pointer = decoded(fragment);
    // OPA takes a name that no id declares for the whole schema.
    if (pointer !== "" && !pointer.startsWith("/")) throw refused(`the reference ${JSON.stringify(reference)}`);
    return { key: pointer, node: this.#at(pointer) };
  }

  #at(pointer: string): Json {
    let node = this.#root;
    for (const token of pointer === "" ? [] : pointer.slice(1).split("/")) node = step(node, token);
    if (typeof node !== "boolean" && !isMembers(node)) throw new SchemaMistake("Valid Schema must be of type object");
    return node;
  }
}

function step(node: Json, token: string): Json {
  if (isMembers(node)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    const found = node.get(name);
    if (found === undefined) throw new SchemaMistake(`Object has no key '${name}'`);
    return found;
  }
  if (!isList(node)) throw new SchemaMistake(`Invalid token reference '${token}'`);
  if (!/^[-+]?\d{1,15}$/.test(token)) throw new SchemaMistake(`Invalid array index '${token}'`);
  const found = node[Number(token)];
  if (found === undefined) throw new SchemaMistake(`Out of bound array[0,${node.length}] index '${Number(token)}'`);
  return found;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    throw refused(`the fragment ${JSON.stringify(fragment)}`);
  }
}

const idOf = (members: Members): string | undefined => {
  const id = members.has("id") ? members.get("id") : members.get("$id");
  return typeof id === "string" ? id : undefined;
};

/** An id inside of a schema moves what the references beside it mean. Looked for wherever OPA looks. */
function refuseInnerIds(node: Json, depth: number): void {
  if (depth > DEEPEST) throw new BuiltinError("json schema: too deep");
  if (isList(node)) for (const item of node) refuseInnerIds(item, depth + 1);
  if (!isMembers(node)) return;
  const id = depth === 0 ? undefined : idOf(node);
  if (id !== undefined) throw refused(`the id ${JSON.stringify(id)} inside of the schema`);
  for (const [key, member] of node) {
    if (key === "const" || key === "enum") continue;
    const named = key === "properties" || key === "dependencies" || key === "patternProperties";
    if (named && isMembers(member)) for (const child of member.values()) refuseInnerIds(child, depth + 1);
    else refuseInnerIds(member, depth + 1);
  }
}

const refused = (what: string): BuiltinError => new BuiltinError(`json schema: ${what} is not taken`);

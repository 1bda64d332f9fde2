import { glob } from "../../parts/catalog/index.ts";
import { Nearest } from "./nearest.ts";

export type Name = readonly [server: string, name: string];

/** Names of one kind by server, as the tables have them. What fits a pattern is found here, once, by the build. */
export class Names {
  readonly #servers = new Map<string, Set<string>>();
  readonly #nearest = new Nearest(() => this.#all());

  constructor(rows: Iterable<Name>) {
    for (const [server, name] of rows) {
      const own = this.#servers.get(server);
      if (own === undefined) this.#servers.set(server, new Set([name]));
      else own.add(name);
    }
  }

  /** All that `server/name` stands for. A name without a star is looked up, so that long tables stay cheap. */
  fitting(pattern: string): readonly Name[] {
    const slash = pattern.indexOf("/");
    const server = pattern.slice(0, slash);
    const name = pattern.slice(slash + 1);
    const servers = server.includes("*") ? [...this.#servers.keys()].filter(glob(server)) : [server];
    return servers.flatMap((id) => {
      const own = this.#servers.get(id);
      if (own === undefined) return [];
      if (!name.includes("*")) return own.has(name) ? [[id, name] as const] : [];
      return [...own].filter(glob(name)).map((one) => [id, one] as const);
    });
  }

  has([server, name]: Name): boolean {
    return this.#servers.get(server)?.has(name) === true;
  }

  /** The nearest `server/name` as a question, if one is near. */
  nearest(written: string): string | undefined {
    return this.#nearest.to(written);
  }

  *#all(): Generator<string> {
    for (const [server, names] of this.#servers) for (const name of names) yield `${server}/${name}`;
  }
}

/** A table by server and name whose keys may be any text, `constructor` among them. */
export class ByServer<Value> {
  readonly #servers = new Map<string, Map<string, Value>>();

  get([server, name]: Name): Value | undefined {
    return this.#servers.get(server)?.get(name);
  }

  set([server, name]: Name, value: Value): void {
    const own = this.#servers.get(server);
    if (own === undefined) this.#servers.set(server, new Map([[name, value]]));
    else own.set(name, value);
  }

  *entries(): Generator<readonly [Name, Value]> {
    for (const [server, own] of this.#servers) for (const [name, value] of own) yield [[server, name], value];
  }

  /** Sorted by key, so that a bundle's bytes do not depend on the order of lines. */
  toJson(): Record<string, Record<string, Value>> {
    return Object.fromEntries(sorted(this.#servers).map(([server, own]) => [server, Object.fromEntries(sorted(own))]));
  }
}

function sorted<Value>(map: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

import type { CatalogResource } from "./catalog.ts";

/** Finds the entries of a URI. Costs by how many different lengths literal beginnings have, not by how many entries there are. */
export class ResourceIndex {
  readonly #byLiteral = new Map<string, CatalogResource[]>();
  /** Longest first. */
  readonly #lengths: readonly number[];

  constructor(entries: Iterable<CatalogResource>) {
    for (const entry of entries) {
      const same = this.#byLiteral.get(entry.literal);
      if (same === undefined) this.#byLiteral.set(entry.literal, [entry]);
      else same.push(entry);
    }
    const lengths = new Set([...this.#byLiteral.keys()].map((literal) => literal.length));
    this.#lengths = [...lengths].sort((a, b) => b - a);
  }

  /** The entries that a normalised URI fits, of those with the longest literal beginning that has any; in their order. */
  nearest(uri: string): readonly CatalogResource[] {
    for (const length of this.#lengths) {
      if (length > uri.length) continue;
      const fitting = this.#byLiteral.get(uri.slice(0, length))?.filter((entry) => entry.fits(uri));
      if (fitting !== undefined && fitting.length > 0) return fitting;
    }
    return none;
  }
}

const none: readonly CatalogResource[] = Object.freeze([]);

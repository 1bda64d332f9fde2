import type { HiddenLeaf } from "./hidden.ts";
import type { Rejudged } from "./rejudge.ts";

export type Unjudgeable = Rejudged & { readonly kind: "unjudgeable" };

export function unjudgeable(path: string, why: string): Unjudgeable {
  return { kind: "unjudgeable", path, why };
}

/** Policy, or the catalog, would read what the record does not hold. */
export function missed({ path, how }: HiddenLeaf): Unjudgeable {
  const what = path === "" ? "the whole input" : `"${path}"`;
  return unjudgeable(
    path,
    how === "masked" ? `${what} is masked in the record and may decide` : `${what} was too large for the record and may decide`,
  );
}

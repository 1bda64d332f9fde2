/** RFC 6901 pointers, with `*` for every element of an array or member of an object. */
export type Pointer = readonly string[];

/** `undefined` for a text that is no pointer. The empty text points at the whole. */
export function parsePointer(text: string): Pointer | undefined {
  if (text === "") return [];
  if (!text.startsWith("/")) return undefined;
  const tokens = text.slice(1).split("/");
  if (tokens.some((token) => /~(?![01])/.test(token))) return undefined;
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Replaces the value (`keep`) or takes it away. */
export type Edit = (value: unknown) => { readonly keep: unknown } | "remove";

/** The places a pointer means in this value: one for each element that a `*` stands for. */
export function expand(value: unknown, pointer: Pointer): readonly Pointer[] {
  const [head, ...rest] = pointer;
  if (head === undefined) return [[]];
  if (typeof value !== "object" || value === null) return [pointer];
  const keys = head === "*" ? Object.keys(value) : [head];
  return keys.flatMap((key) =>
    expand(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined, rest).map((tail) => [key, ...tail]),
  );
}

/** Applies the edit where the pointer leads, in place; `*` stands for every element. Returns how many places that were. */
export function edit(holder: unknown, pointer: Pointer, change: Edit): number {
  const [head, ...rest] = pointer;
  if (head === undefined || typeof holder !== "object" || holder === null) return 0;
  const keys = head === "*" && !Object.hasOwn(holder, "*") ? Object.keys(holder) : [head];
  let count = 0;
  for (const key of keys.toReversed()) count += editAt(holder, key, rest, change);
  return count;
}

function editAt(holder: object, key: string, rest: Pointer, change: Edit): number {
  if (!Object.hasOwn(holder, key)) return 0;
  const members = holder as Record<string, unknown>;
  if (rest.length > 0) return edit(members[key], rest, change);
  const outcome = change(members[key]);
  if (outcome !== "remove") members[key] = outcome.keep;
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete members[key];
  return 1;
}

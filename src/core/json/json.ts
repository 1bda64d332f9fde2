/** Why a text was refused. `at` is the position in UTF-16 units. Pure words; what is done with it is the caller's. */
export interface JsonFault {
  readonly code:
    | "json.malformed"
    | "json.duplicate_key"
    | "json.unsafe_number"
    | "json.lone_surrogate"
    | "json.proto_key"
    | "json.too_deep"
    | "json.bad_utf8";
  readonly at: number;
  /** One sentence: what was found, what was wanted. */
  readonly detail: string;
}

export interface JsonLimits {
  /** Containers inside each other. */
  readonly maxDepth: number;
  /** Levels from the top at which keys that differ only in case count as duplicates too; 0 switches it off. */
  readonly foldKeysToDepth: number;
  /** `refuse`: an integer beyond 2^53-1, an overflow or an underflow is a fault. `keep`: the literal stays as written in the text. */
  readonly unsafeNumbers: "refuse" | "keep";
}

export const requestLimits: JsonLimits = { maxDepth: 64, foldKeysToDepth: 2, unsafeNumbers: "refuse" };
export const resultLimits: JsonLimits = { maxDepth: 64, foldKeysToDepth: 0, unsafeNumbers: "keep" };

/** A member of the outermost object: where its value stands in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

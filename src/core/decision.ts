/** What policy answered, after its shape was checked. `toolgate.decision/v1`, DESIGN section 5. */
export interface Decision {
  readonly effect: "allow" | "deny" | "ask";
  /** Whether the caller may know that the target exists: every permit it needs is there and no deny hides it. */
  readonly known: boolean;
  readonly permits: readonly { readonly rule: string; readonly id: string }[];
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
  readonly redactions: readonly Redaction[];
}

export interface Reason {
  readonly code: string;
  /** The author package, or `toolgate` for the product library and the host. */
  readonly rule: string;
  readonly message?: string;
  readonly remedy?: string;
}

/** What a decision is bound to, each with the package that asked for it. Other types deny with `policy.obligation_unsupported`. */
export type Obligation =
  /** Stands in a decision whose effect is `ask`, and only there. */
  | { readonly type: "approve"; readonly rule: string; readonly group: string; readonly ttl_s: number; readonly min: number }
  | { readonly type: "budget"; readonly rule: string; readonly name: string; readonly cost: number }
  | { readonly type: "timeout"; readonly rule: string; readonly ms: number }
  | { readonly type: "limit_result"; readonly rule: string; readonly bytes?: number; readonly items?: number }
  | { readonly type: "log"; readonly rule: string; readonly level: string };

/** A result path (RFC 6901) and what to do with it. Strongest first: remove, mask, hash. */
export interface Redaction {
  readonly rule: string;
  readonly path: string;
  readonly mode: "remove" | "mask" | "hash";
  readonly optional: boolean;
}

/** What policy says about a result. */
export interface Inspection {
  readonly withheld: readonly Reason[];
  readonly redactions: readonly Redaction[];
}

/** Paths of the input (RFC 6901) that a record must not hold in clear. */
export type MaskPath = string;

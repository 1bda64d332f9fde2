import type { Decision, Reason } from "../../core/decision.ts";

// What `toolgate explain` found out about one decision: everything the text shows and `--json` prints. The names are
// documented in docs/how-to/explain-a-decision.md and stay.

export interface Explanation {
  readonly v: 1;
  readonly id: string;
  /** In one sentence: the first line of the text. */
  readonly answer: string;
  readonly verdict: Verdict;
  readonly time: string;
  /** Of the record that holds the decision: `intent`, `refusal`, `list`, `admit`, `question`, `auth` … */
  readonly kind: string;
  readonly asked: Asked;
  /** Null where the gateway had none. */
  readonly bundle: BundleNamed | null;
  /** What policy said; absent where it was not asked. */
  readonly policy?: PolicySaid;
  /** What happened after policy, in order. */
  readonly after: readonly Happening[];
  /** What is not there of the input as policy saw it. */
  readonly masked: readonly string[];
  /** Who needs a permit, and who has one; empty where no target was judged. */
  readonly sides: readonly Side[];
  /** Every rule that could have decided. Empty where OPA or the bundle is missing; `conditions` says so. */
  readonly rules: readonly RuleTold[];
  /** Whether the rules' conditions could be looked at, and whether OPA says what the record says. */
  readonly conditions: ConditionsChecked;
  /** What the caller, or whoever is responsible, can do about a refusal. */
  readonly remedies: readonly string[];
  /** What else must be known to read this right. */
  readonly notes: readonly string[];
  /** What does not hold: a log that does not verify, an answer that differs from the record. Any makes the exit code 1. */
  readonly faults: readonly string[];
}

/** `hidden`: refused as if it did not exist. `open`: let through, and nothing on record of how it ended. */
export type Verdict =
  | "allowed"
  | "refused"
  | "hidden"
  | "ask"
  | "failed"
  | "cancelled"
  | "open"
  | "listed"
  | "not_listed"
  | "list"
  | "admitted"
  | "not_admitted"
  | "recorded";

export interface Asked {
  readonly principal: "user_via_agent" | "agent" | "workload" | "unknown";
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly agent?: string;
  /** What the token calls the agent, where that is not its id. */
  readonly instance?: string;
  readonly issuer?: string;
  readonly method: string;
  readonly target?: string;
  readonly uri?: string;
  readonly door?: string;
  readonly era?: string;
  readonly session?: string;
  /** The call in which a server asked. */
  readonly of?: string;
  readonly resumes?: string;
}

export interface BundleNamed {
  readonly name: string;
  readonly revision: string;
  readonly sequence: number;
  readonly digest: string;
  readonly signer: string;
  /** Whether the very bundle could be read. */
  readonly kept: boolean;
}

export interface PolicySaid extends Pick<Decision, "effect" | "known" | "permits" | "obligations" | "redactions"> {
  readonly reasons: readonly Reason[];
  /** Remembered from an equal question to the same bundle. */
  readonly remembered: boolean;
}

export interface Happening {
  /** A reason code, `sent`, `outcome`, `charged`, `refunded`, `question`, `answer`, `aborted` … */
  readonly what: string;
  readonly text: string;
  readonly time?: string;
}

export interface Side {
  readonly side: "user" | "agent";
  readonly who: string;
  readonly has: boolean;
  /** As `role refund-desk` or `permit support-refunds of policy.refunds`. */
  readonly by: readonly string[];
  /** Held ones first, then those that came closest. */
  readonly candidates: readonly Candidate[];
}

export type Candidate = RoleCandidate | PermitCandidate;

export interface RoleCandidate {
  readonly kind: "role";
  readonly role: string;
  readonly held: boolean;
  /** Why, or why not. */
  readonly why: string;
  /** Groups that give it; of a user only. */
  readonly groups?: readonly string[];
  /** When it ended. */
  readonly ended?: string;
}

export interface PermitCandidate {
  readonly kind: "permit";
  readonly package: string;
  readonly id: string;
  readonly held: boolean;
  readonly rule: RuleTold;
}

export type RuleState = "held" | "not_held" | "unjudgeable" | "failed";

export interface RuleTold {
  readonly package: string;
  /** `permit`, `deny`, `constrain`, `oblige`; of a helper its own name. */
  readonly rule: string;
  /** Code of a denial, id of a permit, type of an obligation; as it stands in the head. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** What it adds, where its head is a literal. */
  readonly element?: unknown;
  readonly state: RuleState;
  /** Of one that held: all, in the order of the source. Otherwise what was passed before `failed`. */
  readonly conditions: readonly Condition[];
  /** The one that it failed on, of the furthest that was reached; or that cannot be judged. */
  readonly failed?: Condition;
  /** How often that one failed, where the rule goes through a list; or how often the rule held. */
  readonly times?: number;
}

export interface Condition {
  /** As the author wrote it, on one line. */
  readonly text: string;
  readonly line: number;
  /** What it comes to, in words: `input.args.amount = 700 is not above 1000`. */
  readonly why: string;
  readonly values: readonly Value[];
  /** The path that is not there, where that is why it failed. */
  readonly missing?: string;
  /** Rules and functions of the package that it asks, and what came of them; of an `every` the element that failed it. */
  readonly inside: readonly RuleTold[];
}

export interface Value {
  readonly path: string;
  readonly state: "there" | "missing" | "masked";
  readonly value?: unknown;
}

export interface ConditionsChecked {
  /** `opa`: looked at. Otherwise why not. */
  readonly by: "opa" | "none";
  readonly version?: string;
  /** Whether OPA and the gateway's own evaluator said what the record says; absent where that cannot be told. */
  readonly equal?: boolean;
  readonly detail?: string;
}

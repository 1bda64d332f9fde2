import type { Digest } from "./digest.ts";

// What operators do to a running gateway, in the words that its parts, the admin door and the commands share. All times
// are Unix milliseconds. Everything here is JSON: it is kept in a file or in Redis, and goes through the admin API.

/** What an operator may do, each given by the bundle's operator table. `operator` and `auditor` include what a viewer may. */
export const operatorRoles = ["viewer", "operator", "approver", "auditor"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

export const quarantineKinds = ["agent", "user", "server", "tool", "session"] as const;
export type QuarantineKind = (typeof quarantineKinds)[number];

/** One thing that is refused whatever policy says, until it is lifted or ends. It can only tighten. */
export interface Quarantined {
  /** `qua_…` */
  readonly id: string;
  readonly kind: QuarantineKind;
  /** Id of the agent (or of one instance of it), of the user, server, tool (`crm.refund`) or session. */
  readonly subject: string;
  /** Of a user: only the one that this issuer names so; by default whoever has the id. */
  readonly issuer?: string;
  readonly reason: string;
  /** Id of the operator. */
  readonly by: string;
  readonly at: number;
  readonly until?: number;
}

/** `shadow`: the candidate is asked the same and only its differences count. `canary`: it decides for a share of the agents. */
export const rolloutModes = ["shadow", "canary"] as const;
export type RolloutMode = (typeof rolloutModes)[number];

export interface RolloutStep {
  readonly mode: RolloutMode;
  /** Canary: the share of the agents, 1 to 100. A stable choice: who is in a small share is in a larger one too. */
  readonly percent?: number;
  /** Canary: these agents by catalog id, instead of a share. */
  readonly agents?: readonly string[];
  /** Milliseconds after which the next step begins, or what `atEnd` says; without it an operator goes on. */
  readonly forMs?: number;
}

/** What two bundles say to the same call: equal, allowed alike with other obligations, or flipped; `failed` is an evaluation without a usable answer. */
export const flips = ["same", "changed", "new_deny", "new_allow", "new_ask", "failed"] as const;
export type Flip = (typeof flips)[number];

/** When a rollout goes back by itself: more of this than so many calls, or than so many of a hundred. */
export interface RollbackRule {
  readonly measure: Exclude<Flip, "same">;
  readonly above: number;
  readonly unit: "calls" | "percent";
}

/** The bundle that is promoted, or a candidate for it. */
export interface StagedBundle {
  readonly name: string;
  readonly revision: string;
  readonly sequence: number;
  readonly digest: Digest;
  readonly signer: string;
}

/** Only what belongs to it: who passes more (when it was held, by whom) must not store it. */
export function stagedOf({ name, revision, sequence, digest, signer }: StagedBundle): StagedBundle {
  return { name, revision, sequence, digest, signer };
}

/** A candidate on its way. At most one at a time for each tenant and environment. */
export interface Rollout {
  /** `rol_…` */
  readonly id: string;
  readonly bundle: StagedBundle;
  readonly steps: readonly RolloutStep[];
  /** Index of the step that is under way. */
  readonly step: number;
  /** When that step began. */
  readonly stepAt: number;
  /** What was counted by atEnd: a step is over, and a rule in percent holds, by what came since. */
  readonly before?: Pick<ComparisonCounts, "compared" | "flips">;
  readonly rollbackIf: readonly RollbackRule[];
  /** Compared calls that a timed step, or a rule in percent, needs before anything follows of it. */
  readonly minCalls: number;
  /** What follows the last step when its time is over. */
  readonly atEnd: "promote" | "wait";
  readonly by: string;
  readonly at: number;
}

/** How a rollout ended. */
export interface EndedRollout {
  readonly id: string;
  readonly bundle: StagedBundle;
  readonly end: "promoted" | "rolled_back";
  /** Id of the operator; `gateway` where it ended by itself. */
  readonly by: string;
  readonly at: number;
  readonly why: string;
}

/** Everything that operators decided at run time, for one line of bundles (tenant, environment, name). */
export interface OperationsState {
  /** Rises by one with each change. */
  readonly version: number;
  /** What every replica decides with; the floor below which no bundle is taken. Absent until the first promotion. */
  readonly promoted?: StagedBundle & { readonly at: number; readonly by: string };
  readonly rollout?: Rollout;
  /** A bundle that a source brought and that waits for an operator (section `rollout`, `new_bundles: hold`). */
  readonly held?: StagedBundle & { readonly at: number };
  /** The latest first, at most twenty. */
  readonly ended: readonly EndedRollout[];
  readonly quarantine: readonly Quarantined[];
}

export const noOperations: OperationsState = { version: 0, ended: [], quarantine: [] };

/** One difference by where it arose: agent, target and the first rule or reason code that made it. */
export interface Difference {
  readonly flip: Exclude<Flip, "same">;
  readonly agent: string;
  readonly target: string;
  /** `rule code` of the first reason, or the rule of the obligation; of an allow the permit's rule. */
  readonly rule: string;
  readonly count: number;
  /** The latest decision ids, at most three. */
  readonly samples: readonly string[];
}

/** What a comparison found so far, over all replicas. */
export interface ComparisonCounts {
  readonly compared: number;
  readonly flips: Readonly<Record<Flip, number>>;
  /** Calls that were not compared because too many came at once. */
  readonly skipped: number;
  /** The most frequent first, at most a hundred; the others are counted in `flips` only. */
  readonly differences: readonly Difference[];
}

/** What one replica says of itself, at least once a second. */
export interface ReplicaReport {
  readonly replica: string;
  readonly at: number;
  /** Version of the state that it follows. */
  readonly version: number;
  readonly active?: Digest;
  readonly candidate?: Digest;
  /** Why it does not follow, in one sentence. */
  readonly problem?: string;
}

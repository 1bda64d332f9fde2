import type { Obligation, Reason } from "../../core/decision.ts";
import type { PrincipalKind } from "../../core/principal.ts";
import type { Effect } from "../../parts/catalog/index.ts";

/*
 * Who may use what, as the production evaluator says it. A table of these cells is what `policy matrix` shows, what
 * `policy diff` compares and what `policy prove` searches.
 */

/** A kind of principal: a registered agent, alone or for any user with exactly these groups. */
export interface AccessCaller {
  readonly agent: string;
  readonly kind: PrincipalKind;
  /** Sorted; absent for an agent alone. */
  readonly groups?: readonly string[];
}

/** What can be asked for. */
export interface AccessTarget {
  readonly kind: "tool" | "prompt" | "resource";
  /** `<server>.<name>` as policy knows it. */
  readonly id: string;
  readonly server: string;
  /** Of tools, else empty. */
  readonly effects: readonly Effect[];
  readonly risk?: "low" | "medium" | "high" | "critical";
}

/** Whether it can be used at all, before arguments are looked at: DESIGN 5, "How it decides". */
export type AccessState =
  /** No permit: it looks as if it did not exist. */
  | "unknown"
  /** Permitted, but a denial holds at each moment that was tried. */
  | "closed"
  /** Listed at each moment that was tried, or at some: see `when`. */
  | "open";

/** What decides beside who asks for what. */
export interface AccessConditions {
  /** Rules look at the arguments: some calls may be refused. */
  readonly arguments: boolean;
  /**
   * Absent where time changes nothing; else when it is as the cell says - open, with this effect and these obligations -
   * in the bundle's time zone, e.g. `mon-fri 08-18`.
   */
  readonly when?: string;
  /** What it is at the other moments; absent where there are none. */
  readonly otherwise?: readonly ("unknown" | "closed" | "allow" | "ask" | "deny")[];
  /**
   * Rules look at what else the caller brings, which a table cannot try: `client`, `request`, `network`, `session`,
   * `user.auth`, `user.email`, `user.id`, `delegation`, `time` (beyond hour, minute and weekday). Sorted. All of them where
   * nobody can tell what the rules read.
   */
  readonly facts: readonly string[];
}

export interface AccessCell {
  readonly state: AccessState;
  /**
   * What the catalog's sample call meets where it is open, at the first moment it is: of a tool without a sample, a call without arguments that
   * its schema may refuse. Absent where nothing is open.
   */
  readonly effect?: "allow" | "ask" | "deny";
  /** Whether the sample's arguments were judged; else only who asks for what was. */
  readonly sampled: boolean;
  /** Rules and roles that permit it, for the user's side and the agent's alike; of an unknown one, those that are there. */
  readonly permits: readonly { readonly rule: string; readonly id: string }[];
  /** Why it is closed, or why the sample is refused. None where it is unknown. */
  readonly reasons: readonly Reason[];
  /** Of the sample call: budgets, approvals, limits. */
  readonly obligations: readonly Obligation[];
  readonly conditions: AccessConditions;
}

export interface AccessTable {
  readonly callers: readonly AccessCaller[];
  readonly targets: readonly AccessTarget[];
  /** The callers in groups whose every cell is the same object. */
  readonly alike: readonly (readonly AccessCaller[])[];
  /** Looks a cell up; callers and targets are those of this table. */
  cell(caller: AccessCaller, target: AccessTarget): AccessCell;
  /** Evaluations that gave no usable answer; a table with any is not to be believed. */
  readonly failures: readonly string[];
  /** What was left out or cut short, and why: a sentence each. */
  readonly notes: readonly string[];
}

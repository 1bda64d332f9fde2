import type { DecisionId } from "../../core/ids.ts";
import type { VerifiedToken } from "../../core/principal.ts";
import { rfc3339 } from "../input.ts";

// Bodies of records of kind `operator`, as text. `kind` and `id` come first: the log relies on it.

/** What an operator does, or wants to. */
export type Act =
  | "enter"
  | "read_status"
  | "stage_bundle"
  | "read_bundle"
  | "start_rollout"
  | "promote"
  | "roll_back"
  | "read_quarantine"
  | "quarantine"
  | "lift_quarantine"
  | "read_decision";

export interface OperatorRecord {
  readonly id: DecisionId;
  readonly now: number;
  /** `intent` before an act, `outcome` after it, `refusal` where nothing was tried. */
  readonly phase: "intent" | "outcome" | "refusal";
  readonly act: Act;
  /** Absent where nobody was found. */
  readonly operator?: string | undefined;
  readonly token?: VerifiedToken | undefined;
  /** What it is about, as it was asked for. */
  readonly subject?: unknown;
  readonly why?: string | undefined;
  /** Version of the state before the act, and after it. */
  readonly state?: { readonly before: number; readonly after?: number } | undefined;
  /** `"bundle":{…}` of the promoted bundle, whose table judged. */
  readonly bundleText: string;
  readonly effect?: "allow" | "deny" | undefined;
  readonly reason?: { readonly code: string; readonly detail: string } | undefined;
  readonly issuer?: string | undefined;
  readonly network?: string | undefined;
  /** How many alike this stands for. */
  readonly count?: number | undefined;
}

export function operatorRecord(record: OperatorRecord): string {
  const { id, now, phase, act, operator, token, subject, why, state, bundleText, effect, reason, issuer, network, count } = record;
  const who = { tenant: token?.tenant, operator, principal: token && principalOf(token) };
  const what = { phase, act, subject, why, state };
  const how = { effect, reasons: reason && [{ code: reason.code }], detail: reason?.detail, issuer, network, count };
  const head = `{"kind":"operator","id":"${id}","time":"${rfc3339(now)}"`;
  return `${head}${members(who)}${members(what)},${bundleText}${members(how)}}`;
}

/** As records of agents name who it was, without an agent: the client or workload through which an operator came. */
function principalOf({ kind, issuer, subject, agent, user }: VerifiedToken): object {
  return { kind, issuer, subject, client: agent, ...(user === undefined ? {} : { user: user.id }) };
}

/** `,"name":value` of each member that is there. */
function members(object: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(object).slice(1, -1);
  return text === "" ? "" : `,${text}`;
}

import type { Decision, Reason } from "../../core/decision.ts";
import type { Flip } from "../../core/operations.ts";

/** What is asked again: a judged request as it stands in its record, or as policy was asked. */
export interface Judged {
  /** Text of `toolgate.input/v1`; leaves that a mask replaced are named in its `masked`. */
  readonly inputText: string;
  /** The same, parsed, where that was done already. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** Id of the target, as `crm.refund`; the entry of a resource. */
  readonly target: string;
  /** `principal` of the record. */
  readonly principal: {
    readonly kind: "user_via_agent" | "agent" | "workload";
    readonly issuer: string;
    readonly subject: string;
    readonly agent: string;
    readonly instance: string;
    readonly user?: string;
  };
  /** `door` of the record: a server's id, or `aggregate`, where a URI may have another owner. Left out, it is the server's own. */
  readonly door?: string;
  /** `args_digest` of the record: arguments that did not fit what was approved are named by it and stand nowhere. */
  readonly argsDigest?: string;
}

export type Rejudged =
  | { readonly kind: "decided"; readonly decision: Decision }
  /** Policy would read what is not there any more. `path`: the pointer of a masked or omitted leaf; `why` in one sentence. */
  | { readonly kind: "unjudgeable"; readonly path: string; readonly why: string };

/** What is shown again: a list as it stands in its record. */
export interface JudgedList {
  /** Text of the input without its items; leaves that a mask replaced are named in its `masked`. */
  readonly inputText: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** A server's id, or `aggregate`. */
  readonly door: string;
  /** Approved targets that were not offered: ids, or the id of a server of which nothing was. */
  readonly absent: readonly string[];
}

export interface Relisted {
  readonly kind: "listed";
  /** How many targets there were to choose from. */
  readonly offered: number;
  /** Ids, in catalog order. */
  readonly visible: readonly string[];
}

/** A bundle asked about requests that another one decided, or it itself long ago. Nothing is sent, reserved or recorded. */
export interface Rejudge {
  /** The same input as then. On its own bundle the answer is the one of then; anything else is a defect. */
  again(judged: Judged): Promise<Rejudged>;
  /**
   * What this bundle would say to such a request: agent, roles, server and target are taken from its own catalog; user,
   * groups, client, session, time and arguments stay. What the catalog alone refuses - an agent or target it does not
   * have, another pin, arguments that its schema refuses - is a denial with the gateway's own reason code.
   */
  anew(judged: Judged): Promise<Rejudged>;
  /** The list of a record of this very bundle. */
  relist(list: JudgedList): Promise<Relisted | Extract<Rejudged, { kind: "unjudgeable" }>>;
  /** Whether the principal of a record of this very bundle may connect: the reasons against it. */
  readmit(admission: Pick<Judged, "inputText" | "input">): Promise<Readmitted | Extract<Rejudged, { kind: "unjudgeable" }>>;
  close(): Promise<void>;
}

export interface Readmitted {
  readonly kind: "admission";
  readonly reasons: readonly Reason[];
}

/** How the second decision differs from the first. Reasons do not count: a denial for another reason is `same`. */
export type FlipOf = (before: Pick<Decision, "effect" | "obligations" | "redactions">, after: Decision) => Flip;

import type { Decision } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { Level, Reservation } from "../parts/budgets/index.ts";
import type { UpstreamReply } from "../parts/upstream/index.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { CallRequest, Exchange } from "./gateway.ts";
import type { Generation, Target } from "./generation.ts";
import type { Parts } from "./parts.ts";
import type { ToldReason } from "./refusal.ts";

/** One call on its way: pinned to a generation, under one decision id, at one instant. */
export interface Call {
  readonly parts: Parts;
  readonly exchange: Exchange;
  readonly request: CallRequest;
  readonly generation: Generation;
  readonly caller: CallerFacts;
  readonly id: DecisionId;
  /** The frozen clock of the decision, Unix milliseconds. */
  readonly now: number;
}

/** A call whose target is in the catalog, with the facts that were found out about it. */
export interface AimedCall extends Call {
  readonly target: Target;
  readonly argsText: string | undefined;
  readonly argsDigest: string | undefined;
  /** The input as policy gets it. */
  readonly inputText: string;
  readonly facts: TargetFacts;
}

/** What the gateway knows of the target besides the decision. Told only to callers that may know the target. */
export interface TargetFacts {
  readonly pinned: boolean;
  /** Why the server's list could not be read; such a call is never dispatched. */
  readonly unavailable?: ToldReason;
  /** Where the arguments do not fit the pinned schema. */
  readonly mistakes: readonly string[];
  /** Where the message repeats its arguments otherwise than they are. */
  readonly contradiction?: string;
}

/** A call that policy has judged. */
export interface JudgedCall extends AimedCall {
  readonly decision: Decision;
  /** Whether the decision was remembered from an equal input. */
  readonly remembered: boolean;
  /** The input as records may show it. */
  readonly recordedInput: string;
}

/** A call whose intent is on record: from here on there will be an outcome. */
export interface IntendedCall extends JudgedCall {
  readonly reservation: Reservation | undefined;
  /** What the reservation was asked for. */
  readonly levels: readonly Level[];
}

/** How a call ended, before it is settled. */
export type Ending =
  | { readonly kind: "unknown" }
  | { readonly kind: "contradicted"; readonly detail: string }
  | { readonly kind: "refused"; readonly reasons: readonly ToldReason[]; readonly retryAfterMs?: number }
  | { readonly kind: "result"; readonly text: string; readonly reply: UpstreamReply }
  | {
      readonly kind: "error";
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
      readonly reply: UpstreamReply;
    }
  | { readonly kind: "cancelled" };

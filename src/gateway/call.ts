import type { Decision } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { QuestionMethod } from "../core/methods.ts";
import type { QuestionAnswer } from "../core/question.ts";
import type { Result } from "../core/result.ts";
import type { Level, Reservation } from "../parts/budgets/index.ts";
import type { UpstreamAsk, UpstreamReply } from "../parts/upstream/index.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Asked, Exchange, GatewayRequest } from "./gateway.ts";
import type { Generation } from "./generation.ts";
import type { Parts } from "./parts.ts";
import type { ToldReason } from "./refusal.ts";
import type { Target, ToolTarget } from "./targets/index.ts";

/** What is judged as a request of a client: what it asked, or that it wants to hear of changes. */
export type Wanted = Asked | { readonly method: "resources/subscribe"; readonly uri: string };

export interface CallRequest extends Omit<GatewayRequest, "asked"> {
  readonly asked: Wanted;
}

/** One request on its way: pinned to a generation, under one decision id, at one instant. */
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

/** A task of a server that a client asks about: judged as the tool that it came from. */
export interface TaskAim {
  readonly target: ToolTarget;
  readonly ask: UpstreamAsk;
  /** `args` of the input, where it has any. */
  readonly argsText: string | undefined;
}

/** A request whose target is in the catalog, with the facts that were found out about it. */
export interface AimedCall extends Call {
  readonly target: Target;
  /** `args` of the input: the one text that is judged, digested, remembered by and sent. */
  readonly argsText: string | undefined;
  readonly argsDigest: string | undefined;
  /** What is sent if policy lets it: judged text, spliced in unchanged. */
  readonly ask: UpstreamAsk;
  /** The input as policy gets it. */
  readonly inputText: string;
  readonly facts: TargetFacts;
  /** What the client brought back of an earlier leg of this request; absent for a first leg. */
  readonly resumed: Resumed | undefined;
}

/** What a client of the stateless era brought back, opened, and found to belong to this very request of this principal. */
export type Resumed =
  /** Of a server that keeps nothing: its answers and its state go to it with the request. */
  | {
      readonly kind: "returned";
      /** The decision of the leg before. */
      readonly from: DecisionId;
      /** Legs so far. */
      readonly round: number;
      /** Only what was asked for. */
      readonly inputResponses: Readonly<Record<string, unknown>>;
      /** The questions that the client answered with it. */
      readonly asked: ReadonlyMap<string, AskedQuestion>;
      readonly requestState?: string;
    }
  /** Of a server that waits in the middle of a call: nothing is reserved again. */
  | {
      readonly kind: "parked";
      readonly from: DecisionId;
      /** Names the parked call within this process. */
      readonly park: string;
      readonly answers: ReadonlyMap<string, QuestionAnswer>;
      readonly asked: ReadonlyMap<string, AskedQuestion>;
    };

/** A question that a client was given to answer, as its records name it. */
export interface AskedQuestion {
  /** The decision about it. */
  readonly id: DecisionId;
  readonly method: QuestionMethod;
}

/** `seals.ts`: called only for a request that brings something back, once its target and its arguments are known. Answers to nothing are nothing. */
export type OpenResumed = (
  call: Call,
  target: Target,
  argsDigest: string | undefined,
) => Result<Resumed | undefined, { readonly detail: string }>;

/** `tasks/`: the tool that a sealed task id came from, and what to send; nothing for an id that is not this principal's at this door. */
export type ResolveTask = (call: Call) => TaskAim | undefined;

/** What the gateway knows of the target besides the decision. Told only to callers that may know the target. */
export interface TargetFacts {
  readonly pinned: boolean;
  /** Why the server's list could not be read; such a call is never dispatched. */
  readonly unavailable?: ToldReason | undefined;
  /** Where the arguments do not fit what was approved. */
  readonly mistakes: readonly string[];
  /** Where the message repeats its arguments otherwise than they are. */
  readonly contradiction?: string | undefined;
  /** Why what the client brought back does not belong to this request. */
  readonly invalid?: string | undefined;
}

/** A call that policy has judged. */
export interface JudgedCall extends AimedCall {
  readonly decision: Decision;
  /** Whether the decision was remembered from an equal input. */
  readonly remembered: boolean;
  /** The input as records may show it. */
  readonly recordedInput: string;
  /** The URI of a resource as records may show it. */
  readonly recordedUri: string | undefined;
}

/** A call whose intent is on record: from here on there will be an outcome. */
export interface IntendedCall extends JudgedCall {
  /** None where policy asks for no budget, and for the leg of a parked call, whose first leg spent it. */
  readonly reservation: Reservation | undefined;
  /** What the reservation was asked for. */
  readonly levels: readonly Level[];
}

/** How a call ended, before it is settled. */
export type Ending =
  | { readonly kind: "unknown" }
  | { readonly kind: "contradicted"; readonly detail: string }
  /** What the client brought back is not what it was given, or not for this request. */
  | { readonly kind: "invalid"; readonly detail: string }
  | { readonly kind: "refused"; readonly reasons: readonly ToldReason[]; readonly retryAfterMs?: number }
  /** The server wants to ask what the client did not declare that it can answer. `required`: client capabilities. */
  | { readonly kind: "incapable"; readonly required: Readonly<Record<string, unknown>>; readonly reply?: UpstreamReply }
  /** The client is asked first. `text`: an InputRequiredResult. Without a reply the server still waits: the call is parked. */
  | { readonly kind: "input_required"; readonly text: string; readonly reply?: UpstreamReply }
  | { readonly kind: "result"; readonly text: string; readonly reply: UpstreamReply }
  /** The server made a task of it. `text`: the result that says so, its id sealed. */
  | { readonly kind: "task"; readonly text: string; readonly reply: UpstreamReply }
  | {
      readonly kind: "error";
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
      readonly reply: UpstreamReply;
    }
  /** The caller hears of changes from here on. */
  | { readonly kind: "subscribed" }
  | { readonly kind: "cancelled" };

/** What a call costs in the end; without a reservation it changes nothing. */
export interface Spent {
  /** Whether the server may have acted: committed, else refunded. */
  readonly charged: boolean;
  /** What byte budgets really spent. */
  readonly actual?: ReadonlyMap<string, number>;
}

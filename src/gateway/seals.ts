import type { DecisionId } from "../core/ids.ts";
import type { QuestionMethod } from "../core/methods.ts";
import type { QuestionAnswer } from "../core/question.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { AskedQuestion, Call, OpenResumed, Resumed } from "./call.ts";
import type { Parts } from "./parts.ts";
import { type AnswerForm, checkAnswer } from "./questions/index.ts";
import type { Target } from "./targets/index.ts";
import { methodOf } from "./wanted.ts";

type Members = Readonly<Record<string, unknown>>;

/** What a client gets with questions, and must bring back with its answers. Nobody but a replica of this gateway can read it. */
export interface QuestionState {
  readonly v: 1;
  /** The principal's key, the door, and what was asked for: it is good for nothing else. */
  readonly owner: string;
  readonly door: string;
  readonly method: string;
  readonly target: string;
  readonly args?: string;
  /** The questions that the client was given. */
  readonly asked: Readonly<Record<string, SealedQuestion>>;
  /** Answers that the server gets besides, of which the client knows nothing. */
  readonly settled?: Members;
  /** The server's own state. */
  readonly state?: string;
  /** Digest of the bundle that let the questions through. */
  readonly bundle: string;
  /** The decision of the leg that gave it out. */
  readonly from: DecisionId;
  /** Legs so far. */
  readonly round: number;
  /** Where the call is parked. */
  readonly park?: { readonly replica: string; readonly id: string };
  /** The server forgot the request: it is sent as if for the first time. */
  readonly anew?: true;
}

export interface SealedQuestion extends AnswerForm {
  readonly id: DecisionId;
  readonly method: QuestionMethod;
}

const STATE = "state";

/** What binds a state to a request. */
type Bound = Pick<QuestionState, "owner" | "door" | "method" | "target" | "args">;

export function sealState(
  call: Call,
  target: Target,
  argsDigest: string | undefined,
  state: Omit<QuestionState, "v" | "bundle" | keyof Bound>,
): string {
  const { digest } = call.generation.bundle.identity;
  const sealed: QuestionState = { v: 1, ...boundTo(call, target, argsDigest), bundle: digest, ...state };
  return call.parts.sealer.seal(STATE, sealed, stateExpiry(call));
}

/** Unix milliseconds at which nobody may come back any more: after the time for questions, or with the token. */
export function stateExpiry({ parts, exchange }: Call): number {
  // A token may end between two milliseconds.
  return Math.floor(Math.min(parts.clock.now() + parts.questions.parkedMs, exchange.caller.token.expiresAt));
}

/** Opens what a client brought back and holds it against this very request; which of the checks failed is told to nobody. */
export const openResumed: OpenResumed = (call, target, argsDigest) => {
  const { requestState, inputResponses = {} } = call.request.resumed ?? {};
  // Answers without a state come before any question: `earlyAnswers` looks at them, once there are questions.
  if (requestState === undefined) return ok(undefined);
  const opened = openState(call.parts, requestState);
  if (!opened.ok) return err({ detail: opened.error === "expired" ? "the question has expired; start again" : foreign });
  const bound = boundTo(call, target, argsDigest);
  const state = opened.value;
  const fits = (["owner", "door", "method", "target", "args"] as const).every((name) => state[name] === bound[name]);
  if (!fits) return err({ detail: foreign });
  // Its replica was asked before and is not there.
  if (state.park && state.park.replica !== call.parts.replicas.id) return err({ detail: callIsGone });
  const resumed = resumedOf(state, inputResponses);
  return resumed.ok && isOfOtherRules(call, state, resumed.value) ? err({ detail: otherRules }) : resumed;
};

/**
 * Whether answers would go to a server under a bundle that never saw its questions. The questions are not kept, so that
 * they cannot be judged anew: whoever starts again is asked again. Those of a parked call are, and are.
 */
function isOfOtherRules({ generation }: Call, { bundle }: QuestionState, resumed: Resumed): boolean {
  if (resumed.kind === "parked" || Object.keys(resumed.inputResponses).length === 0) return false;
  return bundle !== generation.bundle.identity.digest;
}

/** What was parked is taken, given up, or was on a replica that is no more. */
export const callIsGone = "the call that was waiting is gone; start again";
const otherRules = "the rules have changed since the question; start again";
const foreign = "requestState is not one of this request";

/** For whoever routes a request: nothing of it is held against the request. */
export function openState(parts: Pick<Parts, "sealer" | "clock">, text: string): Result<QuestionState, "forged" | "expired"> {
  const opened = parts.sealer.open(STATE, text, parts.clock.now());
  if (!opened.ok) return opened;
  return isState(opened.value) ? ok(opened.value) : err("forged");
}

/** What this gateway sealed has this shape; an unknown version may come from a newer replica. */
function isState(value: unknown): value is QuestionState {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1;
}

function boundTo({ exchange, request }: Call, target: Target, argsDigest: string | undefined): Bound {
  return {
    owner: exchange.caller.key,
    door: exchange.serverId ?? "",
    method: methodOf(request.asked),
    target: target.id,
    ...(argsDigest === undefined ? {} : { args: argsDigest }),
  };
}

function resumedOf(state: QuestionState, responses: Members): Result<Resumed, { readonly detail: string }> {
  const answers = new Map<string, Members>();
  const asked = new Map<string, AskedQuestion>();
  for (const [key, question] of Object.entries(state.asked)) {
    // What was not asked is not looked at; what is not there is asked again.
    if (!Object.hasOwn(responses, key)) continue;
    const answer = checkAnswer(question, responses[key]);
    if (!answer.ok) return err({ detail: `the answer to ${JSON.stringify(key)} cannot be used: ${answer.error.detail}` });
    answers.set(key, answer.value);
    asked.set(key, { id: question.id, method: question.method });
  }
  const { from, round, park } = state;
  if (park) {
    const results = [...answers].map(([key, result]): [string, QuestionAnswer] => [key, { kind: "result", result }]);
    return ok({ kind: "parked", from, park: park.id, answers: new Map(results), asked });
  }
  if (state.anew) return ok({ kind: "returned", from, round, inputResponses: {}, asked: new Map() });
  const inputResponses = { ...state.settled, ...Object.fromEntries(answers) };
  return ok({ kind: "returned", from, round, inputResponses, asked, ...(state.state === undefined ? {} : { requestState: state.state }) });
}

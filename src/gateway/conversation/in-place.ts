import type { QuestionAnswer } from "../../core/question.ts";
import type { Ending, IntendedCall } from "../call.ts";
import { type Concluded, charged, free } from "../concluded.ts";
import { followElicitation } from "../elicitations.ts";
import { stoppedCall } from "../quarantine/index.ts";
import { type Allowed, answerText, checkAnswer } from "../questions/index.ts";
import { hostReason } from "../refusal.ts";
import type { Conversation } from "./conversation.ts";

type Ask = NonNullable<IntendedCall["request"]["ask"]>;

const INVALID_PARAMS = -32602;
const cancelled: QuestionAnswer = { kind: "result", result: { action: "cancel" } };

/**
 * Asks the client of a session while its request is under way. Each question goes its own way: a server that needs no
 * answer any more ends its call without waiting for a person.
 */
export class InPlace {
  /** Resolves when the call cannot go on: the client is gone, nobody answered in time, or there is an answer that no server understands. */
  readonly stopped: Promise<Concluded>;
  readonly #call: IntendedCall;
  readonly #conversation: Conversation;
  readonly #ask: Ask;
  readonly #stop: (concluded: Concluded) => void;
  readonly #fail: (error: unknown) => void;
  /** Questions that ended the server's request: while one is open, nothing is under way there. */
  readonly #returned = new Set<string>();
  #closed = false;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #gone: () => void;

  constructor(call: IntendedCall, conversation: Conversation, ask: Ask) {
    const { promise, resolve, reject } = Promise.withResolvers<Concluded>();
    this.stopped = promise;
    // Whoever no longer waits for it has its answer already.
    promise.catch(() => undefined);
    this.#call = call;
    this.#conversation = conversation;
    this.#ask = ask;
    this.#stop = resolve;
    this.#fail = reject;
    this.#gone = () => resolve(ended({ kind: "cancelled" }, this.#returned.size === 0));
    call.request.signal.addEventListener("abort", this.#gone, { once: true });
  }

  /** `held`: the server holds its request open. */
  ask(key: string, allowed: Allowed, held: boolean): void {
    const late = setTimeout(() => this.#stop(this.#unanswered(held)), this.#call.parts.questions.parkedMs).unref();
    this.#timers.add(late);
    // Only a server with sessions tells later what became of it.
    if (held) followElicitation(this.#call, allowed.question);
    else this.#returned.add(key);
    this.#answered(key, allowed, held)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => clearTimeout(late));
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#call.request.signal.removeEventListener("abort", this.#gone);
  }

  async #answered(key: string, allowed: Allowed, held: boolean): Promise<void> {
    const given = await this.#ask(allowed.question).catch(() => undefined);
    // The call is over: this answer goes nowhere.
    if (this.#closed) return;
    const stopped = stoppedCall(this.#call);
    if (stopped) return this.#stop(ended(stopped, held));
    const answer = given && answerFor(allowed, given, held);
    if (!answer) return this.#stop(this.#unanswered(held));
    const { log, durability } = this.#call.parts;
    const recorded = await log.append(answerText(this.#call, allowed.about, answer), durability.other);
    if (!recorded.ok) return this.#stop(ended({ kind: "refused", reasons: [hostReason("gateway.log_unavailable")] }, held));
    this.#returned.delete(key);
    this.#conversation.answer(key, answer);
  }

  #unanswered(held: boolean): Concluded {
    return ended({ kind: "refused", reasons: [hostReason("question.abandoned")] }, held);
  }
}

/** A server that asked instead of acting did nothing yet. */
function ended(ending: Ending, held: boolean): Concluded {
  return held ? charged(ending) : free(ending);
}

/** What the server gets of the client's answer; nothing where it understands no error. */
function answerFor({ form }: Allowed, given: QuestionAnswer, held: boolean): QuestionAnswer | undefined {
  if (given.kind === "result") {
    const checked = checkAnswer(form, given.result);
    if (checked.ok) return { kind: "result", result: checked.value };
    if (held)
      return { kind: "error", error: { code: INVALID_PARAMS, message: `the client's answer cannot be used: ${checked.error.detail}` } };
  } else if (held) return given;
  return form.method === "elicitation/create" ? cancelled : undefined;
}

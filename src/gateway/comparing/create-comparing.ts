import type { Operations } from "../../parts/operations/index.ts";
import type { PolicyLimits } from "../../parts/policy/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { JudgedCall } from "../call.ts";
import { decisionText } from "../record.ts";
import { Allowance } from "./allowance.ts";
import type { ComparedPair, Comparing } from "./comparing.ts";
import { countedOf } from "./counting.ts";
import type { Compared, Noted } from "./messages.ts";
import { SecondOpinion } from "./second-opinion.ts";

export interface ComparingOptions {
  readonly operations: Pick<Operations, "count">;
  /** Calls a second that are compared at most in this process. */
  readonly perSecond: number;
  readonly policy: PolicyLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What was noted goes to the thread at the latest after this many milliseconds: together, because each message has its price. */
const GATHER_MS = 50;

/** A comparison in a thread of its own, so that the hot path pays for a reference and its share of a message. */
export function createComparing(options: ComparingOptions): Comparing {
  return new Shadow(options);
}

class Shadow implements Comparing {
  readonly #options: ComparingOptions;
  readonly #allowance: Allowance;
  #pair: ComparedPair | undefined;
  #opinion: SecondOpinion | undefined;
  #noted: JudgedCall[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #sent: Promise<void> = Promise.resolve();

  constructor(options: ComparingOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.perSecond, options.clock.now());
  }

  note(call: JudgedCall): void {
    if (this.#pair === undefined || call.generation !== this.#pair.first) return;
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#send(), GATHER_MS).unref();
      this.#allowance.refill(this.#options.clock.now());
    }
    if (this.#allowance.take()) this.#noted.push(call);
    else this.#skipped += 1;
  }

  begin(pair: ComparedPair): void {
    const { policy, logger } = this.#options;
    this.end();
    this.#pair = pair;
    this.#opinion = new SecondOpinion({ bundle: pair.second.bundle, limits: policy, candidate: pair.candidate }, logger);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pair = undefined;
    this.#noted = [];
    this.#skipped = 0;
    void this.#opinion?.close();
    this.#opinion = undefined;
  }

  async settled(): Promise<void> {
    this.#send();
    await this.#sent;
  }

  async close(): Promise<void> {
    const opinion = this.#opinion;
    this.end();
    await opinion?.close();
    await this.#sent;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [noted, skipped, pair, opinion] = [this.#noted, this.#skipped, this.#pair, this.#opinion];
    if (pair === undefined || opinion === undefined || noted.length + skipped === 0) return;
    this.#noted = [];
    this.#skipped = 0;
    const asked = this.#ask(pair.rollout, opinion, noted.map(notedOf), skipped);
    this.#sent = Promise.all([this.#sent, asked]).then(() => undefined);
  }

  async #ask(rollout: string, opinion: SecondOpinion, noted: readonly Noted[], skipped: number): Promise<void> {
    const answer = noted.length === 0 ? nothing : await opinion.ask(noted);
    // A rollout that ended meanwhile wants to know nothing more.
    if (answer === undefined) return;
    const counted = await this.#options.operations.count(rollout, countedOf(answer.same, answer.found, skipped + answer.skipped));
    if (!counted.ok) this.#options.logger.warn({ rollout, detail: counted.error.detail }, "comparisons could not be counted");
  }
}

const nothing: Compared = { same: 0, found: [], skipped: 0 };

function notedOf(call: JudgedCall): Noted {
  const { id, inputText, target, caller, decision, argsText, argsDigest, facts, exchange } = call;
  const refusedArgs = facts.mistakes.length > 0 ? argsText : undefined;
  const door = exchange.serverId ?? "aggregate";
  return {
    id,
    inputText,
    refusedArgs,
    argsDigest,
    target: target.id,
    door,
    recordText: caller.recordText,
    decisionText: decisionText(decision),
  };
}

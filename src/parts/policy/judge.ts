import type { Decision, Inspection, MaskPath, Reason } from "../../core/decision.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { denied, maskAll, readAdmission, readDecision, readInspection, readMask, readVisible, withheld } from "./decision.ts";
import type { Evaluator } from "./evaluator.ts";
import { type ExactJson, writeExact } from "./exact-json.ts";
import { hostReason, type PolicyFailure } from "./failure.ts";
import type { Entrypoint } from "./policy.ts";
import { isMembers, OddAnswer } from "./shape.ts";
import { LazyInput } from "./template.ts";

/** What each entrypoint answers once its shape was checked. */
export interface AnswerOf {
  readonly "toolgate/admit": readonly Reason[];
  readonly "toolgate/discover": readonly boolean[];
  readonly "toolgate/decide": Decision;
  readonly "toolgate/inspect": Inspection;
  readonly "toolgate/mask": readonly MaskPath[];
}

/** An answer, and what stood in the way of a better one. */
export interface Judged<E extends Entrypoint> {
  readonly answer: AnswerOf[E];
  readonly failure?: PolicyFailure;
}

/** What is answered where policy gave nothing that can be used: never more than the least. */
export function refusalOf<E extends Entrypoint>(entrypoint: E, failure: PolicyFailure): Judged<E> {
  return { answer: closed[entrypoint](hostReason(failure.code)), failure };
}

const closed: { readonly [E in Entrypoint]: (reason: Reason) => AnswerOf[E] } = {
  "toolgate/admit": (reason) => [reason],
  // Shorter than the items: an item without an answer is not visible.
  "toolgate/discover": () => [],
  "toolgate/decide": denied,
  "toolgate/inspect": withheld,
  "toolgate/mask": () => maskAll,
};

const readers: { readonly [E in Entrypoint]: (value: unknown, input: LazyInput) => AnswerOf[E] } = {
  "toolgate/admit": readAdmission,
  "toolgate/discover": (value, input) => readVisible(value, input.itemCount()),
  "toolgate/decide": readDecision,
  "toolgate/inspect": readInspection,
  "toolgate/mask": readMask,
};

const DECISIONS_KEPT = 512;
const LARGEST_KEPT = 2_048;

/** Evaluates and reads, on whatever thread it stands. */
export class Judge {
  readonly #evaluator: Evaluator;
  /** Decisions by their text: those of one policy are few, and reading one again costs as much as a tenth of making it. */
  readonly #known = new Map<string, Decision>();

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  judge<E extends Entrypoint>(entrypoint: E, input: string): Judged<E> {
    const text = this.#evaluator.evaluate(entrypoint, input);
    if (text.ok) return read(entrypoint, text.value, new LazyInput(input));
    const refusal = refusalOf(entrypoint, text.error);
    if (entrypoint !== "toolgate/discover") return refusal;
    return { ...refusal, answer: this.#oneByOne(input) as AnswerOf[E] };
  }

  /** The hot path: as `judge`, without reading again what was read before. */
  decide(input: string): Judged<"toolgate/decide"> {
    const text = this.#evaluator.evaluate("toolgate/decide", input);
    if (!text.ok) return refusalOf("toolgate/decide", text.error);
    const known = this.#known.get(text.value);
    if (known !== undefined) return { answer: known };
    const judged = read("toolgate/decide", text.value, new LazyInput(input));
    if (judged.failure === undefined && mayKeep(text.value)) this.#keep(text.value, judged.answer);
    return judged;
  }

  #keep(text: string, decision: Decision): void {
    if (this.#known.size >= DECISIONS_KEPT) this.#known.clear();
    this.#known.set(text, decision);
  }

  /** A rule failed somewhere in a list: each item is judged alone, and those that fail are hidden. What may be called stays listed. */
  #oneByOne(input: string): readonly boolean[] {
    const parsed = new LazyInput(input);
    const common = parsed.at([]);
    return itemsOf(parsed).map((item) => {
      const alone = writeExact({ ...(isMembers(common) ? common : {}), items: [item] });
      const text = this.#evaluator.evaluate("toolgate/discover", alone);
      if (!text.ok) return false;
      return read("toolgate/discover", text.value, new LazyInput(alone)).answer[0] === true;
    });
  }
}

/** A text with a template is a different decision for each input. */
const mayKeep = (text: string): boolean => text.length <= LARGEST_KEPT && !text.includes("{input");

function itemsOf(input: LazyInput): readonly ExactJson[] {
  const items = input.at(["items"]);
  return Array.isArray(items) ? items : [];
}

/** Reads a result set of OPA, from whichever evaluator it comes. */
export function readResult<E extends Entrypoint>(entrypoint: E, text: string, inputText: string): Judged<E> {
  return read(entrypoint, text, new LazyInput(inputText));
}

function read<E extends Entrypoint>(entrypoint: E, text: string, input: LazyInput): Judged<E> {
  const result = resultOf(text);
  if (!result.ok) return refusalOf(entrypoint, { code: "policy.invalid_decision", detail: result.error });
  try {
    return { answer: readers[entrypoint](result.value, input) };
  } catch (error) {
    if (!(error instanceof OddAnswer)) throw error;
    return refusalOf(entrypoint, { code: "policy.invalid_decision", detail: error.message });
  }
}

/** What stands in OPA's result set, which is empty where the entrypoint is undefined. */
function resultOf(text: string): Result<unknown, string> {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return err("the result is no JSON");
  }
  if (!Array.isArray(set) || set.length !== 1 || !isMembers(set[0])) return err("the entrypoint is undefined");
  return ok(set[0].result);
}

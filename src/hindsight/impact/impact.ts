import type { Decision } from "../../core/decision.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Rejudge } from "../../gateway/index.ts";
import {
  type AskedOfPolicy,
  askedOf,
  type HeldRecord,
  isMembers,
  type NoLog,
  type Place,
  type Reading,
  type ReadProgress,
  readRecords,
  type Span,
  Tally,
} from "../records/index.ts";
import type { Impact, Sample } from "./report.ts";
import { WordTable } from "./word-table.ts";
import { type Changed, type Compared, compare, type ImpactWord, impactWords } from "./words.ts";

/** Asks the second bundle about everything that policy was asked in the span. Memory does not grow with the logs. */
export async function impactOn(
  places: readonly Place[],
  second: Rejudge,
  span: Span = {},
  progress?: ReadProgress,
): Promise<Result<Impact, NoLog>> {
  const run = new Run(second);
  const read = await readRecords(places, span, (record) => run.record(record), progress);
  return read.ok ? ok(run.report(read.value)) : read;
}

/** Samples of each word, each with a target or a cause that the others do not have. */
const MOST_SAMPLES = 10;

class Run {
  readonly #second: Rejudge;
  readonly #counts = Object.fromEntries(impactWords.map((word) => [word, 0])) as Record<ImpactWord, number>;
  readonly #agents = new WordTable();
  readonly #targets = new WordTable();
  readonly #rules = new Map<Changed, Tally>();
  readonly #samples = new Map<Changed, Map<string, Sample>>();
  readonly #why = new Tally();
  readonly #turnedAway = new Tally();
  readonly #notCompared = new Tally();
  #first: string | undefined;
  #last: string | undefined;

  constructor(second: Rejudge) {
    this.#second = second;
  }

  record(record: HeldRecord): Promise<void> | void {
    const asked = askedOf(record);
    if (asked) return this.#ask(record, asked);
    const { kind, reasons } = record.value;
    if (kind === "list" || kind === "admit") this.#notCompared.add(kind);
    else if (kind === "refusal") this.#turnedAway.add(codesOf(reasons));
  }

  async #ask(record: HeldRecord, { judged, decision }: AskedOfPolicy): Promise<void> {
    const compared = compare(decision, await this.#second.anew(judged));
    const { word, causes, why } = compared;
    const time = String(record.value.time);
    if (this.#first === undefined || time < this.#first) this.#first = time;
    if (this.#last === undefined || time > this.#last) this.#last = time;
    this.#counts[word] += 1;
    this.#agents.add(judged.principal.agent, word);
    this.#targets.add(judged.target, word);
    if (why !== undefined) this.#why.add(why);
    if (word === "same" || word === "unjudgeable") return;
    const rules = this.#rules.get(word) ?? new Tally();
    this.#rules.set(word, rules);
    for (const cause of causes) rules.add(cause);
    this.#sample(record, word, decision, compared);
  }

  #sample({ value }: HeldRecord, word: Changed, before: Decision, { after, causes }: Compared): void {
    const own = this.#samples.get(word) ?? new Map<string, Sample>();
    this.#samples.set(word, own);
    const key = `${String(value.target)} ${causes.join()}`;
    if (after === undefined || own.size >= MOST_SAMPLES || own.has(key)) return;
    const { principal } = value;
    const [agent, user] = isMembers(principal) ? [principal.agent, principal.user] : [];
    const message = after.reasons.find((reason) => reason.message !== undefined)?.message;
    own.set(key, {
      word,
      id: String(value.id),
      time: String(value.time),
      agent: String(agent),
      ...(typeof user === "string" ? { user } : {}),
      target: String(value.target),
      before: shortOf(before),
      after: shortOf(after),
      causes,
      ...(message === undefined ? {} : { message }),
    });
  }

  report({ records, logs, faults, live }: Reading): Impact {
    const changed = impactWords.filter((word): word is Changed => word !== "same" && word !== "unjudgeable");
    return {
      decisions: Object.values(this.#counts).reduce((sum, count) => sum + count, 0),
      ...(this.#first === undefined ? {} : { from: this.#first }),
      ...(this.#last === undefined ? {} : { to: this.#last }),
      logs: { logs, records, live: live.map(({ name }) => name) },
      counts: this.#counts,
      byAgent: this.#agents.told(),
      byTarget: this.#targets.told(),
      byRule: changed.flatMap((word) => (this.#rules.get(word)?.told() ?? []).map(({ what, count }) => ({ word, rule: what, count }))),
      samples: changed.flatMap((word) => [...(this.#samples.get(word)?.values() ?? [])]),
      unjudgeable: this.#why.told(),
      turnedAway: this.#turnedAway.told(),
      notCompared: this.#notCompared.told(),
      faults: faults.map(({ place, fault }) => ({ place: place.name, ...fault })),
    };
  }
}

function shortOf({ effect, reasons }: Decision): string {
  return [effect, ...new Set(reasons.map(({ code }) => code))].join(" ");
}

function codesOf(reasons: unknown): string {
  const codes = Array.isArray(reasons) ? reasons.flatMap((reason) => (isMembers(reason) ? [String(reason.code)] : [])) : [];
  return codes.length === 0 ? "no reason" : codes.join(" ");
}

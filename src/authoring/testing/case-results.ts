import type { GoldenCase } from "../../parts/policy/index.ts";
import type { CasePlace } from "../cases/index.ts";
import type { Failure, TestResult } from "./test-run.ts";
import { fullDiff, wantedDiff } from "./value-diff.ts";

type Members = Readonly<Record<string, unknown>>;

/** What both evaluators answered to one case. */
export interface CaseAnswers {
  readonly golden: GoldenCase;
  readonly place: CasePlace;
  /** Absent where it did not end in time. */
  readonly production?: Members;
  /** Absent where it did not end in time, or was not asked because production did not end. */
  readonly opa?: Members;
  /** Of the production evaluator. */
  readonly ms: number;
}

/** Whether a case holds: both evaluators answer as wanted, and the same in full. */
export function caseResult(answers: CaseAnswers, timeoutMs: number): TestResult {
  const { golden, place, ms } = answers;
  const failures = failuresOf(answers, timeoutMs);
  return { suite: "case", name: golden.name, ...place, ms, outcome: failures.length === 0 ? "passed" : "failed", failures };
}

function failuresOf({ golden: { want }, production, opa }: CaseAnswers, timeoutMs: number): readonly Failure[] {
  if (production === undefined) return [unended("the production evaluator", timeoutMs)];
  if (opa === undefined) return [unended("OPA's own evaluator", timeoutMs), ...notWanted(production, want, "")];
  const apart = fullDiff(opa, production);
  if (apart.length === 0) return notWanted(production, want, "");
  const disagreement: Failure = { kind: "disagreement", text: "the two evaluators do not answer the same", differences: apart };
  return [disagreement, ...notWanted(opa, want, "OPA's own evaluator: "), ...notWanted(production, want, "the production evaluator: ")];
}

function notWanted(answer: Members, want: Members, who: string): readonly Failure[] {
  const strangers = Object.keys(want).filter((member) => !Object.hasOwn(answer, member));
  if (strangers.length > 0) {
    const members = Object.keys(answer).join(", ");
    return [
      { kind: "wanted", text: `${who}wants ${strangers.join(", ")}, but the members of this answer are ${members}`, differences: [] },
    ];
  }
  const differences = wantedDiff(answer, want);
  return differences.length === 0 ? [] : [{ kind: "wanted", text: `${who}not answered as wanted`, differences }];
}

function unended(who: string, timeoutMs: number): Failure {
  return { kind: "timeout", text: `${who} did not end within ${timeoutMs / 1000} s`, differences: [] };
}

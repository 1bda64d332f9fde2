import type { MeasurablePolicy } from "./create-policy.ts";
import type { PolicyFailure } from "./failure.ts";
import { type AnswerOf, readResult, refusalOf } from "./judge.ts";
import { type Entrypoint, entrypoints, type Load, type Policy } from "./policy.ts";
import { isMembers, type Members } from "./shape.ts";

export interface CaseOutcome {
  readonly name: string;
  /** Empty where the policy answered as wanted. */
  readonly differences: readonly string[];
  /** Milliseconds of the quickest of a few runs, where the policy can be timed. */
  readonly ms?: number;
}

export interface GoldenCase {
  readonly name: string;
  readonly entrypoint: Entrypoint;
  readonly input: string;
  readonly want: Members;
}

/** A case is data of a bundle that nobody has accepted yet, so it never runs on the main thread. */
const inWorker: Load = { widest: Number.POSITIVE_INFINITY, nested: true };

/**
 * Runs one golden case, `{name, entrypoint, input, want}`, and says where the answer differs from `want`. A member that
 * `want` does not name is not compared; lists are compared without their order, element by element in the members named.
 */
export async function compareCase(policy: Policy & Partial<MeasurablePolicy>, value: unknown): Promise<CaseOutcome> {
  const golden = readGoldenCase(value);
  if (typeof golden === "string") return { name: nameOf(value), differences: [golden] };
  const { name, entrypoint, input, want } = golden;
  const { answer, ms } = policy.measure === undefined ? await ask(policy, entrypoint, input) : await policy.measure(entrypoint, input);
  const differences = differencesOf(membersOf(entrypoint, answer), want);
  return ms === undefined ? { name, differences } : { name, differences, ms };
}

const nameOf = (value: unknown): string => (isMembers(value) && typeof value.name === "string" ? value.name : "unnamed case");

const known = new Set(["name", "entrypoint", "input", "want", "description"]);

/** The case, or what is wrong with it. A misspelt member would silently compare nothing. */
export function readGoldenCase(value: unknown): GoldenCase | string {
  if (!isMembers(value)) return "the case is no object";
  const { entrypoint, input, want } = value;
  const unknown = Object.keys(value).filter((key) => !known.has(key));
  if (unknown.length > 0) return `unknown member "${unknown.join('", "')}"`;
  const full = entrypoints.find((name) => name === `toolgate/${String(entrypoint)}`);
  if (full === undefined) return `entrypoint "${String(entrypoint)}" is none of decide, discover, inspect, admit, mask`;
  const inputText = typeof input === "string" ? input : JSON.stringify(input);
  if (!isMembers(typeof input === "string" ? parsed(input) : input)) return "the case has no input";
  if (!isMembers(want) || Object.keys(want).length === 0) return "the case wants nothing";
  return { name: nameOf(value), entrypoint: full, input: inputText, want };
}

/** What the policy answers, in the members that cases name. */
export async function askCase(policy: Policy, { entrypoint, input }: GoldenCase): Promise<Members> {
  const { answer } = await ask(policy, entrypoint, input);
  return membersOf(entrypoint, answer);
}

/** The same for the value that another evaluator gave to the entrypoint, read as a gateway reads it; absent where it is undefined. */
export function readCaseAnswer({ entrypoint, input }: GoldenCase, result: unknown): Members {
  const set = result === undefined ? [] : [{ result }];
  return membersOf(entrypoint, readResult(entrypoint, JSON.stringify(set), input).answer);
}

/** The same for an evaluation that failed. */
export function failedCaseAnswer({ entrypoint }: GoldenCase, failure: PolicyFailure): Members {
  return membersOf(entrypoint, refusalOf(entrypoint, failure).answer);
}

async function ask(
  policy: Policy,
  entrypoint: Entrypoint,
  input: string,
): Promise<{ readonly answer: AnswerOf[Entrypoint]; readonly ms?: number }> {
  switch (entrypoint) {
    case "toolgate/admit":
      return { answer: await policy.admit(input, inWorker) };
    case "toolgate/discover":
      return { answer: await policy.discover(input, inWorker) };
    case "toolgate/decide":
      return { answer: await policy.decide(input, inWorker) };
    case "toolgate/inspect":
      return { answer: await policy.inspect(input, inWorker) };
    case "toolgate/mask":
      return { answer: await policy.mask(input, inWorker) };
  }
}

/** The answer under the names that cases use. */
function membersOf(entrypoint: Entrypoint, answer: AnswerOf[Entrypoint]): Members {
  if (!Array.isArray(answer)) return { ...answer };
  if (entrypoint === "toolgate/mask") return { paths: answer };
  if (entrypoint === "toolgate/admit") return { reasons: answer };
  return { visible: answer.flatMap((visible, index) => (visible === true ? [index] : [])) };
}

function differencesOf(answer: Members, want: Members): readonly string[] {
  return Object.entries(want).flatMap(([member, wanted]) => {
    if (!Object.hasOwn(answer, member)) return [`"${member}" is no member of this answer`];
    return fits(answer[member], wanted) ? [] : [`${member}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(answer[member])}`];
  });
}

/** Whether a value is as wanted: in the members that are named, lists without their order. */
export function fits(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(found) && found.length === wanted.length && pairs(found, wanted);
  // A reason may be named by its code alone.
  if (typeof wanted === "string" && isMembers(found)) return found.code === wanted;
  if (!isMembers(wanted)) return Object.is(found, wanted);
  return isMembers(found) && Object.entries(wanted).every(([key, member]) => Object.hasOwn(found, key) && fits(found[key], member));
}

/** Whether every wanted element has an element of its own. Lists here are short, so trying is cheap. */
function pairs(found: readonly unknown[], wanted: readonly unknown[]): boolean {
  const [first, ...rest] = wanted;
  if (wanted.length === 0) return true;
  return found.some((element, index) => fits(element, first) && pairs(found.toSpliced(index, 1), rest));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

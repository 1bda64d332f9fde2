import { opa } from "./opa.ts";
import { type GoldenCase, library, type Sources, withFiles } from "./policy-sources.ts";

// One process for all cases: starting OPA and compiling takes far longer than a case. The input is bound to a variable
// first: inside a comprehension OPA 1.22 evaluates "with input as c.input" as if there were no input.
const query = `[answer | some c in data.golden; i := c.input; answer := {
  "decide": [r | c.entrypoint == "decide"; r := data.toolgate.decide with input as i],
  "discover": [r | c.entrypoint == "discover"; r := data.toolgate.discover with input as i],
  "admit": [r | c.entrypoint == "admit"; r := data.toolgate.admit with input as i],
  "inspect": [r | c.entrypoint == "inspect"; r := data.toolgate.inspect with input as i],
  "mask": [r | c.entrypoint == "mask"; r := data.toolgate.mask with input as i],
}[c.entrypoint]]`;

/** What OPA's own evaluator answers to each case, in order. */
export function answersOf(
  sources: Sources,
  read: (answer: Record<string, unknown>) => Record<string, unknown> = parsed,
): readonly Record<string, unknown>[] {
  const data = JSON.stringify({ ...sources.data, golden: sources.cases });
  const printed = withFiles({ ...sources.modules, "data.json": data }, (folder) =>
    opa(["eval", "--strict-builtin-errors", "--format=json", `--data=${library}`, `--data=${folder}`, "--ignore=*_test.rego", query]),
  );
  const answers: [Record<string, unknown>?][] = JSON.parse(printed).result[0].expressions[0].value;
  return answers.map(([answer], index) => {
    if (answer === undefined) throw new Error(`"${sources.cases[index]?.name}" has no answer`);
    return read(answer);
  });
}

/** As a reader of the answer sees it: the author's element and its package in one object. */
export function parsed(answer: Record<string, unknown>): Record<string, unknown> {
  const flat = (value: unknown) =>
    Array.isArray(value) ? value.map((e) => (isRecord(e) && isRecord(e.value) ? { ...e.value, rule: e.rule } : e)) : value;
  return Object.fromEntries(Object.entries(answer).map(([member, value]) => [member, flat(value)]));
}

/** How an answer differs from what a case wants; lists are compared without their order. */
export function differences(golden: GoldenCase, answer: Record<string, unknown>): readonly string[] {
  return Object.entries(golden.want)
    .filter(([member, wanted]) => !fits(wanted, answer[member]))
    .map(([member, wanted]) => `${member}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(answer[member])}`);
}

function fits(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(found) && wanted.length === found.length && pairs(wanted, found);
  if (isRecord(wanted)) return isRecord(found) && Object.entries(wanted).every(([member, value]) => fits(value, found[member]));
  return Object.is(wanted, found);
}

function pairs([first, ...rest]: readonly unknown[], found: readonly unknown[]): boolean {
  if (first === undefined) return true;
  return found.some((candidate, at) => fits(first, candidate) && pairs(rest, found.toSpliced(at, 1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

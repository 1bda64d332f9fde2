import { placeText, tellCaller, tellCallers, tellTargets } from "../words/index.ts";
import type { Judgement } from "./judge.ts";
import { holds } from "./prove.ts";
import type { Proof, ProvenExample, ProvenVerdict } from "./prove-policies.ts";

export const proofFormats = ["text", "json", "junit", "github", "cases"] as const;
export type ProofFormat = (typeof proofFormats)[number];

export interface ProofPaint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** What came of it, in the words of a report. */
const judgementWords: Readonly<Record<Judgement, string>> = {
  proven: "proven",
  sampled: "sampled",
  not_shown: "not shown",
  fails: "does not hold",
};

export function writeProof(format: ProofFormat, proof: Proof, paint: ProofPaint): string {
  switch (format) {
    case "text":
      return textProof(proof, paint);
    case "json":
      return jsonProof(proof);
    case "junit":
      return junitProof(proof);
    case "github":
      return githubProof(proof);
    case "cases":
      return casesOf(proof);
  }
}

function textProof(proof: Proof, paint: ProofPaint): string {
  const colours = { proven: paint.green, sampled: paint.green, not_shown: paint.yellow, fails: paint.red };
  const lines: string[] = [];
  const untriedByAll = proof.verdicts[0]?.untried.filter((fact) => proof.verdicts.every((verdict) => verdict.untried.includes(fact))) ?? [];
  const columns = columnsOf(proof.verdicts);
  for (const [at, verdict] of proof.verdicts.entries()) {
    const [word = "", callers = "", targets = ""] = columns[at] ?? [];
    const untried = verdict.untried.filter((fact) => !untriedByAll.includes(fact));
    lines.push(`${colours[verdict.judgement](word)}  ${paint.dim(`${callers}  ${targets}`)}  ${paint.bold(verdict.name)}`);
    if (!holds(verdict)) lines.push(...failureLines(proof, verdict).map((line) => `    ${line}`));
    if (untried.length > 0) lines.push(paint.dim(`    ${notTried(untried)}`));
  }
  lines.push("", summaryOf(proof));
  if (proof.verdicts.some(({ judgement }) => judgement === "sampled")) lines.push(...SAMPLED.map((line) => paint.dim(line)));
  const notes = [...(untriedByAll.length > 0 ? [notTried(untriedByAll)] : []), ...proof.notes];
  if (notes.length > 0) lines.push(paint.dim("Of all of them:"), ...notes.map((note) => paint.dim(`  ${note}`)));
  return lines.join("\n");
}

const SAMPLED = [
  "sampled: it holds for the sample calls of the catalog; rules look at arguments,",
  "so other calls may meet something else.",
];

/** Verdict and counts of each, as wide as the widest of all. The names stand behind them, for they may be of any length. */
function columnsOf(verdicts: readonly ProvenVerdict[]): readonly (readonly string[])[] {
  const words = verdicts.map(({ judgement }) => judgementWords[judgement]);
  const wordWidth = Math.max(0, ...words.map((word) => word.length));
  const callers = countsIn(
    verdicts.map((verdict) => verdict.callers),
    "caller",
  );
  const targets = countsIn(
    verdicts.map((verdict) => verdict.targets),
    "target",
  );
  return words.map((word, at) => [word.padEnd(wordWidth), callers[at] ?? "", targets[at] ?? ""]);
}

/** Numbers under numbers, words under words. */
function countsIn(counts: readonly number[], what: string): readonly string[] {
  const width = Math.max(0, ...counts.map((count) => String(count).length));
  const wordWidth = counts.some((count) => count !== 1) ? what.length + 1 : what.length;
  return counts.map((count) => `${String(count).padStart(width)} ${(count === 1 ? what : `${what}s`).padEnd(wordWidth)}`);
}

function notTried(facts: readonly string[]): string {
  return `not tried, though rules look at it: ${facts.join(", ")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

export function summaryOf({ verdicts, callers, targets }: Proof): string {
  const counts = Object.entries(judgementWords).flatMap(([judgement, words]) => {
    const count = verdicts.filter((verdict) => verdict.judgement === judgement).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${counted(verdicts.length, "invariant")} over ${counted(callers, "caller")} and ${counted(targets, "target")}: ${counts.join(", ")}.`;
}

function failureLines({ file, source }: Proof, verdict: ProvenVerdict): readonly string[] {
  const { statement, line, failing, counterExamples } = verdict;
  const lines = [`${statement}   ${line === undefined ? file : `${file}:${line}`}`];
  for (const example of counterExamples) lines.push(...exampleLines(example, source));
  if (failing.pairs > counterExamples.length) {
    const who = tellCallers(failing.callers, failing.all.callers).join("; ");
    lines.push(`in all ${failing.pairs} pairs, among: ${who}: ${tellTargets(failing.targets, failing.all.targets)}`);
  }
  return lines;
}

function exampleLines(example: ProvenExample, source: string): readonly string[] {
  const { target, why, permittedBy, reproduced, cell } = example;
  const lines = [`${tellCaller(example.caller)}: ${target.kind === "tool" ? "" : `${target.kind} `}${target.id}: ${why}`];
  if (reproduced !== undefined) {
    lines.push(`  at ${reproduced.at} the sample call meets: ${reproduced.known ? reproduced.effect : "unknown"}`);
  }
  for (const permit of permittedBy) lines.push(`  permitted by ${permit.text}${placed(permit, source)}`);
  for (const { code, rule } of reproduced?.reasons ?? cell.reasons) lines.push(`  refused by ${code} of policy.${rule}`);
  return lines;
}

function placed({ file, line }: ProvenExample["permittedBy"][number], source: string): string {
  return file === undefined ? "" : `  ${placeText({ file: fileIn(source, file), ...(line !== undefined && { line }) })}`;
}

/** A bundle has no files beside it; what is in it is named as it is inside. */
function fileIn(source: string, file: string): string {
  return /\.(tar\.gz|tgz)$/.test(source) ? file : `${source.replace(/\/+$/, "")}/${file}`;
}

function jsonProof(proof: Proof): string {
  const verdicts = proof.verdicts.map(({ counterExamples, failing, ...verdict }) => ({
    ...verdict,
    holds: holds(verdict),
    failing_pairs: failing.pairs,
    counter_examples: counterExamples.map(({ caller, target, why, judgement, permittedBy, reproduced }) => ({
      ...{ caller, target, why, judgement, permitted_by: permittedBy },
      ...(reproduced && { reproduced: { ...reproduced, goldenCase: undefined, case: reproduced.goldenCase } }),
    })),
  }));
  const { file, source, notes, callers, targets } = proof;
  return JSON.stringify({ ok: proof.verdicts.every(holds), file, source, callers, targets, verdicts, notes });
}

/** JUnit as CI systems read it. Source: github.com/testmoapp/junitxml. */
function junitProof(proof: Proof): string {
  const failures = proof.verdicts.filter((verdict) => !holds(verdict)).length;
  const cases = proof.verdicts.map((verdict) => {
    const head = `<testcase classname="${xml(proof.file)}" name="${xml(verdict.name)}"`;
    if (holds(verdict)) return `    ${head}/>`;
    const text = failureLines(proof, verdict).join("\n");
    return `    ${head}><failure message="${xml(judgementWords[verdict.judgement])}">${xml(text)}</failure></testcase>`;
  });
  const counts = `tests="${proof.verdicts.length}" failures="${failures}"`;
  const suite = `  <testsuite name="invariants" ${counts}>\n${cases.join("\n")}\n  </testsuite>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n${suite}\n</testsuites>`;
}

function xml(text: string): string {
  return text
    .replace(/[^\P{C}\n\t]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}

function githubProof(proof: Proof): string {
  const told = proof.verdicts
    .filter((verdict) => !holds(verdict))
    .map((verdict) => {
      const line = verdict.line === undefined ? "" : `,line=${verdict.line}`;
      const text = [`${verdict.name}: ${judgementWords[verdict.judgement]}`, ...failureLines(proof, verdict)].join("\n");
      return `::error file=${property(proof.file)}${line},title=invariant::${data(text)}`;
    });
  return [...told, ...proof.notes.map((note) => `::notice::${data(note)}`), summaryOf(proof)].join("\n");
}

// A line break in a name would end the command, and what follows could be one of its own.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Counter-examples as golden cases, a line each: YAML takes JSON as it is. */
function casesOf({ verdicts }: Proof): string {
  const cases: Readonly<Record<string, unknown>>[] = [];
  for (const { counterExamples } of verdicts) {
    for (const { reproduced } of counterExamples) if (reproduced?.goldenCase !== undefined) cases.push(reproduced.goldenCase);
  }
  const names = new Map<string, number>();
  const lines = cases.map((one) => {
    const name = String(one.name);
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return `  - ${JSON.stringify(count === 1 ? one : { ...one, name: `${name} (${count})` })}`;
  });
  return lines.length === 0 ? "# Every invariant holds; there is no case to add." : ["cases:", ...lines].join("\n");
}

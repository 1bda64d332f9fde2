import type { Opa, Workbench } from "../../../authoring/index.ts";
import { type Entrypoint, readCaseAnswer } from "../../../parts/policy/index.ts";
import type { RuleTold } from "../explanation.ts";
import { askLibrary, type Evaluated, type Evaluation, evaluateRules, type RuleAsked, writeInput } from "./evaluate.ts";
import type { Leaves } from "./leaves.ts";
import { readSources, type SourceClause, type Sources } from "./source.ts";
import { nameOf, outermost, tellRun } from "./tell.ts";
import { openWorkspace, type Workspace, without } from "./workspace.ts";

export interface RulesAsked {
  readonly opa: Opa;
  readonly bundle: Pick<Workbench, "modules" | "policyData">;
  /** The input as policy saw it, as text; what is masked in it is named by `leaves`. */
  readonly inputText: string;
  readonly leaves: Leaves;
  /** Author packages by the rules of theirs that could decide. */
  readonly rules: readonly RuleAsked[];
  /** What the product library is asked as well. */
  readonly library: { readonly entrypoint: Entrypoint; readonly inputText: string };
  /** Larger traces are not read. */
  readonly mostTraceBytes?: number | undefined;
}

export interface JudgedRules {
  readonly rules: readonly RuleTold[];
  /** What OPA says to the entrypoint, read as a gateway reads it. */
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly failure?: string;
}

/** What permit and deny do not see: they are asked alike in lists and calls. */
const unseen: ReadonlySet<string> = new Set("args args_digest phase method request limits items findings result masked".split(" "));
const blindRules: ReadonlySet<string> = new Set(["permit", "deny"]);

/** What became of each clause of these rules, by OPA's own evaluation of the bundle's sources. */
export async function judgeRules(asked: RulesAsked): Promise<JudgedRules> {
  const workspace = await openWorkspace(asked.bundle);
  try {
    return await judgeIn(workspace, asked);
  } finally {
    await workspace.remove();
  }
}

async function judgeIn(workspace: Workspace, { opa, inputText, leaves, rules, library, mostTraceBytes }: RulesAsked): Promise<JudgedRules> {
  const texts = { blind: without(inputText, unseen), whole: without(inputText, new Set(["masked"])) };
  const data: unknown = JSON.parse(workspace.dataText);
  const nowNs = /"ns":(\d+)/.exec(inputText)?.[1];
  const sides = await Promise.all(
    (["blind", "whole"] as const).map(async (side) => {
      const inputFile = await writeInput(workspace, `${side}.input.json`, texts[side]);
      const how: Evaluation = { opa, workspace, nowNs, inputFile, ...(mostTraceBytes !== undefined && { mostBytes: mostTraceBytes }) };
      const wanted = rules.filter(({ rule }) => blindRules.has(rule) === (side === "blind"));
      return { how, wanted, scene: { input: JSON.parse(texts[side]) as unknown, data, leaves } };
    }),
  );
  const names = new Set(rules.map((one) => one.package));
  const libraryInput = await writeInput(workspace, "library.input.json", without(library.inputText, new Set(["masked"])));
  const [sources, evaluated, answer] = await Promise.all([
    readSources(opa, workspace, names),
    Promise.all(sides.map(({ how, wanted }) => evaluateRules(how, wanted))),
    askLibrary({ opa, workspace, nowNs, inputFile: libraryInput }, library.entrypoint.replace("toolgate/", "")),
  ]);
  const told = sides.flatMap(({ scene }, at) => (evaluated[at] ?? []).flatMap((one) => toldOf(one, sources, scene)));
  return { rules: told, ...answered(answer, library.entrypoint, library.inputText) };
}

function answered(
  answer: { readonly value?: unknown; readonly failure?: string },
  entrypoint: Entrypoint,
  input: string,
): Pick<JudgedRules, "answer" | "failure"> {
  if (answer.failure !== undefined) return { failure: answer.failure };
  return { answer: readCaseAnswer({ name: "", entrypoint, input, want: {} }, answer.value) };
}

function toldOf(
  { asked, trace, failure }: Evaluated,
  sources: Sources,
  scene: Parameters<typeof tellRun>[0]["scene"],
): readonly RuleTold[] {
  const clauses = asked.flatMap((one) => sources.clausesOf(one.package, one.rule));
  if (trace === undefined)
    return clauses.map((clause) => ({ ...plainOf(clause), state: "failed", failed: failedBy(clause, failure ?? "") }));
  const runs = new Map(outermost(trace).map((run) => [`${run.file}:${run.row} ${run.rule?.name}`, run]));
  return clauses.map((clause) => {
    const run = runs.get(`${clause.file}:${clause.line} ${clause.rule}`);
    return run === undefined ? { ...plainOf(clause), state: "not_held" } : tellRun({ scene, sources, trace }, run, clause);
  });
}

function plainOf({ own, rule, file, line, element }: SourceClause) {
  return { package: own.name, rule, name: nameOf(element, rule), file, line, element, conditions: [] } as const;
}

function failedBy({ line }: SourceClause, why: string): NonNullable<RuleTold["failed"]> {
  return { text: "", line, why, values: [], inside: [] };
}

import { type Opa, type Workbench, workbenchOf } from "../../authoring/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { rejudgeOf } from "../../gateway/index.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import { askedOf, isMembers, memberText } from "../records/index.ts";
import { answerOf } from "./answer.ts";
import type { DecisionSource, NoDecision } from "./decision-source.ts";
import type { ConditionsChecked, Explanation, RuleTold, Side, Verdict } from "./explanation.ts";
import { absentText, inputOfListed, type PlaceInList, placeInList } from "./listed-target.ts";
import { asRecorded } from "./recorded-rules.ts";
import { judgeRules, leafOf, type RulesAsked } from "./rules/index.ts";
import { differences } from "./same-decision.ts";
import { sidesOf, targetKind } from "./sides.ts";
import { membersOf, remedyOf, type Story, storyOf, textOf } from "./story.ts";

export interface ExplainOptions {
  readonly source: DecisionSource;
  /** OPA, or where to get it. */
  readonly opa: Result<Opa, string>;
  /** Of a list: the target whose place in it is asked about, as `crm.refund`. */
  readonly target?: string;
  /** Rules whose evaluation takes more to tell are told without their conditions. */
  readonly mostTraceBytes?: number;
}

/** Explains one decision on the bundle and the input of then. */
export async function explain(id: string, options: ExplainOptions): Promise<Result<Explanation, NoDecision>> {
  const found = await options.source.find(id);
  if (!found.ok) return found;
  const story = storyOf(found.value);
  if (story === undefined) return err({ kind: "unknown", detail: `"${id}" has no record`, faults: found.value.faults });
  const opened = await openBundle(story, options.source);
  try {
    const asked = opened.bench && askOf(story, opened.bench, options.target);
    const looked = opened.bench && asked && typeof asked !== "string" ? await lookedAt(story, opened.bench, asked, options) : undefined;
    return ok(
      explanationOf(id, story, {
        ...opened,
        found: found.value.faults,
        told: found.value.notes ?? [],
        looked,
        unasked: typeof asked === "string" ? asked : undefined,
        options,
      }),
    );
  } finally {
    await opened.bench?.close();
  }
}

interface Opened {
  readonly bench?: Workbench;
  readonly note?: string;
  readonly fault?: string;
}

async function openBundle({ bundle }: Story, source: DecisionSource): Promise<Opened> {
  if (bundle === null) return { note: "no bundle was asked: it was refused before, or there was none" };
  const bytes = await source.bundle(bundle.digest);
  if (!bytes.ok) {
    const { kind, detail } = bytes.error;
    return kind === "changed" ? { fault: detail } : { note: `${detail}; without it roles and rules cannot be looked at` };
  }
  const bench = await workbenchOf("the bundle", bytes.value);
  if (bench.ok) return { bench: bench.value };
  const why = bench.error.kind === "mistakes" ? (bench.error.mistakes[0]?.found ?? "it has mistakes") : bench.error.detail;
  return { fault: `the bundle ${bundle.digest} cannot be read: ${why}` };
}

/** What is asked again. */
interface AskedAgain {
  readonly input: LogRecord;
  readonly inputText: string;
  /** Pointers of what is not there as policy saw it. */
  readonly masked: readonly string[];
  readonly rules: RulesAsked["rules"];
  readonly library: RulesAsked["library"];
}

/** The input of the record, or the one of a listed target; a text says why there is none. */
function askOf({ main, policy, verdict }: Story, bench: Workbench, target: string | undefined): AskedAgain | string | undefined {
  const recorded = memberText(main.line, "input");
  const { value } = main;
  if (value.kind === "list") {
    if (target === undefined) return undefined;
    const listed =
      recorded === undefined
        ? "this record holds no input, so what was asked cannot be asked again"
        : inputOfListed(recorded, value, target, bench.rehearsal);
    if (typeof listed === "string") return listed;
    return againOf(listed.text, bench, ["permit", "deny"], { entrypoint: "toolgate/discover", inputText: listed.listText });
  }
  if (recorded === undefined) return undefined;
  if (value.kind === "admit") return againOf(recorded, bench, ["deny"], { entrypoint: "toolgate/admit", inputText: recorded });
  const all = verdict === "hidden" || policy?.known !== true ? ["permit", "deny"] : ["permit", "deny", "constrain", "oblige"];
  return againOf(recorded, bench, all, { entrypoint: "toolgate/decide", inputText: recorded });
}

function againOf(text: string, { data }: Workbench, rules: readonly string[], library: RulesAsked["library"]): AskedAgain {
  const input = membersOf(JSON.parse(text));
  const masked = [...pointers(input.masked), ...pointers(membersOf(input.limits).omitted)];
  const kind = library.entrypoint === "toolgate/admit" ? "admit" : targetKind(input);
  const server = textOf(membersOf(input.server).id) ?? "_none";
  const packages = Object.hasOwn(data.index, server) ? (data.index[server] ?? []) : [];
  const asked = packages.flatMap((name) => {
    const kinds = data.index_kinds[name] ?? [];
    const declared: readonly string[] = data.catalog.rules[name] ?? rules;
    return rules
      .filter((rule) => declared.includes(rule) && (kinds.includes(kind ?? "") || (rule === "deny" && kinds.includes("admit"))))
      .map((rule) => ({ package: name, rule }));
  });
  return { input, inputText: text, masked, rules: asked, library };
}

function pointers(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [""];
}

/** What was found on the bundle. */
interface Looked {
  readonly asked: AskedAgain;
  readonly sides: readonly Side[];
  readonly rules: readonly RuleTold[];
  readonly conditions: ConditionsChecked;
  readonly fault?: string;
}

async function lookedAt(
  story: Story,
  bench: Workbench,
  asked: AskedAgain,
  { opa, target, mostTraceBytes }: ExplainOptions,
): Promise<Looked> {
  const leaves = asked.masked.map(leafOf);
  const whole = asked.masked.includes("") || leaves.some((leaf) => leaf.length === 0);
  const judged = opa.ok && !whole ? await judgeRules({ opa: opa.value, bundle: bench, leaves, mostTraceBytes, ...asked }) : undefined;
  const rules = asRecorded(judged?.rules ?? [], story.policy).toSorted(byWeight);
  const sides = sidesOf({
    input: asked.input,
    asked: story.asked,
    data: bench.data,
    permits: rules.filter(({ rule }) => rule === "permit"),
    told: story.policy?.permits ?? [],
    now: Date.parse(String(story.main.value.time)),
  });
  const place = placeOf(story, target);
  const against =
    place === undefined ? await comparedWith(story, bench, judged?.answer, judged?.failure) : comparedPlace(place, asked, judged?.answer);
  const why = whole ? "the whole input is masked" : opa.ok ? undefined : opa.error;
  const conditions: ConditionsChecked =
    judged !== undefined && opa.ok
      ? { by: "opa", version: opa.value.version, ...against.checked }
      : { by: "none", ...against.checked, ...(why !== undefined && { detail: why }) };
  return {
    asked,
    sides,
    rules,
    conditions,
    ...(against.fault !== undefined && { fault: against.fault }),
  };
}

/** What the record says of the target that is asked about; nothing where none is, or where there was no list. */
function placeOf({ main, verdict }: Story, target: string | undefined): PlaceInList | undefined {
  return target === undefined || verdict !== "list" ? undefined : placeInList(main.value, target);
}

/** What OPA says of one target against the list on record. Of one that was not there, and of a masked input, it cannot tell. */
function comparedPlace(place: PlaceInList, { masked }: AskedAgain, answer: Readonly<Record<string, unknown>> | undefined): Compared {
  if (place === "absent") return { checked: { detail: "what was not offered was not judged" } };
  if (masked.length > 0) return { checked: { detail: `${masked.join(", ")} is masked in the record` } };
  if (!Array.isArray(answer?.visible)) return { checked: {} };
  const seen = answer.visible.length > 0;
  return seen === (place === "listed") ? same : different("OPA", [`the target is ${seen ? "" : "not "}listed`]);
}

const weights: Readonly<Record<string, number>> = { deny: 0, constrain: 0, permit: 1, oblige: 2 };
const states: Readonly<Record<RuleTold["state"], number>> = { held: 0, failed: 1, unjudgeable: 2, not_held: 3 };

/** What held first, then what could not be judged, then what came closest. */
function byWeight(a: RuleTold, b: RuleTold): number {
  const first = states[a.state] - states[b.state] || (weights[a.rule] ?? 0) - (weights[b.rule] ?? 0);
  return first || b.conditions.length - a.conditions.length || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

interface Compared {
  readonly checked: Pick<ConditionsChecked, "equal" | "detail">;
  readonly fault?: string;
}

/** The same decision by the gateway's own evaluator, and by OPA: both must say what the record says. */
async function comparedWith(
  { main, policy }: Story,
  bench: Workbench,
  answer: Readonly<Record<string, unknown>> | undefined,
  failure: string | undefined,
): Promise<Compared> {
  const asked = askedOf({ value: main.value, line: main.line });
  if (asked === undefined || policy === undefined) return { checked: {} };
  const { catalog, targets } = bench.rehearsal;
  const { environment } = bench.manifest.metadata.toolgate;
  const again = await rejudgeOf({ policy: bench.policy, catalog, targets, bundle: { environment } }).again(asked.judged);
  if (again.kind === "unjudgeable") return { checked: { detail: again.why } };
  const own = differences(asked.decision, again.decision);
  if (own.length > 0) return different("the gateway's evaluator", own);
  if (failure !== undefined)
    return asked.decision.reasons.some(({ code }) => code.startsWith("policy.")) ? same : different("OPA", [failure]);
  const theirs = answer === undefined ? [] : differences(again.decision, answer);
  return theirs.length > 0 ? different("OPA", theirs) : same;
}

const same: Compared = { checked: { equal: true } };

function different(who: string, found: readonly string[]): Compared {
  const detail = `${who} says otherwise than the record: ${found.join("; ")}`;
  return { checked: { equal: false, detail }, fault: detail };
}

interface Gathered extends Opened {
  readonly found: readonly string[];
  readonly told: readonly string[];
  readonly looked: Looked | undefined;
  readonly unasked: string | undefined;
  readonly options: ExplainOptions;
}

function explanationOf(
  id: string,
  story: Story,
  { bench, note, fault, found, told: more, looked, unasked, options }: Gathered,
): Explanation {
  const { main, asked, bundle, policy, after } = story;
  const masked = looked?.asked.masked ?? [];
  const place = placeOf(story, options.target);
  const verdict: Verdict = place === undefined ? story.verdict : place === "listed" ? "listed" : "not_listed";
  const known = { rules: looked?.rules ?? [], sides: looked?.sides ?? [] };
  const told = options.target === undefined ? story : { ...story, asked: { ...asked, target: options.target } };
  const unlisted = place === "absent" ? absentText(options.target ?? "") : place === "not_listed" ? unasked : undefined;
  const notes = [note, unasked === unlisted ? undefined : unasked, ...more, ...notesOf(story, options, masked)].filter(
    (one) => one !== undefined,
  );
  return {
    v: 1,
    id,
    answer: answerOf(
      { ...told, verdict },
      { ...known, rulesSeen: looked?.conditions.by === "opa", ...(unlisted !== undefined && { unlisted }) },
    ),
    verdict,
    time: String(main.value.time ?? ""),
    kind: String(main.value.kind),
    asked: told.asked,
    bundle: bundle && { ...bundle, kept: bench !== undefined },
    ...(policy && { policy }),
    after,
    masked,
    ...known,
    conditions: looked?.conditions ?? { by: "none", ...withDetail(note ?? fault ?? unasked) },
    remedies: remediesOf(story),
    notes,
    faults: [...found, ...[fault, looked?.fault].filter((one) => one !== undefined)],
  };
}

const withDetail = (detail: string | undefined) => (detail === undefined ? {} : { detail });

/** An author's own remedies before those of the gateway's codes, each once. */
function remediesOf({ policy, told }: Story): readonly string[] {
  const own = (policy?.reasons ?? []).map(({ code, remedy }) => remedy ?? remedyOf(code));
  return [...new Set([...own, ...told.map(({ code }) => remedyOf(code))].filter((one) => one !== undefined))];
}

function notesOf({ main, policy }: Story, { opa }: ExplainOptions, masked: readonly string[]): readonly string[] {
  const notes: string[] = [];
  if (masked.includes("")) notes.push("the whole input is masked in the record");
  if (policy?.remembered === true) notes.push("remembered: an equal question to the same bundle had this answer before");
  if (!opa.ok) notes.push(`conditions of rules need OPA: ${opa.error}`);
  if (isMembers(main.value.input) && Array.isArray(membersOf(main.value.input.limits).omitted) && masked.includes("/args"))
    notes.push("the arguments were too large for the record");
  return notes;
}

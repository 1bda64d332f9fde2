import { aspects } from "./aspects.ts";
import { type AccessChange, causesText, isUnchanged, type PolicyDiff } from "./policy-diff.ts";
import { byTitle, failText, holdingText, type Met, summaryOf } from "./report.ts";

export interface DiffPaint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly dim: (text: string) => string;
}

const MOST_BLOCKS = 8;
/** Of what is no change of access. */
const MOST_OTHERWISE = 2;
const MOST_HOLDINGS = 20;

/** For a terminal: what grows in red, because that is what a review is for. */
export function textReport(diff: PolicyDiff, met: readonly Met[], paint: DiffPaint): string {
  const lines = [`${paint.bold(diff.before)} -> ${paint.bold(diff.after)}`];
  if (isUnchanged(diff)) lines.push("Nothing changes: the same access for everybody who was tried.");
  else lines.push(summaryOf(diff));
  for (const [title, changes] of byTitle(diff.changes)) {
    const says = changes[0] === undefined ? "" : aspects[changes[0].aspect].says;
    lines.push("", `${paint.bold(title)}  ${paint.dim(says)}`, ...changes.flatMap((change) => changeLines(change, paint)));
  }
  lines.push(...holdingLines(diff, paint));
  const { callers, targets } = diff;
  const sided = [...count("callers", callers), ...count("targets", targets)];
  if (sided.length > 0) lines.push("", `On one side only, and unknown on the other: ${sided.join(", ")}.`);
  lines.push("", paint.dim("Not compared:"), ...diff.notCompared.map((one) => paint.dim(`  ${one}`)));
  for (const { failOn, met: sentences } of met) {
    lines.push("", `${paint.red("fails on")} ${failText(failOn)}`, ...cut(sentences, MOST_BLOCKS).map((one) => `  ${one}`));
  }
  return lines.join("\n");
}

const growing: ReadonlySet<string> = new Set(
  ["gain", "approval-removed", "budget-lifted", "limit-raised", "fewer-conditions", "may-open"], //
);

function changeLines({ aspect, detail, blocks, because, cells }: AccessChange, paint: DiffPaint): readonly string[] {
  const colour = growing.has(aspect) ? paint.red : aspect === "otherwise" ? paint.dim : paint.green;
  const lines = [`  ${colour(detail)}  ${paint.dim(`${cells} cell${cells === 1 ? "" : "s"}`)}`];
  const most = aspect === "otherwise" ? MOST_OTHERWISE : MOST_BLOCKS;
  for (const { callersText, targetsText } of blocks.slice(0, most)) {
    lines.push(...cut(callersText, MOST_BLOCKS).map((one) => `    ${one}`), `      ${targetsText}`);
  }
  if (blocks.length > most) lines.push(`    … and ${blocks.length - most} more such blocks (--json has all)`);
  if (because.length > 0 && aspect !== "otherwise") lines.push(`    ${becauseWord(aspect)} ${causesText(because)}`);
  return lines;
}

export function becauseWord(aspect: string): string {
  return aspect === "loss" || aspect === "hidden" ? "because" : "permitted by";
}

function holdingLines({ holdings }: PolicyDiff, paint: DiffPaint): readonly string[] {
  const kinds = [...new Set(holdings.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const own = holdings.filter((one) => one.kind === kind).map(holdingText);
    return ["", paint.bold(kind), ...cut(own, MOST_HOLDINGS).map((one) => `  ${one}`)];
  });
}

function count(what: string, { added, removed }: PolicyDiff["callers"] | PolicyDiff["targets"]): readonly string[] {
  return [
    ...(added.length === 0 ? [] : [`${added.length} ${what} added`]),
    ...(removed.length === 0 ? [] : [`${removed.length} ${what} removed`]),
  ];
}

function cut(lines: readonly string[], most: number): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most), `… and ${lines.length - most} more`];
}

import { aspects } from "./aspects.ts";
import { type AccessChange, causeText, isUnchanged, type PolicyDiff } from "./policy-diff.ts";
import { byTitle, failText, holdingText, type Met } from "./report.ts";
import { becauseWord } from "./text-report.ts";

/** GitHub refuses a comment of more than 65 536 characters. */
const LONGEST = 60_000;
const OPEN_ROWS = 10;

/** For a comment of a pull request: what grows stands open, the rest is folded away. */
export function markdownReport(diff: PolicyDiff, met: readonly Met[]): string {
  const parts = [`## What this changes for access`, `From ${code(diff.before)} to ${code(diff.after)}.`];
  if (met.length > 0) parts.push(failures(met));
  if (isUnchanged(diff)) parts.push("Nothing changes: the same access for everybody who was tried.");
  for (const [title, changes] of byTitle(diff.changes)) parts.push(section(title, changes));
  if (diff.holdings.length > 0) parts.push(holdings(diff));
  parts.push(folded("Not compared", diff.notCompared.map((one) => `- ${plain(one)}`).join("\n")));
  return bounded(parts);
}

function section(title: string, changes: readonly AccessChange[]): string {
  const first = changes[0];
  const rows = changes.flatMap((change) =>
    change.blocks.map(({ callersText, targetsText }) =>
      row([callersText.map(plain).join("<br>"), plain(targetsText), plain(change.detail), causes(change)]),
    ),
  );
  const aspect = first?.aspect ?? "otherwise";
  const head = `${row(["who", "what", "change", becauseWord(aspect)])}\n${row(["---", "---", "---", "---"])}`;
  const body = `${plain(aspects[aspect].says)}\n\n${[head, ...rows].join("\n")}`;
  const cells = changes.reduce((sum, change) => sum + change.cells, 0);
  const open =
    (aspect === "gain" || aspect === "loss" || aspect.endsWith("removed") || aspect.endsWith("lifted")) && rows.length <= OPEN_ROWS;
  return open ? `### ${capital(title)} (${cells})\n\n${body}` : folded(`${capital(title)} (${cells})`, body);
}

function causes({ because }: AccessChange): string {
  const shown = because.slice(0, 4).map((cause) => plain(causeText(cause)));
  return because.length > 4 ? `${shown.join("<br>")}<br>… (${because.length} in all)` : shown.join("<br>");
}

function holdings({ holdings: all }: PolicyDiff): string {
  const rows = all.map((one) => row([one.kind, plain(holdingText(one))]));
  return folded(`Tables (${all.length})`, [row(["table", "change"]), row(["---", "---"]), ...rows].join("\n"));
}

function failures(met: readonly Met[]): string {
  const lines = met.flatMap(({ failOn, met: sentences }) => [
    `- **${plain(failText(failOn))}**: ${sentences.slice(0, 5).map(plain).join("<br>")}${sentences.length > 5 ? "<br>…" : ""}`,
  ]);
  return `### Not allowed\n\n${lines.join("\n")}`;
}

function folded(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Names come from servers too: none may close a cell, open an element, link, or call a person. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]|~#]/g, "\\$&")
    .replaceAll("@", "@\u200b");
}

function code(text: string): string {
  return `\`${text.replace(/[\p{Cc}`|]+/gu, " ")}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whole parts only, so that no table or folding is cut open. */
function bounded(parts: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const part of parts) {
    length += part.length + 2;
    if (length > LONGEST) {
      const first = part.slice(0, part.indexOf("\n") === -1 ? 200 : Math.min(200, part.indexOf("\n")));
      const title = first.replace(/<[^>]*>|#/g, "").trim();
      kept.push(`_${title}: too long for a comment; see toolgate policy diff --json._`);
      length -= part.length;
    } else kept.push(part);
  }
  return kept.join("\n\n");
}

import type { Mistake } from "../../core/mistakes.ts";
import { type CheckText, everyCheck } from "../checks/index.ts";
import { pathOf, type Report, wordsOf } from "./report.ts";

/** The page that every check has a section in, as it was installed. SARIF wants a whole address here. */
const page = new URL("../../../docs/policy/checks.md", import.meta.url).href;

/** What is told without a check of its own: YAML, tables, cases, Rego that does not parse. */
const other = { id: "mistake", title: "A mistake in a table, a policy or a case", danger: "What is written is not what would be built." };

/** Static Analysis Results Interchange Format 2.1.0 (OASIS). Source: docs.oasis-open.org/sarif/sarif/v2.1.0. */
export function sarifReport(report: Report): object {
  const { folder, mistakes, notes, version } = report;
  const rules = [...everyCheck.map(ruleOf), { ...descriptions(other), id: other.id }];
  const indexes = new Map(rules.map(({ id }, at) => [id, at]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "toolgate", ...(version !== undefined && { version }), rules } },
        columnKind: "utf16CodeUnits",
        invocations: [
          { executionSuccessful: true, toolExecutionNotifications: notes.map((note) => ({ level: "note", message: { text: note } })) },
        ],
        results: mistakes.map((mistake) => resultOf(folder, mistake, indexes)),
      },
    ],
  };
}

function ruleOf({ id, title, danger, wanted, example }: CheckText) {
  return {
    id,
    ...descriptions({ title, danger }),
    helpUri: `${page}#${id}`,
    help: {
      text: `${danger}\nWanted: ${wanted}.\n\nWrong:\n${example.wrong}\nRight:\n${example.right}`,
      markdown: `${danger}\n\nWanted: ${wanted}.\n\nWrong:\n\n\`\`\`rego\n${example.wrong}\`\`\`\n\nRight:\n\n\`\`\`rego\n${example.right}\`\`\`\n`,
    },
    defaultConfiguration: { level: "error" },
  };
}

function descriptions({ title, danger }: Pick<CheckText, "title" | "danger">) {
  return { shortDescription: { text: title }, fullDescription: { text: danger } };
}

function resultOf(folder: string, mistake: Mistake, indexes: ReadonlyMap<string, number>) {
  const known = mistake.check !== undefined && indexes.has(mistake.check) ? mistake.check : other.id;
  const region = mistake.line === undefined ? {} : { region: { startLine: mistake.line } };
  const path = pathOf(folder, mistake.file).toWellFormed().split("/").map(encodeURIComponent).join("/");
  const uri = path.startsWith("/") ? `file://${path}` : path;
  return {
    ruleId: known,
    ruleIndex: indexes.get(known),
    level: "error",
    message: { text: wordsOf(mistake) },
    locations: [{ physicalLocation: { artifactLocation: { uri }, ...region } }],
  };
}

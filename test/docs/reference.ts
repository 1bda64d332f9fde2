import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigKey, configKeys } from "../../src/app/config-reference.ts";
import { type ReasonText, reasons } from "../../src/core/reasons.ts";
import { openApiText } from "../../src/http/index.ts";
import { adminRoutesText } from "./admin-routes.ts";
import { bundleCodes } from "./bundle-codes.ts";
import { everyCommand } from "./command-help.ts";
import { table } from "./markdown.ts";
import { mcpSupportText } from "./mcp-support/index.ts";
import { metricsText } from "./metrics-table.ts";

const root = join(import.meta.dirname, "../..");

/** What stands above this line in a page is written by hand; what stands below is written from the code. */
export const mark = "<!-- Below this line: written by `node test/docs/write-reference.ts`, do not edit. -->";

/** The pages with a part that is written from the code, each as it should be. */
export function referencePages(): ReadonlyMap<string, string> {
  const written: readonly (readonly [string, string])[] = [
    ["docs/reasons.md", reasonsText()],
    ["docs/configuration.md", configurationText()],
    ["docs/cli.md", commandsText()],
    ["docs/mcp-support.md", mcpSupportText()],
    ["docs/admin-api.md", adminRoutesText()],
    ["docs/metrics.md", metricsText()],
  ];
  const pages = written.map(([page, text]) => [page, `${handWritten(page)}${mark}\n\n${text.trimEnd()}\n`] as const);
  // Written from the code as a whole.
  return new Map([...pages, ["docs/admin-api.openapi.json", shortLists(openApiText)]]);
}

const WIDEST = 140;

/** JSON text with each list of plain values on one line where it fits, as the formatter of the tree wants it. */
function shortLists(json: string): string {
  return json.replace(
    /^( *(?:"[^"]*": )?)\[\n((?: *(?:"(?:[^"\\]|\\.)*"|[\d.]+),?\n)+) *\](,?)$/gm,
    (whole, head: string, items: string, comma: string) => {
      const line = `${head}[${items.trim().replace(/,\n */g, ", ")}]${comma}`;
      return line.length <= WIDEST ? line : whole;
    },
  );
}

function handWritten(page: string): string {
  const text = readFileSync(join(root, page), "utf8");
  const end = text.indexOf(mark);
  if (end === -1) throw new Error(`"${page}" has no line "${mark}"`);
  return text.slice(0, end);
}

const groups: Readonly<Record<string, string>> = {
  auth: "The bearer token was refused: HTTP 401, or 503 where it may be right but cannot be checked now.",
  agent: "The token is right, but the agent it names may not connect like this.",
  user: "The user that a call is made for.",
  session: "Sessions of the 2025 revisions.",
  server: "The state of a server in the catalog.",
  tool: "The state of a tool.",
  prompt: "The state of a prompt.",
  resource: "The state of a resource, or of a template of resources.",
  extension: "Methods of extensions of the protocol, at the door of a server that passes them.",
  task: "Tasks that a server made of calls (extension of 2026-07-28).",
  question: "What servers ask of clients in the middle of a call: elicitation, sampling, roots.",
  args: "The arguments of a call.",
  result: "What a server answered does not leave the gateway. The server has acted.",
  budget: "Budgets of the bundle.",
  policy: "Policy could not be asked, or its answer could not be used. All of them deny.",
  bundle: "The signed bundle, as callers are told.",
  upstream: "The server behind.",
  gateway: "The gateway itself.",
  operator: "Whoever acts on the admin API.",
  operations: "What operators decided at run time.",
  rollout: "Moving from one bundle to the next.",
  quarantine: "What operators refuse at run time.",
  decision: "Decisions that somebody asks about.",
};

function reasonsText(): string {
  const sections = Map.groupBy(Object.entries<ReasonText>(reasons), ([code]) => code.slice(0, code.indexOf(".")));
  const unknown = [...sections.keys()].filter((prefix) => groups[prefix] === undefined);
  if (unknown.length > 0) throw new Error(`no words for the group ${unknown.join(", ")}`);
  const texts = [...sections].map(([prefix, entries]) => {
    const rows = entries.map(([code, { audience, sentence, remedy }]) => [`\`${code}\``, audience, sentence, remedy]);
    return `## ${prefix}\n\n${groups[prefix]}\n\n${table(["code", "audience", "sentence", "remedy"], rows)}`;
  });
  const bundles = Object.entries(bundleCodes).map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy]);
  return [
    ...texts,
    "## Why a bundle was not taken",
    "For operators: in `/readyz`, in the operational log and from `toolgate bundle verify`. The bundle that was active before stays.",
    table(["code", "meaning", "remedy"], bundles),
  ].join("\n\n");
}

function configurationText(): string {
  const sections = Map.groupBy(configKeys(), ({ path }) => path.split(/[.[]/)[0] ?? "");
  const single = [...sections.values()].filter(([first, ...rest]) => first !== undefined && rest.length === 0).flat();
  const texts = [`## Single keys\n\n${keyTable(single)}`];
  for (const [name, [head, ...keys]] of sections) {
    if (head === undefined || keys.length === 0) continue;
    const described = head.description === undefined ? [] : [sentence(head.description)];
    const intro = [...described, head.required ? "Required." : undefined].filter((text) => text !== undefined).join(" ");
    texts.push([`## ${name}`, ...(intro === "" ? [] : [intro]), keyTable(keys)].join("\n\n"));
  }
  return texts.join("\n\n");
}

function keyTable(keys: readonly ConfigKey[]): string {
  const rows = keys.map((key) => [
    `\`${key.path}\``,
    key.type,
    key.required ? "required" : key.default === undefined ? "" : `\`${key.default}\``,
    key.description === undefined ? "" : sentence(key.description),
  ]);
  return table(["key", "type", "default", "meaning"], rows);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** The help of every command, as it prints it. */
function commandsText(): string {
  return everyCommand()
    .map(({ name, help }) => section(name, help))
    .join("\n\n");
}

function section(name: string, help: string): string {
  return `## ${name}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\``;
}

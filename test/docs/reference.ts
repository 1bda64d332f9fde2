import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import { type ConfigKey, configKeys } from "../../src/app/config-reference.ts";
import { registerBundle } from "../../src/cli/bundle/index.ts";
import { registerCatalog } from "../../src/cli/catalog.ts";
import { registerCheck } from "../../src/cli/check.ts";
import { registerDemo } from "../../src/cli/demo.ts";
import { registerLog } from "../../src/cli/log.ts";
import { registerPolicy } from "../../src/cli/policy/index.ts";
import { registerQuarantine } from "../../src/cli/quarantine/index.ts";
import { registerRollout } from "../../src/cli/rollout/index.ts";
import { registerServe } from "../../src/cli/serve.ts";
import { systemTerminal } from "../../src/cli/terminal.ts";
import { registerVersion } from "../../src/cli/version.ts";
import { type ReasonText, reasons } from "../../src/core/reasons.ts";
import { openApiText } from "../../src/http/index.ts";
import { adminRoutesText } from "./admin-routes.ts";
import { bundleCodes } from "./bundle-codes.ts";
import { table } from "./markdown.ts";
import { mcpSupportText } from "./mcp-support/index.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
/** What a command takes where no terminal tells its width. */
const HELP_WIDTH = 80;

/** What stands above this line in a page is written by hand; what stands below is written from the code. */
export const mark = "<!-- Below this line: written by `node test/docs/write-reference.ts`, do not edit. -->";

/** The pages with a part that is written from the code, each as it should be. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const written: readonly (readonly [string, string])[] = [
    ["docs/reasons.md", reasonsText()],
    ["docs/configuration.md", configurationText()],
    ["docs/cli.md", await commandsText()],
    ["docs/mcp-support.md", mcpSupportText()],
    ["docs/admin-api.md", adminRoutesText()],
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

/** The help of every command: of the program as it prints it, of the others as it would. */
async function commandsText(): Promise<string> {
  const args = ["--disable-warning=ExperimentalWarning", join(root, "src/cli/main.ts"), "--help"];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env.PATH, NO_COLOR: "1" } });
  const program = new Command("toolgate").configureHelp({ sortSubcommands: false, showGlobalOptions: false });
  program.configureOutput({ getOutHelpWidth: () => HELP_WIDTH });
  for (const register of [
    registerServe,
    registerDemo,
    registerCheck,
    registerPolicy,
    registerBundle,
    registerCatalog,
    registerRollout,
    registerQuarantine,
    registerLog,
    registerVersion,
  ])
    register(program, systemTerminal());
  const names = program.commands.map((command) => command.name());
  const told = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[options\])? {2}/gm)].map(([, name]) => name).filter((name) => name !== "help");
  if (told.join() !== names.join()) throw new Error(`the program has the commands ${told.join(", ")}, this list has ${names.join(", ")}`);
  return [section("toolgate", stdout), ...program.commands.flatMap((command) => helpBelow(command, "toolgate"))].join("\n\n");
}

function helpBelow(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  return [section(name, command.helpInformation()), ...command.commands.flatMap((child) => helpBelow(child, name))];
}

function section(name: string, help: string): string {
  return `## ${name}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\``;
}

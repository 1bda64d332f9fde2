import { lstat, mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { isMissing } from "../../core/errors.ts";
import { didYouMean, type Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { meantBelow, readTables, type TableData } from "../tables/index.ts";
import { mergeTable } from "./merge-table.ts";
import type { Pack } from "./pack.ts";
import { renderCases } from "./render-cases.ts";
import { keyText, setSwitch } from "./set-switch.ts";
import { witnessFor } from "./witness.ts";

export interface AddRequest {
  readonly pack: Pack;
  readonly policiesDir: string;
  /** Ids of servers to switch it on for, or `*`; for a pack that is switched on by tools, `<server>.<tool>`. */
  readonly targets: readonly string[];
  /** Overwrite files of the pack that were changed. */
  readonly force: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface Added {
  /** Paths in the policies folder, sorted. */
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** Entries that tables got, e.g. `custom: read_only`. */
  readonly entries: readonly string[];
  /** What its author looks at next, in sentences. */
  readonly next: readonly string[];
}

export type NotAdded =
  | { readonly kind: "no_folder"; readonly detail: string }
  | { readonly kind: "mistakes"; readonly mistakes: readonly Mistake[] }
  | { readonly kind: "unknown_target"; readonly detail: string }
  /** Files or tables of the author that stand in the way. */
  | { readonly kind: "changed"; readonly conflicts: readonly { readonly file: string; readonly detail: string }[] };

interface Plan {
  readonly files: Map<string, string>;
  readonly conflicts: { readonly file: string; readonly detail: string }[];
  readonly entries: string[];
  readonly next: string[];
}

/** Copies a pack into a policy repository. Everything is looked at before anything is written; the same again changes nothing. */
export async function addPack(request: AddRequest): Promise<Result<Added, NotAdded>> {
  const { policiesDir } = request;
  if (!(await isFolder(join(policiesDir, "catalog")))) {
    const meant = await meantBelow(policiesDir);
    const remedy = meant ?? "name the folder of the policies with --policies";
    return err({ kind: "no_folder", detail: `"${policiesDir}" has no folder catalog/; ${remedy}` });
  }
  const tables = await readTables(policiesDir, request.now);
  if (!tables.ok) return err({ kind: "mistakes", mistakes: tables.error });
  const unknown = request.targets.flatMap((target) => unknownTarget(request.pack, tables.value.data, target));
  if (unknown.length > 0) return err({ kind: "unknown_target", detail: unknown.join("\n") });
  const plan: Plan = { files: new Map(), conflicts: [], entries: [], next: [] };
  await planModules(request, plan);
  await planTables(request, tables.value.data, plan);
  await planCases(request, tables.value.data, plan);
  plan.conflicts.push(...(await leadingAway(policiesDir, plan.files.keys())));
  if (plan.conflicts.length > 0) return err({ kind: "changed", conflicts: plan.conflicts });
  return ok(await write(request, plan));
}

function unknownTarget(pack: Pack, { catalog }: TableData, target: string): readonly string[] {
  if (pack.switch.by === "servers") {
    if (target === "*" || Object.hasOwn(catalog.servers, target)) return [];
    return [unknownText("server", target, [...Object.keys(catalog.servers), "*"])];
  }
  const tools = Object.entries(catalog.tools).flatMap(([server, named]) => Object.keys(named).map((name) => `${server}.${name}`));
  return tools.includes(target) ? [] : [unknownText("tool", target, tools)];
}

function unknownText(what: string, found: string, known: readonly string[]): string {
  const hint = didYouMean(found, known);
  return `found no ${what} "${found}" in the catalog${hint === undefined ? "" : `; ${hint}`}`;
}

async function planModules({ pack, policiesDir, force }: AddRequest, plan: Plan): Promise<void> {
  for (const [file, text] of pack.modules) {
    const there = await textOf(join(policiesDir, file));
    plan.files.set(file, text);
    if (there !== undefined && there !== text && !force) plan.conflicts.push({ file, detail: firstDifference(there, text) });
  }
}

function firstDifference(there: string, text: string): string {
  const [mine, theirs] = [there.split("\n"), text.split("\n")];
  const at = mine.findIndex((line, index) => line !== theirs[index]);
  const line = at === -1 ? mine.length : at;
  return `line ${line + 1} is "${(mine[line] ?? "").trim()}", the pack has "${(theirs[line] ?? "").trim()}"`;
}

async function planTables(request: AddRequest, tables: TableData, plan: Plan): Promise<void> {
  const { pack, policiesDir } = request;
  for (const [table, fragment] of pack.tables) {
    const file = `catalog/${table}.yaml`;
    const merged = mergeTable(table, await textOf(join(policiesDir, file)), fragment);
    if (!merged.ok) {
      plan.conflicts.push({ file, detail: `${merged.path} is ${merged.found}; the pack needs it` });
      continue;
    }
    plan.entries.push(...merged.added.map((entry) => `${table}: ${entry}`));
    plan.files.set(file, table === "custom" ? switchedOn(request, tables, merged.text, plan) : merged.text);
  }
}

function switchedOn({ pack, targets, now }: AddRequest, tables: TableData, text: string, plan: Plan): string {
  let changed = text;
  for (const target of targets) {
    const path = ["custom", pack.name, pack.switch.member];
    const set = setSwitch(changed, path, target, switchValue(pack, tables, target, now));
    if (set === undefined)
      plan.conflicts.push({ file: "catalog/custom.yaml", detail: `${path.join(".")} is no table that could be added to` });
    else if (set !== changed) plan.entries.push(`${path.join(".")}: ${target}`);
    changed = set ?? changed;
  }
  if (targets.length === 0) {
    const wanted = pack.switch.by === "servers" ? "--server <id>" : "--tool <server.tool>";
    plan.next.push(`it judges nothing yet: fill custom.${pack.name} in catalog/custom.yaml, or add it again with ${wanted}`);
  }
  return changed;
}

const DAY = 86_400_000;
const DAYS_TO_END = 90;

/** What switches a pack on for a target; for a tool something that today's calls still pass. */
function switchValue(pack: Pack, tables: TableData, target: string, now: number): string {
  if (pack.switch.value === "on") return "true";
  if (pack.switch.value === "end") {
    const ends = new Date(Math.floor(now / DAY) * DAY + DAYS_TO_END * DAY).toISOString().replace(".000Z", "Z");
    return `{ ends: "${ends}" }`;
  }
  const [server = "", ...name] = target.split(".");
  const properties: unknown = tables.catalog.tools[server]?.[name.join(".")]?.definition.inputSchema.properties;
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return `{ ${names.map((one) => `${keyText(one)}: true`).join(", ")} }`;
}

async function planCases(request: AddRequest, tables: TableData, plan: Plan): Promise<void> {
  const { pack, policiesDir, force, targets } = request;
  const obliges = await obligesElsewhere(policiesDir, pack);
  for (const target of targets) {
    const [server, ...tool] = target.split(".");
    const first = target === "*" ? Object.keys(tables.catalog.servers).find((id) => witnessFor(tables, id)) : server;
    const witness = first === undefined ? undefined : witnessFor(tables, first, tool.length === 0 ? undefined : tool.join("."));
    const text = witness && renderCases(pack, witness, obliges);
    if (text === undefined) {
      plan.next.push(`no golden case was written for ${target}: write one of your own in cases/`);
      continue;
    }
    const file = `cases/${pack.name}_${target === "*" ? "all" : target.replaceAll(/[^A-Za-z0-9_-]/g, "_")}.yaml`;
    // A case follows the catalog it was written of, and is its author's from then on.
    if (force || (await textOf(join(policiesDir, file))) === undefined) plan.files.set(file, text);
  }
}

/** Whether another package obliges something, so that the list of obligations is not the pack's alone. */
async function obligesElsewhere(policiesDir: string, { name }: Pack): Promise<boolean> {
  const files = await readdir(join(policiesDir, "policy")).catch(() => []);
  for (const file of files) {
    if (!file.endsWith(".rego") || file.endsWith("_test.rego") || file === `${name}.rego`) continue;
    if (/^oblige contains/m.test((await textOf(join(policiesDir, "policy", file))) ?? "")) return true;
  }
  return false;
}

async function write({ pack, policiesDir }: AddRequest, { files, entries, next }: Plan): Promise<Added> {
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const [file, text] of files) {
    const path = join(policiesDir, file);
    if ((await textOf(path)) === text) {
      unchanged.push(file);
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    written.push(file);
  }
  const review = [...pack.tables.keys()].map((table) => `catalog/${table}.yaml`).join(", ");
  return {
    written: written.sort(),
    unchanged: unchanged.sort(),
    entries,
    next: [...next, `review ${review}; the rules and tests are yours now`, `toolgate policy check ${policiesDir}`],
  };
}

/** A link in a repository of somebody else must not make this command write elsewhere, also where the link's end is not there yet. */
async function leadingAway(policiesDir: string, files: Iterable<string>): Promise<Plan["conflicts"]> {
  const root = await realpath(policiesDir);
  const away: Plan["conflicts"] = [];
  for (const file of files) {
    for (const path of [dirname(file), file]) {
      const link = (await lstat(join(policiesDir, path)).catch(() => undefined))?.isSymbolicLink() === true;
      const end = link ? await realpath(join(policiesDir, path)).catch(() => undefined) : root;
      if (end === root || end?.startsWith(`${root}${sep}`)) continue;
      away.push({ file, detail: `"${path}" is a link that leads out of the folder` });
      break;
    }
  }
  return away;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

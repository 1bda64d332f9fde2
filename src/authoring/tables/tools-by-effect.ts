import { didYouMean, foundText, pathText } from "../../core/mistakes.ts";
import { glob, risks } from "../../parts/catalog/index.ts";
import type { Findings } from "./findings.ts";
import type { Name } from "./names.ts";
import { fileOf, type TableName, type Tables } from "./table-files.ts";
import type { ByEffect, Reach } from "./table-schemas.ts";

type Risk = (typeof risks)[number];
type Effects = ByEffect["effects"];

/** A tool with what its facts say, as far as grants and obligations by effect look at them. */
interface Tool {
  readonly name: Name;
  readonly effects: Effects;
  readonly risk: Risk;
}

/** The catalogued tools by server. */
export class ToolFacts {
  readonly #servers = new Map<string, ReadonlyMap<string, Tool>>();

  constructor({ tools }: Tables) {
    for (const [server, own] of Object.entries(tools.tools)) {
      const facts = Object.entries(own).map(([name, { effects, risk }]): [string, Tool] => [name, { name: [server, name], effects, risk }]);
      this.#servers.set(server, new Map(facts));
    }
  }

  /**
   * Tools that do nothing but what `effects` lists, at no higher risk. Nobody knows what a tool without effects does, so
   * it is never among them.
   */
  doingOnly({ servers, effects, max_risk }: ByEffect): Name[] {
    return this.#of(servers)
      .filter((tool) => tool.effects.length > 0 && tool.effects.every((effect) => effects.includes(effect)))
      .filter((tool) => max_risk === undefined || risks.indexOf(tool.risk) <= risks.indexOf(max_risk))
      .map(({ name }) => name);
  }

  /** Whether what an entry of `applies` says beside names is so of a tool. One without effects may do anything, so it is. */
  isReached(name: Name, entry: Reach): boolean {
    const tool = this.#servers.get(name[0])?.get(name[1]);
    return tool !== undefined && reaches(tool, entry);
  }

  /** All tools of which an entry's servers, effects and risk are so. */
  reached(entry: Reach): Name[] {
    return this.#of(entry.servers ?? ["*"])
      .filter((tool) => reaches(tool, entry))
      .map(({ name }) => name);
  }

  #of(patterns: readonly string[]): Tool[] {
    return serversFitting([...this.#servers.keys()], patterns).flatMap((server) => [...(this.#servers.get(server)?.values() ?? [])]);
  }
}

function reaches({ name: [server], effects, risk }: Tool, entry: Reach): boolean {
  if (entry.servers !== undefined && serversFitting([server], entry.servers).length === 0) return false;
  if (entry.min_risk !== undefined && risks.indexOf(risk) < risks.indexOf(entry.min_risk)) return false;
  const { effects: wanted } = entry;
  return wanted === undefined || effects.length === 0 || effects.some((effect) => wanted.includes(effect));
}

function serversFitting(ids: readonly string[], patterns: readonly string[]): string[] {
  const globs = patterns.map((pattern) => glob(pattern));
  return ids.filter((id) => globs.some((fits) => fits(id)));
}

/** Servers that nobody has are mistakes; patterns that fit none are told, because more servers may come. */
export function checkServers(
  tables: Tables,
  table: TableName,
  steps: readonly PropertyKey[],
  patterns: readonly string[],
  findings: Findings,
): void {
  const known = Object.keys(tables.servers.servers);
  for (const [at, pattern] of patterns.entries()) {
    if (tables.broken.has(fileOf("servers")) || serversFitting(known, [pattern]).length > 0) continue;
    const path = [...steps, at];
    if (pattern.includes("*")) findings.warnings.push(`${pathText(path)} in ${table}.yaml: ${foundText(pattern)} fits no server`);
    else {
      const remedy = didYouMean(pattern, known);
      const told = { found: foundText(pattern), wanted: "the id of a server in servers.yaml", ...(remedy !== undefined && { remedy }) };
      findings.mistakes.push(tables.mistake(table, path, told, pathText(path)));
    }
  }
}

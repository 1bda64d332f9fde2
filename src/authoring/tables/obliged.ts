import { didYouMean, foundText, pathText } from "../../core/mistakes.ts";
import { costPath, type Obliged, type TableObligation } from "../../parts/catalog/index.ts";
import { checkCost } from "./cost-argument.ts";
import type { Findings } from "./findings.ts";
import { ByServer, type Name, type Names } from "./names.ts";
import { fileOf, type TableName, type Tables } from "./table-files.ts";
import type { Reach } from "./table-schemas.ts";
import { checkServers, type ToolFacts } from "./tools-by-effect.ts";

type Kind = "tool" | "prompt" | "resource";
type Asked = Readonly<Record<Kind, ByServer<TableObligation[]>>>;

interface Resolving {
  readonly tables: Tables;
  readonly names: { readonly grants: Names; readonly prompts: Names; readonly resources: Names };
  readonly tools: ToolFacts;
  readonly findings: Findings;
}

const kindTables = {
  tools: { kind: "tool", names: "grants", table: "tools", wanted: "a tool in tools.yaml, as server/tool" },
  prompts: { kind: "prompt", names: "prompts", table: "prompts", wanted: "a prompt in prompts.yaml, as server/prompt" },
  resources: { kind: "resource", names: "resources", table: "resources", wanted: "an entry in resources.yaml, as server/entry" },
} as const satisfies Record<string, { kind: Kind; names: string; table: TableName; wanted: string }>;

/** What budgets and approvals ask of everybody who uses a target, spelled out target by target: `data.obliged` of a bundle. */
export function resolveObliged(resolving: Resolving): Obliged {
  const { tables } = resolving;
  const asked: Asked = { tool: new ByServer(), prompt: new ByServer(), resource: new ByServer() };
  for (const [name, { applies }] of Object.entries(tables.budgets.budgets)) {
    for (const [at, entry] of applies.entries()) {
      const steps = ["budgets", name, "applies", at];
      const reached = reachedBy(resolving, "budgets", steps, entry);
      for (const target of reached.tool ?? []) checkCost(tables, steps, target, costPath(entry.cost), resolving.findings);
      ask(asked, reached, { type: "budget", name, cost: entry.cost });
    }
  }
  for (const [id, { group, ttl_s, min, applies }] of Object.entries(tables.approvals.approvals)) {
    checkGroup(resolving, ["approvals", id, "group"], group);
    for (const [at, entry] of applies.entries()) {
      ask(asked, reachedBy(resolving, "approvals", ["approvals", id, "applies", at], entry), { type: "approve", group, ttl_s, min });
    }
  }
  return toJson(asked);
}

type Reached = Partial<Record<Kind, readonly Name[]>>;

/** The targets of one entry. What it names and nobody has is a mistake; an entry that reaches nothing is told. */
function reachedBy(resolving: Resolving, table: "budgets" | "approvals", steps: readonly PropertyKey[], entry: Reach): Reached {
  const { tools, findings } = resolving;
  if (entry.servers !== undefined) checkServers(resolving.tables, table, [...steps, "servers"], entry.servers, findings);
  const named = (list: "tools" | "prompts" | "resources"): readonly Name[] =>
    (entry[list] ?? []).flatMap((pattern, at) => fitting(resolving, table, [...steps, list, at], list, pattern));
  const ofOthers = entry.prompts !== undefined || entry.resources !== undefined;
  const reached: Reached = ofOthers
    ? { prompt: named("prompts"), resource: named("resources") }
    : { tool: entry.tools === undefined ? tools.reached(entry) : named("tools").filter((name) => tools.isReached(name, entry)) };
  if (Object.values(reached).every((names) => names.length === 0))
    findings.warnings.push(`${table}.yaml: ${pathText(steps)} applies to nothing that is catalogued`);
  return reached;
}

function fitting(
  { tables, names, findings }: Resolving,
  table: TableName,
  steps: readonly PropertyKey[],
  list: keyof typeof kindTables,
  pattern: string,
): readonly Name[] {
  const { names: of, table: owner, wanted } = kindTables[list];
  const found = names[of].fitting(pattern);
  if (found.length > 0 || pattern.includes("*") || tables.broken.has(fileOf(owner))) return found;
  const remedy = names[of].nearest(pattern);
  const told = { found: foundText(pattern), wanted, ...(remedy !== undefined && { remedy }) };
  findings.mistakes.push(tables.mistake(table, steps, told, pathText(steps)));
  return found;
}

function checkGroup({ tables, findings }: Resolving, steps: readonly PropertyKey[], group: string): void {
  const known = tables.groups.groups;
  if (Object.hasOwn(known, group) || tables.broken.has(fileOf("groups"))) return;
  const remedy = didYouMean(group, Object.keys(known));
  const told = { found: foundText(group), wanted: "a group in groups.yaml", ...(remedy !== undefined && { remedy }) };
  findings.mistakes.push(tables.mistake("approvals", steps, told, pathText(steps)));
}

/** Of one budget the largest number counts; an argument counts beside it, because only a call tells which is more. */
function ask(asked: Asked, reached: Reached, obligation: TableObligation): void {
  for (const kind of ["tool", "prompt", "resource"] as const) {
    for (const target of reached[kind] ?? []) {
      const own = asked[kind].get(target) ?? [];
      asked[kind].set(target, own);
      const at = own.findIndex((one) => isCovered(one, obligation) || isCovered(obligation, one));
      const other = own[at];
      if (other === undefined) own.push(obligation);
      else if (isCovered(other, obligation)) own[at] = obligation;
    }
  }
}

/** Whether one asks for nothing that the other does not ask for too. */
function isCovered(one: TableObligation, other: TableObligation): boolean {
  if (one.type === "approve") {
    return other.type === "approve" && one.group === other.group && one.min <= other.min && one.ttl_s >= other.ttl_s;
  }
  if (other.type !== "budget" || one.name !== other.name) return false;
  return one.cost === other.cost || (typeof one.cost === "number" && typeof other.cost === "number" && one.cost <= other.cost);
}

function toJson(asked: Asked): Obliged {
  const obliged = new ByServer<Record<string, TableObligation[]>>();
  for (const kind of ["prompt", "resource", "tool"] as const) {
    for (const [server, names] of Object.entries(asked[kind].toJson())) obliged.set([server, kind], names);
  }
  return obliged.toJson();
}

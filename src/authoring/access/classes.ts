import type { BundleData } from "../../parts/catalog/index.ts";
import type { AccessTarget } from "./access.ts";
import type { Judges } from "./judges.ts";
import type { TargetGroup } from "./wanted-targets.ts";

/*
 * What nothing tells apart is asked once. A decision follows from what the product library reads of caller and target, and
 * from what the packages that judge the target read. Where the bundle cannot tell the latter, nothing is taken together.
 */

type Document = Readonly<Record<string, unknown>>;

/** What tells callers and targets of one group apart. */
export interface Distinction {
  /** Roles that grant anything here: the library sees no others. */
  readonly roles: ReadonlySet<string>;
  /** Roles that grant a target, as text, by its name. */
  grants(name: string): string;
  /** What the tables oblige everybody to who uses it, as text. */
  obliged(name: string): string;
  readonly callerPaths: readonly (readonly string[])[];
  readonly targetPaths: readonly (readonly string[])[];
  readonly told: boolean;
}

const tables = { tool: "grants", prompt: "prompts", resource: "resources" } as const;
const ofTargets: ReadonlySet<string> = new Set(["server", "tool", "prompt", "resource", "args", "args_digest"]);
/** The moment is tried apart, and the others are the same for all. */
const ofNobody: ReadonlySet<string> = new Set(["time", "phase", "method", "limits"]);

export function distinctionOf(
  { roles }: BundleData,
  { server, kind }: Pick<TargetGroup, "server" | "kind">,
  { reads, obliged }: Judges,
): Distinction {
  const granting = new Map<string, string[]>();
  const known = new Set<string>();
  for (const [role, entry] of Object.entries(roles)) {
    const table = entry[tables[kind]];
    for (const name of table && Object.hasOwn(table, server) ? Object.keys(table[server] ?? {}) : []) {
      known.add(role);
      const others = granting.get(name);
      if (others) others.push(role);
      else granting.set(name, [role]);
    }
  }
  const paths = [...new Map((reads ?? []).map((path) => [path.join("\n"), path])).values()];
  return {
    roles: known,
    grants: (name) => JSON.stringify((granting.get(name) ?? []).sort()),
    obliged,
    callerPaths: paths.filter(([head = ""]) => !ofTargets.has(head) && !ofNobody.has(head)),
    targetPaths: paths.filter(([head = ""]) => ofTargets.has(head)),
    told: reads !== undefined,
  };
}

/** What the library reads of a caller. */
export function libraryKey({ roles }: Distinction, document: Document): string {
  const [agent, user] = [memberOf(document.agent), memberOf(document.user)];
  const kind = memberOf(document.principal).kind;
  const alone = document.user === undefined;
  return JSON.stringify([kind, agent.environment, alone, granted(agent.roles, roles), granted(user.roles, roles)]);
}

/** What tells the caller from others: the same text, the same answers. */
export function callerKey(distinction: Distinction, document: Document, whole: string): string {
  if (!distinction.told) return whole;
  return JSON.stringify([libraryKey(distinction, document), ...distinction.callerPaths.map((path) => valueText(document, path))]);
}

export function targetKey(distinction: Distinction, { kind, id, server }: AccessTarget, document: Document, sampled: boolean): string {
  if (!distinction.told) return `${kind} ${id}`;
  const name = id.slice(server.length + 1);
  const obliged = distinction.obliged(name);
  const values = distinction.targetPaths.map((path) => valueText(document, path));
  return JSON.stringify([distinction.grants(name), obliged, costsArguments(obliged) ? document.args : 0, sampled, ...values]);
}

/** Whether what is obliged takes its amount from an argument of the call. */
export function costsArguments(obliged: string): boolean {
  return obliged.includes("{input.args");
}

function granted(roles: unknown, known: ReadonlySet<string>): readonly unknown[] {
  return Array.isArray(roles) ? [...new Set(roles.filter((role) => known.has(role)))].sort() : [];
}

function memberOf(value: unknown): Document {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {};
}

/** The value as JSON; `null` and what is not there are told apart. */
function valueText(document: Document, path: readonly string[]): string {
  let value: unknown = document;
  for (const step of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) return "";
    value = (value as Document)[step];
  }
  return JSON.stringify(value) ?? "";
}

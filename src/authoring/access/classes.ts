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
  /** Roles that grant a target, sorted, by its name. */
  grants(name: string): readonly string[];
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
    grants: (name) => (granting.get(name) ?? []).toSorted(),
    obliged,
    callerPaths: paths.filter(([head = ""]) => !ofTargets.has(head) && !ofNobody.has(head)),
    targetPaths: paths.filter(([head = ""]) => ofTargets.has(head)),
    told: reads !== undefined,
  };
}

/** What the library reads of a caller. */
export interface LibraryFacts {
  /** As text: equal for callers that the library does not tell apart. */
  readonly key: string;
  /** Roles of the agent and, where it acts for one, of the user that grant anything here. */
  readonly sides: readonly ReadonlySet<string>[];
}

export function libraryFacts({ roles }: Distinction, document: Document): LibraryFacts {
  const [agent, user] = [memberOf(document.agent), memberOf(document.user)];
  const alone = document.user === undefined;
  const held = [granted(agent.roles, roles), ...(alone ? [] : [granted(user.roles, roles)])];
  return { key: JSON.stringify([memberOf(document.principal).kind, agent.environment, held]), sides: held.map((side) => new Set(side)) };
}

/** What tells the caller from others: the same text, the same answers. */
export function callerKey(distinction: Distinction, document: Document, whole: string): string {
  if (!distinction.told) return whole;
  return JSON.stringify([libraryFacts(distinction, document).key, ...distinction.callerPaths.map((path) => valueText(document, path))]);
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

function granted(roles: unknown, known: ReadonlySet<string>): readonly string[] {
  const held = Array.isArray(roles) ? roles.filter((role): role is string => typeof role === "string" && known.has(role)) : [];
  return [...new Set(held)].sort();
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

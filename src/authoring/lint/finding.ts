import type { Effect } from "../../parts/catalog/index.ts";

/** What a server offers under one name, and what reviewers wrote about it. */
export interface LintItem {
  readonly kind: "tool" | "prompt" | "template";
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
  /** Of a catalogued tool. */
  readonly effects?: readonly Effect[];
}

/** Everything that a rule may look at. */
export interface Linted {
  readonly server: string;
  readonly items: readonly LintItem[];
  /** Tools of the company's other servers, by server. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  /** Names of tools that must and must not be there; `*` stands for any run of characters. */
  readonly required: readonly string[];
  readonly forbidden: readonly string[];
}

export interface LintFinding {
  readonly rule: string;
  /** An error keeps a server from being pinned; a warning is for a reviewer to read. */
  readonly level: "error" | "warning";
  /** `tool get_customer`; the server itself where nothing of it is meant. */
  readonly item: string;
  /** Where in the definition, e.g. `inputSchema.properties.id.description`; empty for the whole. */
  readonly path: string;
  /** What stands there, hidden characters spelled out. */
  readonly found: string;
  readonly wanted: string;
}

/** One thing to look for. `danger` is one sentence for a reviewer. */
export interface LintRule {
  readonly id: string;
  readonly level: LintFinding["level"];
  readonly danger: string;
  readonly find: (linted: Linted) => Iterable<Omit<LintFinding, "rule" | "level">>;
}

export const itemText = ({ kind, name }: Pick<LintItem, "kind" | "name">): string => `${kind} ${name}`;

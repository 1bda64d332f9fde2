import type { AuthorModules, Module, Rule } from "../rego/index.ts";
import type { TableData } from "../tables/index.ts";
import type { PackageFacts } from "./shape/index.ts";

/**
 * One thing that `toolgate policy check` refuses because it fails open or does not mean what it says.
 * The table of all checks is `checks`; docs/policy/checks.md is held against it.
 */
export interface CheckText {
  /** Stable, in kebab-case: it stands in reports, SARIF and in the page. */
  readonly id: string;
  /** What is refused, in one line. */
  readonly title: string;
  /** What would happen if it were let through, in one sentence. */
  readonly danger: string;
  /** What is wanted instead, in one line. */
  readonly wanted: string;
  /** The smallest package that is refused, and the same package mended. Both are tried by a test. */
  readonly example: { readonly wrong: string; readonly right: string };
}

/** A check that is made on each package of an author. */
export interface Check extends CheckText {
  /** Looks at one package of an author. */
  readonly find: (checked: CheckedPackage, report: (finding: Finding) => void) => void;
}

/** A package with what is known around it. */
export interface CheckedPackage extends AuthorModules {
  /** Absent where its METADATA cannot be read; that is a mistake told elsewhere. */
  readonly facts: PackageFacts | undefined;
  /** Absent where the tables cannot be read: what needs them is not judged then. */
  readonly tables: TableData | undefined;
}

/** Where a finding stands: in a clause, or in what a file says outside of its rules. */
export interface Place {
  readonly module: Module;
  readonly rule?: Rule;
}

export interface Finding {
  readonly at: Place;
  /** Counted from 1; the line of the rule by default, else that of the package. */
  readonly line?: number;
  /** What stands there, quoted as far as it helps. */
  readonly found: string;
  /** Where one finding wants something else than the check says in general. */
  readonly wanted?: string;
  readonly remedy?: string;
  /** The author's own lines as they should be, where they can be told. */
  readonly mended?: string;
}

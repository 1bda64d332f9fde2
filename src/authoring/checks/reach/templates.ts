import { didYouMean, oneOf } from "../../../core/mistakes.ts";
import type { Traced } from "./package-trace.ts";
import { literalOf } from "./value.ts";

/** As the host fills them: see parts/policy/template.ts. */
const template = /\{input((?:\.[A-Za-z0-9_-]+)+)\}/g;
/** What begins like one, or names a member of the input without saying so. */
const nearly = /\{([a-z_]+)([.[][^{}]*)\}/g;

export interface Template {
  /** As it stands, with its braces. */
  readonly text: string;
  /** The path below `input`; undefined where the host does not take it for a template. */
  readonly path: readonly string[] | undefined;
}

/** Templates of a text, and what its author may have meant as one. */
export function templatesIn(text: string, members: readonly string[]): readonly Template[] {
  const found: Template[] = [...text.matchAll(template)].map(([all, path = ""]) => ({ text: all, path: path.slice(1).split(".") }));
  for (const [all, root = ""] of text.replace(template, "").matchAll(nearly)) {
    if (root === "input" || members.includes(root)) found.push({ text: all, path: undefined });
  }
  return found;
}

/** Members of an element as they are written out, with those inside them. */
export function* textsOf(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) yield* textsOf(inner);
}

/** The element of a clause of the seven; undefined where it is computed, which is told elsewhere. */
export function elementOf({ clause }: Traced): Readonly<Record<string, unknown>> | undefined {
  const { key } = clause.rule.head;
  const value = key?.type === "object" ? literalOf(key)?.value : undefined;
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

/** `did you mean …?`, else the words there are. */
export function nearest(word: string, words: readonly string[]): string {
  return didYouMean(word, words) ?? oneOf(words);
}

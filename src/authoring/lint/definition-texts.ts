import { pathText } from "../../core/mistakes.ts";
import type { LintItem } from "./finding.ts";

/** A text of a definition that a model may read, with where it stands. */
export interface DefinitionText {
  readonly path: string;
  readonly text: string;
}

/** Every string of a definition at any depth, and every key that its server chose: a model reads both. */
export function* textsOf({ definition }: LintItem): Generator<DefinitionText> {
  const waiting: { readonly steps: readonly PropertyKey[]; readonly value: unknown }[] = [{ steps: [], value: definition }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { steps, value } = at;
    if (typeof value === "string") yield { path: pathText(steps), text: value };
    else if (Array.isArray(value)) for (const [index, item] of value.entries()) waiting.push({ steps: [...steps, index], value: item });
    else if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        yield { path: pathText([...steps, key]), text: key };
        waiting.push({ steps: [...steps, key], value: member });
      }
    }
  }
}

import { referencePrompts } from "./prompts.ts";
import { referenceTemplate } from "./resources.ts";

/** What a completion is for, as the protocol says it. */
export type Reference = { readonly type: "ref/prompt"; readonly name: string } | { readonly type: "ref/resource"; readonly uri: string };

/** Suggestions that begin with what was typed. */
export function complete(of: Reference, argument: { readonly name: string; readonly value: string }) {
  const values = suggestions(of, argument.name).filter((one) => one.startsWith(argument.value));
  return { completion: { values, total: values.length, hasMore: false } };
}

function suggestions(of: Reference, argument: string): readonly string[] {
  if (of.type === "ref/resource") return of.uri === referenceTemplate.uriTemplate ? (referenceTemplate.suggestions[argument] ?? []) : [];
  const prompt = referencePrompts.find(({ name }) => name === of.name);
  return prompt?.arguments.find(({ name }) => name === argument)?.suggestions ?? [];
}

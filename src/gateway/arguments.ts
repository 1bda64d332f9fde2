import type { Wanted } from "./call.ts";
import type { CompletionTarget, PromptTarget, Target } from "./targets/index.ts";

const MAX_MISTAKES = 5;

/** Where what was asked does not fit what was approved; at most five, each with what it is about. */
export function mistakesOf(target: Target, asked: Wanted): readonly string[] {
  if (target.kind === "tool") return asked.method === "tools/call" ? target.tool.validate(asked.args ?? {}) : none;
  if (target.kind === "prompt") return asked.method === "prompts/get" ? promptMistakes(target, asked.args ?? {}) : none;
  if (target.kind === "completion") return asked.method === "completion/complete" ? completionMistakes(target, asked.argument.name) : none;
  return none;
}

const none: readonly string[] = [];

/** A prompt declares names, and which of them it needs; every value is a text. */
export function promptMistakes({ prompt }: Pick<PromptTarget, "prompt">, args: Readonly<Record<string, unknown>>): readonly string[] {
  const declared = prompt.definition.arguments ?? [];
  const names = new Set(declared.map(({ name }) => name));
  const mistakes = [
    ...declared.filter(({ name, required }) => required === true && !Object.hasOwn(args, name)).map(({ name }) => `"${name}" is missing`),
    ...Object.keys(args).flatMap((name) => {
      if (!names.has(name)) return [`"${name}" is not an argument of this prompt`];
      return typeof args[name] === "string" ? [] : [`"${name}" must be a string`];
    }),
  ];
  return mistakes.slice(0, MAX_MISTAKES);
}

function completionMistakes({ of }: CompletionTarget, argument: string): readonly string[] {
  const declared =
    of.kind === "prompt"
      ? (of.prompt.definition.arguments ?? []).map(({ name }) => name)
      : variablesOf(of.entry.template?.definition.uriTemplate ?? "");
  return declared.includes(argument)
    ? none
    : [`"${argument}" is not one of ${declared.length === 0 ? "no arguments" : declared.join(", ")}`];
}

/** Names in the expressions of a template (RFC 6570, section 2.3), without operators and modifiers. */
export function variablesOf(uriTemplate: string): readonly string[] {
  return [...uriTemplate.matchAll(/\{[+#./;?&]?([^{}]*)\}/g)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.replace(/(?:\*|:\d+)$/, "")),
  );
}

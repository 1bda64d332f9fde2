import type { Question } from "./turn.ts";

type Properties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Asks the user to fill in a form. Every member is required, unless it is said otherwise. */
export function form(message: string, properties: Properties, required: readonly string[] = Object.keys(properties)): Question {
  return { method: "elicitation/create", params: { mode: "form", message, requestedSchema: { type: "object", properties, required } } };
}

export function sample(words: string, maxTokens: number): Question {
  return {
    method: "sampling/createMessage",
    params: { messages: [{ role: "user", content: { type: "text", text: words } }], maxTokens },
  };
}

export function roots(): Question {
  return { method: "roots/list", params: {} };
}

const options = ["option1", "option2", "option3"];
const titled = (word: string) =>
  ["First", "Second", "Third"].map((ordinal, index) => ({ const: `value${index + 1}`, title: `${ordinal} ${word}` }));

/** A default for each primitive type (SEP-1034). */
export const defaults: Properties = {
  name: { type: "string", description: "User name", default: "John Doe" },
  age: { type: "integer", description: "User age", default: 30 },
  score: { type: "number", description: "User score", default: 95.5 },
  status: { type: "string", description: "User status", enum: ["active", "inactive", "pending"], default: "active" },
  verified: { type: "boolean", description: "Verification status", default: true },
};

/** Every way to state a choice (SEP-1330). */
export const choices: Properties = {
  untitledSingle: { type: "string", enum: options },
  titledSingle: { type: "string", oneOf: titled("Option") },
  legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
  untitledMulti: { type: "array", items: { type: "string", enum: options } },
  titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
};

import type { Question } from "../../core/question.ts";
import { ok, type Result } from "../../core/result.ts";
import { formFields } from "./form-fields.ts";
import { isMembers, type Malformed, malformed } from "./malformed.ts";

/** What policy is told of a question besides its words. */
export type QuestionFacts =
  | { readonly kind: "elicitation"; readonly mode: "form"; readonly fields: readonly string[] }
  /** `host` as in the URL, with its port. */
  | { readonly kind: "elicitation"; readonly mode: "url"; readonly host: string }
  | { readonly kind: "sampling"; readonly maxTokens: number; readonly tools: boolean; readonly includeContext: string }
  | { readonly kind: "roots" };

const MAX_ELICITATION_ID = 200;

/** Reads a question as the specification states it. What cannot be read for certain is not asked. */
export function questionFacts({ method, params }: Question): Result<QuestionFacts, Malformed> {
  switch (method) {
    case "elicitation/create":
      return elicitationFacts(params);
    case "sampling/createMessage":
      return samplingFacts(params);
    case "roots/list":
      return ok({ kind: "roots" });
  }
}

function elicitationFacts(params: Question["params"]): Result<QuestionFacts, Malformed> {
  const { message, mode = "form", elicitationId } = params;
  if (typeof message !== "string") return malformed("message is not a string");
  // What clients could show either way would be judged as one and answered as the other.
  if (mode === "form" && params.url !== undefined) return malformed("a form comes with a url");
  if (mode === "form") {
    const fields = formFields(params.requestedSchema);
    return fields.ok ? ok({ kind: "elicitation", mode, fields: fields.value }) : fields;
  }
  if (mode !== "url") return malformed(`mode is neither "form" nor "url"`);
  if (params.requestedSchema !== undefined) return malformed("a url comes with a form");
  // Servers of the stateless era give no id; where there is one, it is a name and nothing else.
  if (elicitationId !== undefined && !isName(elicitationId)) return malformed("elicitationId is not a short string");
  const host = hostOf(params.url);
  return host === undefined ? malformed("url is not an https URL that every client reads alike") : ok({ kind: "elicitation", mode, host });
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_ELICITATION_ID;
}

// A backslash, white space or another script is read differently by different clients, and `https://bank.example@evil.example`
// shows a user the wrong host: the host that policy judged must be the one that is opened.
const plainUrl = /^[\x21-\x5b\x5d-\x7e]+$/;
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

function hostOf(text: unknown): string | undefined {
  if (typeof text !== "string" || !plainUrl.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.host === "") return undefined;
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.test(url.hostname))) return undefined;
  return url.host;
}

const contexts: ReadonlySet<unknown> = new Set(["none", "thisServer", "allServers"]);

function samplingFacts(params: Question["params"]): Result<QuestionFacts, Malformed> {
  const { messages, maxTokens, tools, toolChoice, includeContext = "none" } = params;
  if (!Array.isArray(messages) || !messages.every(isMessage)) return malformed("messages is not a list of messages");
  if (typeof maxTokens !== "number" || !Number.isSafeInteger(maxTokens) || maxTokens < 0)
    return malformed("maxTokens is not a whole number");
  if (tools !== undefined && !Array.isArray(tools)) return malformed("tools is not a list");
  if (typeof includeContext !== "string" || !contexts.has(includeContext)) return malformed("includeContext is none of its values");
  return ok({ kind: "sampling", maxTokens, tools: tools !== undefined || toolChoice !== undefined, includeContext });
}

function isMessage(value: unknown): boolean {
  return isMembers(value) && (value.role === "user" || value.role === "assistant") && isContent(value.content);
}

/** One block of content, or several; what is in a block is between the two ends. */
export function isContent(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isBlock) : isBlock(value);
}

function isBlock(value: unknown): boolean {
  return isMembers(value) && typeof value.type === "string";
}

import type { QuestionMethod } from "./methods.ts";

/** What a server asks of a client in the middle of a request: for words of the user, a model's answer, or its roots. */
export interface Question {
  readonly method: QuestionMethod;
  /** Without `_meta`. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a client answers. An error is one of JSON-RPC. */
export type QuestionAnswer =
  | { readonly kind: "result"; readonly result: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly error: { readonly code: number; readonly message: string } };

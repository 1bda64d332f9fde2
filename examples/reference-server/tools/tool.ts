import type { Asking, Refusal, Turn } from "../turn.ts";

/** What a tool gives back: the result of `tools/call`. */
export interface ToolResult {
  readonly content: readonly Content[];
  readonly isError?: boolean;
}

export type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" | "audio"; readonly data: string; readonly mimeType: string }
  | { readonly type: "resource"; readonly resource: { readonly uri: string; readonly mimeType: string; readonly text: string } };

export interface ReferenceTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [member: string]: unknown };
  /** Whether it is carried out as a task where the client declared the extension; `required`: nowhere else. */
  readonly task?: "optional" | "required";
  /** What a task is to ask before it begins. */
  before?(turn: Turn): Asking | undefined;
  run(turn: Turn): Promise<ToolOutcome>;
}

export type ToolOutcome = ToolResult | Asking | Refusal;

export const nothing = { type: "object", properties: {}, additionalProperties: false } as const;

export function text(words: string): ToolResult {
  return { content: [{ type: "text", text: words }] };
}

export function failure(words: string): ToolResult {
  return { ...text(words), isError: true };
}

export function embedded(uri: string, mimeType: string, words: string): Content {
  return { type: "resource", resource: { uri, mimeType, text: words } };
}

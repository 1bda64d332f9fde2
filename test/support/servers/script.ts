/** What a recording server does when one of its tools is called. `$ID` in raw texts stands for the id of the request. */
export type Behaviour =
  /** The arguments back, as text and structure. */
  | { readonly kind: "echo"; readonly delayMs?: number }
  | { readonly kind: "result"; readonly result: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data?: unknown }
  /** The body (HTTP) or the line (stdio) exactly as written here. */
  | { readonly kind: "raw"; readonly text: string; readonly status?: number; readonly contentType?: string }
  /** Messages sent around the answer: as SSE over HTTP, as lines over stdio. A string `$TOKEN` is the progress token, `$ID` the id. */
  | { readonly kind: "stream"; readonly before: readonly unknown[]; readonly after?: readonly unknown[]; readonly noAnswer?: boolean }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /**
   * Asks first, then answers with what it was told, as text and as `structuredContent.answers` by key: with requests on the
   * stream in the era of sessions, with `input_required` and a state of its own in the stateless one.
   */
  | { readonly kind: "ask"; readonly questions: Readonly<Record<string, AskedQuestion>>; readonly state?: string }
  /** A task of the tasks extension, in this state whenever it is asked for. Stateless era. */
  | { readonly kind: "task"; readonly task: Readonly<Record<string, unknown>> }
  /** `chunk` again and again after `head`: until so many bytes and then `tail`, or without `bytes` for as long as somebody reads. `"$TOKEN"` over HTTP. */
  | {
      readonly kind: "flood";
      readonly head?: string;
      readonly chunk: string;
      readonly bytes?: number;
      readonly tail?: string;
      readonly contentType?: string;
    }
  /** The echo, once the test lets it go. Over HTTP. */
  | { readonly kind: "held"; readonly until: Promise<void> }
  /** No answer until the connection ends. */
  | { readonly kind: "hang" }
  /** The headers and half a body, then nothing. */
  | { readonly kind: "stall" }
  /** The connection is cut (HTTP) or the process ends (stdio). */
  | { readonly kind: "drop" };

export interface AskedQuestion {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A form with one text field. */
export const nameQuestion: AskedQuestion = {
  method: "elicitation/create",
  params: {
    mode: "form",
    message: "What is your name?",
    requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  },
};

export const rubbish: Behaviour = { kind: "raw", text: "<html>not what you asked for</html>", contentType: "text/html" };
export const notJson: Behaviour = { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{"content":[' };
export const wrongId: Behaviour = { kind: "raw", text: '{"jsonrpc":"2.0","id":987654321,"result":{"content":[]}}' };
export const duplicateKey: Behaviour = {
  kind: "raw",
  text: '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"structuredContent":{"iban":"DE1","iban":"DE2"}}}',
};
export const unsafeInteger: Behaviour = {
  kind: "raw",
  text: '{"jsonrpc":"2.0","id":$ID,"result":{"content":[],"structuredContent":{"account":9007199254740993}}}',
};
export const inputRequired: Behaviour = {
  kind: "result",
  result: { resultType: "input_required", inputRequests: { who: { method: "elicitation/create", params: {} } }, requestState: "s" },
};
export const samplingAsked: Behaviour = {
  kind: "stream",
  before: [{ jsonrpc: "2.0", id: "ask-1", method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } }],
};

export function huge(bytes: number): Behaviour {
  return { kind: "result", result: { content: [{ type: "text", text: "x".repeat(bytes) }] } };
}

/** Progress 1..n of n, then the echo. */
export function progress(steps: number): Behaviour {
  return {
    kind: "stream",
    before: Array.from({ length: steps }, (_, i) => ({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken: "$TOKEN", progress: i + 1, total: steps, message: `step ${i + 1}` },
    })),
  };
}

export interface Tool {
  readonly name: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** Anything else that a server lists, by its name or URI. */
export type Item = Readonly<Record<string, unknown>>;

/** One tool that takes anything and gives it back. */
export const echoTool: Tool = {
  name: "echo",
  description: "Gives back what it was given.",
  inputSchema: { type: "object", additionalProperties: true },
};

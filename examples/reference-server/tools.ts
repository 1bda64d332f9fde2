import { setTimeout as pause } from "node:timers/promises";
import { redPixel, silence } from "./samples.ts";

/** What a tool gives back: the result of `tools/call`. */
export interface ToolResult {
  readonly [member: string]: unknown;
  readonly content: readonly Content[];
  readonly isError?: boolean;
}

export type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" | "audio"; readonly data: string; readonly mimeType: string }
  | { readonly type: "resource"; readonly resource: { readonly uri: string; readonly mimeType: string; readonly text: string } };

/** What a tool may ask the client for. */
export type Asked = "sampling" | "elicitation";

/** One call as a tool sees it, the same in both eras. */
export interface Turn<Answer> {
  readonly args: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Whether the client declared that it can be asked. */
  can(what: Asked): boolean;
  /** Says nothing where the caller wants no progress. */
  progress(done: number, total: number): Promise<void>;
  log(text: string): Promise<void>;
  /** Offers one tool more, or one less, and tells whoever listens. */
  changeTools(): void;
  /** Asks the client. A session waits for its answer, the stateless era ends the call and is called again. */
  ask(what: Asked): Promise<Answer>;
  /** Ends the call because the client did not declare what it would have to be asked for. */
  refuse(missing: Asked): Promise<Answer>;
}

export interface ReferenceTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object"; readonly [member: string]: unknown };
  run<Answer>(turn: Turn<Answer>): Promise<ToolResult | Answer>;
}

const nothing = { type: "object", properties: {}, additionalProperties: false } as const;
const PAUSE_MS = 20;

/** The tools that the official conformance suite asks for by name, and three of our own. */
export const referenceTools: readonly ReferenceTool[] = [
  {
    name: "test_simple_text",
    description: "Answers with a text.",
    inputSchema: nothing,
    run: async () => text("This is a simple text response for testing."),
  },
  {
    name: "test_image_content",
    description: "Answers with an image.",
    inputSchema: nothing,
    run: async () => ({ content: [{ type: "image", data: redPixel, mimeType: "image/png" }] }),
  },
  {
    name: "test_audio_content",
    description: "Answers with a sound.",
    inputSchema: nothing,
    run: async () => ({ content: [{ type: "audio", data: silence, mimeType: "audio/wav" }] }),
  },
  {
    name: "test_embedded_resource",
    description: "Answers with a resource.",
    inputSchema: nothing,
    run: async () => ({ content: [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")] }),
  },
  {
    name: "test_multiple_content_types",
    description: "Answers with a text, an image and a resource.",
    inputSchema: nothing,
    run: async () => ({
      content: [
        { type: "text", text: "Multiple content types test:" },
        { type: "image", data: redPixel, mimeType: "image/png" },
        resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
      ],
    }),
  },
  {
    name: "test_error_handling",
    description: "Fails.",
    inputSchema: nothing,
    run: async () => ({ ...text("This tool intentionally returns an error for testing"), isError: true }),
  },
  {
    name: "test_tool_with_progress",
    description: "Reports progress in three steps.",
    inputSchema: nothing,
    async run(turn) {
      for (const done of [0, 50, 100]) {
        await turn.progress(done, 100);
        await pause(PAUSE_MS);
      }
      return text("done");
    },
  },
  {
    name: "test_logging_tool",
    description: "Writes log messages for whoever wants them.",
    inputSchema: nothing,
    async run(turn) {
      await turn.log("Tool execution started");
      await turn.log("Tool execution completed");
      return text("logged");
    },
  },
  {
    name: "test_missing_capability",
    description: "Needs a client that can be asked for a sample of a model.",
    inputSchema: nothing,
    run: async (turn) => (turn.can("sampling") ? text("The client can be asked.") : turn.refuse("sampling")),
  },
  {
    name: "test_streaming_elicitation",
    description: "Asks the user where the client allows that, and does without where it does not.",
    inputSchema: nothing,
    run: async (turn) => (turn.can("elicitation") ? turn.ask("elicitation") : text("There was nobody to ask.")),
  },
  {
    name: "test_trigger_tool_change",
    description: "Offers one tool more, or one less, and says so.",
    inputSchema: nothing,
    async run(turn) {
      turn.changeTools();
      return text("changed");
    },
  },
  {
    name: "test_x_mcp_header",
    description: "Takes arguments that a stateless client repeats in headers.",
    inputSchema: {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        tier: { type: "integer", "x-mcp-header": "Tier" },
        urgent: { type: "boolean", "x-mcp-header": "Urgent" },
      },
      required: ["region"],
      additionalProperties: false,
    },
    run: async ({ args }) => text(`region ${String(args.region)}`),
  },
  {
    name: "test_sampling",
    description: "Asks the client for a sample of a model, whatever the client declared.",
    inputSchema: nothing,
    run: (turn) => turn.ask("sampling"),
  },
  {
    name: "test_elicitation",
    description: "Asks the user, whatever the client declared.",
    inputSchema: nothing,
    run: (turn) => turn.ask("elicitation"),
  },
  {
    name: "test_wait",
    description: "Answers after some time, if the call is not cancelled before.",
    inputSchema: {
      type: "object",
      properties: { ms: { type: "integer", minimum: 0, maximum: 60_000 } },
      required: ["ms"],
      additionalProperties: false,
    },
    async run({ args, signal }) {
      await pause(Number(args.ms), undefined, { signal });
      return text("waited");
    },
  },
];

/** What `test_trigger_tool_change` adds and takes away. */
export const extraTool: ReferenceTool = {
  name: "test_extra",
  description: "Comes and goes.",
  inputSchema: nothing,
  run: async () => text("still here"),
};

/** What is asked of a client, in the protocol's words. Made anew each time, because SDKs take mutable objects. */
export function samplingQuestion() {
  const content = { type: "text" as const, text: "Say hello." };
  return { method: "sampling/createMessage" as const, params: { messages: [{ role: "user" as const, content }], maxTokens: 10 } };
}

export function elicitationQuestion() {
  const requestedSchema = { type: "object" as const, properties: { name: { type: "string" as const } } };
  return { method: "elicitation/create" as const, params: { mode: "form" as const, message: "What is your name?", requestedSchema } };
}

export function text(words: string): ToolResult {
  return { content: [{ type: "text", text: words }] };
}

function resource(uri: string, mimeType: string, words: string): Content {
  return { type: "resource", resource: { uri, mimeType, text: words } };
}

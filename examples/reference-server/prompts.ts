import { form } from "./questions.ts";
import { redPixel } from "./samples.ts";
import { type Content, embedded } from "./tools/tool.ts";
import { type Asking, accepted, type Turn } from "./turn.ts";

export interface PromptResult {
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: Content }[];
}

export interface ReferencePrompt {
  readonly name: string;
  readonly description: string;
  /** All of them are required. */
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly suggestions?: readonly string[] }[];
  get(turn: Turn): PromptResult | Asking;
}

export const referencePrompts: readonly ReferencePrompt[] = [
  {
    name: "test_simple_prompt",
    description: "One message.",
    arguments: [],
    get: () => ({ messages: [words("This is a simple prompt for testing.")] }),
  },
  {
    name: "test_prompt_with_arguments",
    description: "Puts its arguments into the message.",
    arguments: [
      { name: "arg1", description: "First test argument", suggestions: ["paris", "park", "party", "london"] },
      { name: "arg2", description: "Second test argument" },
    ],
    get: ({ args }) => ({ messages: [words(`Prompt with arguments: arg1='${String(args.arg1)}', arg2='${String(args.arg2)}'`)] }),
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "Brings a resource with it.",
    arguments: [{ name: "resourceUri", description: "URI of the resource to embed" }],
    get: ({ args }) => ({
      messages: [
        { role: "user", content: embedded(String(args.resourceUri), "text/plain", "Embedded resource content for testing.") },
        words("Please process the embedded resource above."),
      ],
    }),
  },
  {
    name: "test_prompt_with_image",
    description: "Brings an image with it.",
    arguments: [],
    get: () => ({
      messages: [
        { role: "user", content: { type: "image", data: redPixel, mimeType: "image/png" } },
        words("Please analyze the image above."),
      ],
    }),
  },
  {
    name: "test_input_required_result_prompt",
    description: "Asks the user before it answers.",
    arguments: [],
    get({ answers }) {
      const context = accepted(answers, "user_context")?.context;
      if (context !== undefined) return { messages: [words(`Context: ${String(context)}`)] };
      const question = form("What context should the prompt use?", { context: { type: "string" } });
      return { kind: "ask", questions: { user_context: question } };
    },
  },
];

/** What `test_trigger_prompt_change` adds and takes away. */
export const extraPrompt: ReferencePrompt = {
  name: "test_extra_prompt",
  description: "Comes and goes.",
  arguments: [],
  get: () => ({ messages: [words("still here")] }),
};

/** As the protocol lists it. */
export function listedPrompt({ name, description, arguments: all }: ReferencePrompt) {
  return { name, description, arguments: all.map((one) => ({ name: one.name, description: one.description, required: true })) };
}

function words(text: string): PromptResult["messages"][number] {
  return { role: "user", content: { type: "text", text } };
}

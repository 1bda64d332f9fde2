import { choices, defaults, form, sample } from "../questions.ts";
import { type Answers, type Asking, isRecord } from "../turn.ts";
import { nothing, type ReferenceTool, text } from "./tool.ts";

const nameOnly = form("What is your name?", { name: { type: "string" } });

/** Tools that ask the client for one thing. */
export const askingTools: readonly ReferenceTool[] = [
  {
    name: "test_sampling",
    description: "Asks the client for a sample of a model, whatever the client declared.",
    inputSchema: withText("prompt"),
    run: async ({ args, answers }) =>
      "sample" in answers ? text(`LLM response: ${sampledText(answers.sample)}`) : ask({ sample: sample(String(args.prompt), 100) }),
  },
  {
    name: "test_elicitation",
    description: "Asks the user, whatever the client declared.",
    inputSchema: withText("message"),
    run: async ({ args, answers }) => {
      const described = (description: string) => ({ type: "string", description });
      const fields = { username: described("User's response"), email: described("User's email address") };
      return "user" in answers ? text(`User response: ${said(answers.user)}`) : ask({ user: form(String(args.message), fields) });
    },
  },
  {
    name: "test_elicitation_sep1034_defaults",
    description: "Asks the user with a default for each type.",
    inputSchema: nothing,
    run: async ({ answers }) =>
      "user" in answers ? completed(answers) : ask({ user: form("Please review and update the form fields with defaults", defaults, []) }),
  },
  {
    name: "test_elicitation_sep1330_enums",
    description: "Asks the user to choose, in every way to state a choice.",
    inputSchema: nothing,
    run: async ({ answers }) => ("user" in answers ? completed(answers) : ask({ user: form("Please select options", choices, []) })),
  },
  {
    name: "test_missing_capability",
    description: "Needs a client that can be asked for a sample of a model.",
    inputSchema: nothing,
    async run({ answers, can }) {
      if ("sample" in answers) return text("The client was asked.");
      const otherwise = { kind: "refuse", missing: "sampling" } as const;
      return can("sampling") ? { ...ask({ sample: sample("Say hello.", 10) }), otherwise } : otherwise;
    },
  },
  {
    name: "test_streaming_elicitation",
    description: "Asks the user where the client allows that, and does without where it does not.",
    inputSchema: nothing,
    async run({ answers, can }) {
      if ("user" in answers) return text(`User response: ${said(answers.user)}`);
      return can("elicitation") ? ask({ user: nameOnly }) : text("There was nobody to ask.");
    },
  },
];

export function ask(questions: Asking["questions"], state?: unknown): Asking {
  return { kind: "ask", questions, ...(state === undefined ? {} : { state }) };
}

/** The words of a model that the client brings. */
export function sampledText(answer: unknown): string {
  const content = isRecord(answer) && isRecord(answer.content) ? answer.content : undefined;
  return typeof content?.text === "string" ? content.text : JSON.stringify(answer);
}

function completed(answers: Answers) {
  return text(`Elicitation completed: ${said(answers.user)}`);
}

function said(answer: unknown): string {
  return isRecord(answer) ? `action=${String(answer.action)}, content=${JSON.stringify(answer.content ?? {})}` : "nothing";
}

function withText(name: string): ReferenceTool["inputSchema"] {
  return { type: "object", properties: { [name]: { type: "string" } }, required: [name], additionalProperties: false };
}

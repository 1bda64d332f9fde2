import { form, roots, sample } from "../questions.ts";
import { type Asking, accepted, isRecord, type Turn } from "../turn.ts";
import { ask, sampledText } from "./asking.ts";
import { nothing, type ReferenceTool, type ToolResult, text } from "./tool.ts";

const PREFIX = "test_input_required_result";
const userName = form("What is your name?", { name: { type: "string" } });
const confirm = form("Please confirm", { ok: { type: "boolean" } });

/** Tools that need several rounds, in the way of 2026-07-28: questions end a call, answers and state come with the next. */
export const roundTools: readonly ReferenceTool[] = [
  rounds("elicitation", "Asks for a name and greets.", ({ answers }) => {
    const name = accepted(answers, "user_name")?.name;
    return name === undefined ? ask({ user_name: userName }) : text(`Hello, ${String(name)}!`);
  }),
  rounds("sampling", "Asks a model for a capital.", ({ answers }) =>
    isRecord(answers.capital_question)
      ? text(sampledText(answers.capital_question))
      : ask({ capital_question: sample("What is the capital of France?", 100) }),
  ),
  rounds("list_roots", "Asks for the client's roots.", ({ answers }) =>
    isRecord(answers.client_roots) ? text(`Roots: ${JSON.stringify(answers.client_roots.roots)}`) : ask({ client_roots: roots() }),
  ),
  rounds("request_state", "Takes back the state that it gave.", ({ answers, state }) => {
    if (accepted(answers, "confirm") === undefined) return ask({ confirm }, "asked to confirm");
    return text(state === "asked to confirm" ? "state-ok" : "the state is missing");
  }),
  rounds("multiple_inputs", "Asks for three things at once.", ({ answers, state }) => {
    const questions = { user_name: userName, greeting: sample("Generate a greeting", 50), client_roots: roots() };
    const missing = Object.entries(questions).filter(([key]) => !isRecord(answers[key]));
    if (missing.length > 0 || state !== "asked three") return ask(questions, "asked three");
    return text(`${sampledText(answers.greeting)} ${String(accepted(answers, "user_name")?.name)} ${JSON.stringify(answers.client_roots)}`);
  }),
  rounds("multi_round", "Asks twice, one after the other.", ({ answers, state }) => {
    if (isRecord(state) && "name" in state) {
      const color = accepted(answers, "step2")?.color;
      return color === undefined ? askForColor(state.name) : text(`${String(state.name)} likes ${String(color)}.`);
    }
    const name = accepted(answers, "step1")?.name;
    if (name !== undefined && state === "step 1") return askForColor(name);
    return ask({ step1: form("Step 1: What is your name?", { name: { type: "string" } }) }, "step 1");
  }),
  rounds("tampered_state", "Refuses state that is not its own.", ({ answers }) =>
    accepted(answers, "confirm") === undefined ? ask({ confirm }, "untouched") : text("confirmed"),
  ),
  rounds("capabilities", "Asks for what the client declared, and for nothing else.", ({ answers, can }) => {
    const questions = {
      ...(can("elicitation") ? { user_name: userName } : {}),
      ...(can("sampling") ? { greeting: sample("Greet", 50) } : {}),
    };
    const open = Object.keys(questions).filter((key) => !isRecord(answers[key]));
    return open.length > 0 ? ask(questions) : text("There is nothing to ask.");
  }),
];

function askForColor(name: unknown): Asking {
  return ask({ step2: form("Step 2: What is your favorite color?", { color: { type: "string" } }) }, { name });
}

function rounds(name: string, description: string, round: (turn: Turn) => ToolResult | Asking): ReferenceTool {
  return { name: `${PREFIX}_${name}`, description, inputSchema: nothing, run: async (turn) => round(turn) };
}

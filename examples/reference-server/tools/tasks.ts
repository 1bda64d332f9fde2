import { setTimeout as pause } from "node:timers/promises";
import { form } from "../questions.ts";
import { type Answers, type Asking, accepted, type Turn } from "../turn.ts";
import { ask } from "./asking.ts";
import { failure, nothing, type ReferenceTool, text } from "./tool.ts";

const yesOrNo = { confirm: { type: "boolean" } };
const named = { name: { type: "string" }, ...yesOrNo };
const PAUSE_MS = 20;

/** Tools that are carried out as tasks where the client declared `io.modelcontextprotocol/tasks`, and one that never is. */
export const taskTools: readonly ReferenceTool[] = [
  {
    name: "greet",
    description: "Greets at once, never as a task.",
    inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false },
    run: async ({ args }) => text(`Hello, ${String(args.name)}!`),
  },
  {
    name: "slow_compute",
    description: "Takes its time.",
    task: "optional",
    inputSchema: {
      type: "object",
      properties: { seconds: { type: "integer", minimum: 0, maximum: 60 }, label: { type: "string" } },
      required: ["seconds"],
      additionalProperties: false,
    },
    async run({ args, signal }) {
      await pause(Number(args.seconds) * 1000, undefined, { signal });
      return text(`computed ${String(args.label ?? "")}`);
    },
  },
  {
    name: "failing_job",
    description: "Fails, as a tool does.",
    task: "required",
    inputSchema: nothing,
    async run() {
      await pause(PAUSE_MS);
      return failure("The job failed.");
    },
  },
  {
    name: "protocol_error_job",
    description: "Breaks, as a server does.",
    task: "required",
    inputSchema: nothing,
    run: () => Promise.reject(new Error("the job broke")),
  },
  {
    name: "confirm_delete",
    description: "Asks the user in the middle of its work.",
    task: "required",
    inputSchema: { type: "object", properties: { filename: { type: "string" } }, required: ["filename"], additionalProperties: false },
    async run(turn) {
      const asked = await inTheMiddle(turn, { confirm: form(`Delete ${String(turn.args.filename)}?`, yesOrNo) });
      if (!("answers" in asked)) return asked;
      return text(accepted(asked.answers, "confirm")?.confirm === true ? "deleted" : "kept");
    },
  },
  {
    name: "multi_input",
    description: "Asks the user two things at once.",
    task: "required",
    inputSchema: nothing,
    async run(turn) {
      const asked = await inTheMiddle(turn, { first: form("First?", named), second: form("Second?", named) });
      return "answers" in asked ? text(`answered ${Object.keys(asked.answers).sort().join(" and ")}`) : asked;
    },
  },
  {
    name: "test_tool_with_task",
    description: "Asks for a name, and greets as a task.",
    task: "required",
    inputSchema: nothing,
    before: ({ answers }) =>
      accepted(answers, "user_name") === undefined
        ? ask({ user_name: form("What is your name?", { name: { type: "string" } }) })
        : undefined,
    run: async ({ answers }) => text(`Hello, ${String(accepted(answers, "user_name")?.name)}!`),
  },
];

/** Where the work cannot wait, the round ends, and this is its second time. */
async function inTheMiddle(turn: Turn, questions: Asking["questions"]): Promise<{ readonly answers: Answers } | Asking> {
  if (turn.askNow !== undefined) return { answers: await turn.askNow(questions) };
  return Object.keys(questions).every((key) => key in turn.answers) ? { answers: turn.answers } : ask(questions);
}

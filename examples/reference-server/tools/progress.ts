import { setTimeout as pause } from "node:timers/promises";
import { nothing, type ReferenceTool, text } from "./tool.ts";

const PAUSE_MS = 20;

/** Tools that say something, or nothing, while they work. */
export const progressTools: readonly ReferenceTool[] = [
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
    name: "test_tool_with_logging",
    description: "Writes three log messages, one after the other.",
    inputSchema: nothing,
    async run(turn) {
      for (const words of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
        await turn.log(words);
        await pause(PAUSE_MS);
      }
      return text("logged");
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
  {
    name: "test_reconnection",
    description: "Hangs up before it answers, where the era can resume the stream.",
    inputSchema: nothing,
    async run(turn) {
      turn.hangUp();
      await pause(PAUSE_MS);
      return text("The client came back.");
    },
  },
];

import type { List } from "../turn.ts";
import { nothing, type ReferenceTool, text } from "./tool.ts";

/** Tools that change what the server offers, and say so. */
export const changeTools: readonly ReferenceTool[] = [
  changing("test_trigger_tool_change", "tools"),
  changing("test_trigger_prompt_change", "prompts"),
  changing("test_trigger_resource_change", "resources"),
  {
    name: "test_touch_resource",
    description: "Says that a resource changed to whoever subscribed to it.",
    inputSchema: { type: "object", properties: { uri: { type: "string" } }, required: ["uri"], additionalProperties: false },
    async run({ args, touch }) {
      touch(String(args.uri));
      return text("touched");
    },
  },
];

function changing(name: string, list: List): ReferenceTool {
  const run: ReferenceTool["run"] = async (turn) => {
    turn.change(list);
    return text("changed");
  };
  return { name, description: `Offers one of the ${list} more, or one less, and says so.`, inputSchema: nothing, run };
}

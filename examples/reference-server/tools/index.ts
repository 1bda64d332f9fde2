import { askingTools } from "./asking.ts";
import { changeTools } from "./changes.ts";
import { contentTools } from "./content.ts";
import { progressTools } from "./progress.ts";
import { roundTools } from "./rounds.ts";
import { schemaTools } from "./schemas.ts";
import { taskTools } from "./tasks.ts";
import { nothing, type ReferenceTool, text } from "./tool.ts";

export { failure, type ReferenceTool, type ToolOutcome, type ToolResult } from "./tool.ts";

/** The tools that the official conformance suite asks for by name, and a few of our own. */
export const referenceTools: readonly ReferenceTool[] = [
  ...contentTools,
  ...progressTools,
  ...schemaTools,
  ...changeTools,
  ...askingTools,
  ...roundTools,
  ...taskTools,
];

/** What `test_trigger_tool_change` adds and takes away. */
export const extraTool: ReferenceTool = {
  name: "test_extra",
  description: "Comes and goes.",
  inputSchema: nothing,
  run: async () => text("still here"),
};

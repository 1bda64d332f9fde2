export type { CompletionTarget, EntryTarget, PromptTarget, ResourceTarget, Target, TargetOf, ToolTarget } from "./target.ts";

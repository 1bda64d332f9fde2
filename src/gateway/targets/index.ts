export { promptText, resourceText, toolText } from "./fragments.ts";
export { liveResources } from "./live-resources.ts";
export { completionTarget, resourceTarget } from "./make-targets.ts";
export type {
  CompletionTarget,
  EntryTarget,
  ExtensionTarget,
  PromptTarget,
  ResourceTarget,
  Target,
  TargetOf,
  ToolTarget,
} from "./target.ts";
export { isAsApproved, type ListedResource, type ServerTargets, type Targets, targetsOf } from "./targets.ts";

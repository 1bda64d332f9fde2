export { judgeRules, type RulesAsked } from "./judge-rules.ts";
export { leafOf } from "./leaves.ts";
export { told, valueText } from "./values.ts";
export { without } from "./workspace.ts";

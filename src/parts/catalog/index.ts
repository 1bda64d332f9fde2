export type { AgentRefusal, BudgetDefinition, Catalog, CatalogAgent, CatalogTool, Effect, RuleName } from "./catalog.ts";
export { ruleNames } from "./catalog.ts";

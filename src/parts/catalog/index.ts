export { ArgumentChecks, type CheckArguments, schemaFaultCompiled } from "./arguments.ts";
export type { AgentRefusal, BudgetDefinition, Catalog, CatalogAgent, CatalogTool, Effect, RuleName } from "./catalog.ts";
export { ruleNames } from "./catalog.ts";
export { glob } from "./glob.ts";
export { type CatalogMistake, readCatalog } from "./read-catalog.ts";
export {
  agentsSchema,
  budgetsSchema,
  type CatalogData,
  definitionSchema,
  groupsSchema,
  idSchema,
  pinSchema,
  serversSchema,
  timezoneSchema,
  toolNameSchema,
  toolsSchema,
} from "./schema.ts";
export { serverDefinition } from "./server-definition.ts";

export { ArgumentChecks, type CheckArguments, schemaFaultCompiled } from "./arguments.ts";
export type {
  AgentRefusal,
  BudgetDefinition,
  Catalog,
  CatalogAgent,
  CatalogPrompt,
  CatalogResource,
  CatalogTool,
  Effect,
  RuleName,
} from "./catalog.ts";
export { ruleNames } from "./catalog.ts";
export { type CatalogMistake, extensionMethodMistakes } from "./catalog-mistakes.ts";
export { idSchema } from "./fields.ts";
export { glob } from "./glob.ts";
export { readBundleData, readCatalog } from "./read-catalog.ts";
export {
  agentsSchema,
  type BundleData,
  budgetsSchema,
  type CatalogData,
  groupsSchema,
  promptsSchema,
  resourcesSchema,
  serversSchema,
  timezoneSchema,
  toolsSchema,
} from "./schema.ts";
export { serverDefinition } from "./server-definition.ts";
export {
  definitionSchema,
  pinSchema,
  promptDefinitionSchema,
  promptNameSchema,
  templateDefinitionSchema,
  templateNameSchema,
  toolNameSchema,
} from "./target-schema.ts";
export { readUriPattern, readUriTemplate, type UriPattern } from "./uri-pattern.ts";

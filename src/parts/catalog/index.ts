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
export { groupNameSchema, idSchema, serverIdSchema, text } from "./fields.ts";
export { glob } from "./glob.ts";
export { type HeldRole, type RolesNow, roleOf } from "./held-roles.ts";
export { approveObligation, budgetObligation, costPath, costSchema, type Obliged, type TableObligation } from "./obliged.ts";
export { operatorsSchema } from "./operator-schema.ts";
export { type CatalogOperator, type OperatorRefusal, operatorMistakes } from "./operators.ts";
export { readBundleData, readCatalog } from "./read-catalog.ts";
export {
  agentsSchema,
  type BundleData,
  budgetSchema,
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
  effects,
  pinSchema,
  promptDefinitionSchema,
  promptNameSchema,
  risks,
  templateDefinitionSchema,
  templateNameSchema,
  toolNameSchema,
} from "./target-schema.ts";
export { readUriPattern, readUriTemplate, type UriPattern } from "./uri-pattern.ts";

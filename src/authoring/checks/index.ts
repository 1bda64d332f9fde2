export { type AuthorPackage, checkPolicies, type PolicyFacts, type PolicySources } from "./check-policies.ts";

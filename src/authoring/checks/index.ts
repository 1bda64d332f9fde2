export { checkBaseData } from "./base-data.ts";
export type { Check, CheckText } from "./check.ts";
export { type AuthorPackage, checkPolicies, type PolicyFacts, type PolicySources } from "./check-policies.ts";
export { checks, everyCheck } from "./checks.ts";
export { checkLeftOut } from "./left-out-file.ts";

export { type Entrypoint, entrypoints, type Load, lightLoad, type Policy, type PolicyLimits, type PolicySource } from "./policy.ts";

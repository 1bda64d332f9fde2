export { type IdentityConfig, type IssuerConfig, identityConfig } from "./config.ts";
export { createIdentity, type IdentitySurroundings } from "./create-identity.ts";
export type { AuthRefusal, Identity } from "./identity.ts";

export { type CredentialsConfig, credentialsConfig } from "./config.ts";
export { type CredentialsOptions, createCredentials } from "./create-credentials.ts";
export type { CredentialMissing, Credentials } from "./credentials.ts";
export { type Secret, type SecretSource, secretOf } from "./secrets.ts";

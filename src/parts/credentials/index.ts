export type { CredentialMissing, Credentials } from "./credentials.ts";

export type { BundleCode, BundleIdentity, BundleRefusal, VerifiedBundle } from "./bundle.ts";

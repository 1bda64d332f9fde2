import { z } from "zod";
import { type BundleLimits, defaultBundleLimits } from "./limits.ts";
import { defaultTenant } from "./manifest.ts";

const positive = z.int().min(1);

/** Section `bundle` of the configuration: where the signed bundle is and whose it must be. It never says what is allowed. */
export const bundleConfig = z.strictObject({
  file: z.string().min(1).describe("Path of the signed bundle (tar.gz). Watched: a new one is activated when it verifies."),
  keyring: z.string().min(1).describe("Path of the keyring (YAML or JSON): the public keys whose signature counts. Watched."),
  name: z.string().min(1).describe("Name that the bundle's manifest must carry."),
  environment: z.string().min(1).describe("Environment that the bundle's manifest must carry."),
  tenant: z.string().min(1).default(defaultTenant).describe("Tenant that the bundle's manifest must carry."),
  min_sequence: positive.optional().describe("Bundles with a lower sequence are refused, whatever was active before."),
  poll_ms: z.int().min(100).default(5000).describe("Milliseconds between looks at the files, where changes are not reported."),
  max_bytes: positive.default(defaultBundleLimits.maxBytes).describe("Largest archive, in bytes as stored."),
  max_total_bytes: positive.default(defaultBundleLimits.maxTotalBytes).describe("Largest content, in bytes unpacked."),
  max_file_bytes: positive.default(defaultBundleLimits.maxFileBytes).describe("Largest single file, in bytes unpacked."),
  max_files: positive.default(defaultBundleLimits.maxFiles).describe("Most entries of the archive."),
  max_ratio: positive.default(defaultBundleLimits.maxRatio).describe("Most bytes unpacked for each byte stored."),
});
export type BundleConfig = z.infer<typeof bundleConfig>;

export function bundleLimits(config: BundleConfig): BundleLimits {
  return {
    maxBytes: config.max_bytes,
    maxTotalBytes: config.max_total_bytes,
    maxFileBytes: config.max_file_bytes,
    maxFiles: config.max_files,
    maxRatio: config.max_ratio,
  };
}

/** What an archive may cost before anything in it is trusted. All sizes are bytes. */
export interface BundleLimits {
  /** The archive as it is stored. */
  readonly maxBytes: number;
  /** Everything in it, unpacked. */
  readonly maxTotalBytes: number;
  readonly maxFileBytes: number;
  /** Entries, folders included. */
  readonly maxFiles: number;
  /** Unpacked to packed; judged above 1 MiB unpacked. Policies reach about 30, a bomb 1000. */
  readonly maxRatio: number;
}

const MIB = 1024 * 1024;

export const defaultBundleLimits: BundleLimits = {
  maxBytes: 64 * MIB,
  maxTotalBytes: 256 * MIB,
  maxFileBytes: 192 * MIB,
  maxFiles: 4096,
  maxRatio: 200,
};

import type { Digest } from "../../core/digest.ts";
import type { OperationsKey } from "./operations.ts";

export interface OperationsKeys {
  readonly state: string;
  readonly channel: string;
  readonly replicas: string;
  readonly bundles: string;
  readonly bundlePrefix: string;
  counts(rollout: string): string;
  bundle(digest: Digest): string;
  pieces(digest: Digest, writer: string): string;
}

/** All keys of a tenant share one hash tag, so that a script may touch any of them on a cluster too. */
export function keysOf({ tenant, environment, name }: OperationsKey): OperationsKeys {
  const prefix = `tg1:{${encodeURIComponent(tenant)}}:ops:${encodeURIComponent(environment)}:${encodeURIComponent(name)}:`;
  return {
    state: `${prefix}state`,
    channel: `${prefix}changed`,
    replicas: `${prefix}replicas`,
    bundles: `${prefix}bundles`,
    bundlePrefix: `${prefix}bundle:`,
    counts: (rollout) => `${prefix}counts:${rollout}`,
    bundle: (digest) => `${prefix}bundle:${digest}`,
    pieces: (digest, writer) => `${prefix}pieces:${digest}:${writer}`,
  };
}

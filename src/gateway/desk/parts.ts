import type { BundleStore } from "../../parts/bundle/index.ts";
import type { Operations } from "../../parts/operations/index.ts";
import type { Readiness } from "../gateway.ts";
import type { BuiltParts } from "../parts.ts";
import type { Rollouts } from "../rollouts/index.ts";

/** What the desk works with: the gateway's own parts, and what operators move. */
export interface DeskParts
  extends Pick<BuiltParts, "generations" | "identity" | "log" | "meter" | "replicas" | "clock" | "ids" | "logger"> {
  readonly operations: Operations;
  readonly rollouts: Rollouts;
  /** The one tenant and environment whose bundles this gateway has; operators of another tenant are nobody here. */
  readonly tenant: string;
  readonly environment: string;
  readonly readiness: () => Readiness;
  readonly logFolder: string;
  readonly bundles: Pick<BundleStore, "read">;
}

import type { CompiledPolicy } from "./compiled-policy.ts";
import type { Judged } from "./judge.ts";
import type { Entrypoint } from "./policy.ts";

export interface WorkerData {
  readonly policy: CompiledPolicy;
}

export interface Ask<E extends Entrypoint = Entrypoint> {
  readonly entrypoint: E;
  readonly input: string;
  /** At most so many evaluations; the time of the quickest is reported. */
  readonly runs: number;
}

export type FromWorker = { readonly kind: "ready" } | { readonly kind: "judged"; readonly judged: Judged<Entrypoint>; readonly ms: number };

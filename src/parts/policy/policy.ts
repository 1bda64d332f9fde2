import type { Decision, Inspection, MaskPath, Reason } from "../../core/decision.ts";

/**
 * One bundle's policy, ready to be asked. Every `input` is the JSON text of `toolgate.input/v1`.
 * Nothing here throws for what a policy does: whatever is odd comes back as a denial that says so.
 */
export interface Policy {
  /** Judges one call. Undefined, wrong shape, built-in error, time-out and memory all deny. */
  decide(input: string, load: Load): Promise<Decision>;
  /** For each of `input.items`, in order, whether the caller may see it. In doubt: not. */
  discover(input: string, load: Load): Promise<readonly boolean[]>;
  /** Judges a result (`phase: result`). In doubt: withheld. */
  inspect(input: string, load: Load): Promise<Inspection>;
  /** Reasons why this principal may not connect; none means it may. */
  admit(input: string, load: Load): Promise<readonly Reason[]>;
  /** What a record must not hold in clear. In doubt: `[""]`, the whole input. */
  mask(input: string, load: Load): Promise<readonly MaskPath[]>;
  close(): Promise<void>;
}

/** What decides where an evaluation runs. Main thread only when the input is at most 16 KiB, `widest` at most 256 and `nested` false. */
export interface Load {
  /** Most entries of any array or object in the input. */
  readonly widest: number;
  /** A package that serves this target iterates in a nested way (found at build). */
  readonly nested: boolean;
}

export const lightLoad: Load = { widest: 0, nested: false };

/** What one policy is made of: the module and the part of the bundle's data that rules read. */
export interface PolicySource {
  readonly wasm: Uint8Array;
  /** JSON text of { roles, index, settings, custom }. */
  readonly data: string;
}

export interface PolicyLimits {
  /** Milliseconds after which a worker is ended and the decision is `policy.timeout`. */
  readonly timeoutMs: number;
  readonly workers: number;
  /** Bytes a WebAssembly instance may grow to. */
  readonly maxMemoryBytes: number;
}

export const entrypoints = ["toolgate/admit", "toolgate/discover", "toolgate/decide", "toolgate/inspect", "toolgate/mask"] as const;
export type Entrypoint = (typeof entrypoints)[number];

/** What a client declared that it can do, as far as the gateway can carry it. */
export interface ClientCapabilities {
  readonly elicitation?: { readonly form: boolean; readonly url: boolean };
  readonly sampling?: { readonly tools: boolean; readonly context: boolean };
  readonly roots?: true;
  /** Extensions by id with their settings; at most a few. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

export const noCapabilities: ClientCapabilities = Object.freeze({ extensions: Object.freeze({}) });

export const logLevels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;
export type LogLevel = (typeof logLevels)[number];

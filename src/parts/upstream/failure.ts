import { err } from "../../core/result.ts";
import type { UpstreamFailure } from "./upstream.ts";

export type Failed = { readonly ok: false; readonly error: UpstreamFailure };

export function failed(code: UpstreamFailure["code"], detail: string, dispatched: boolean): Failed {
  return err({ code, detail, dispatched });
}

/** The words of an error for operators: code and message, never the stack. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return `${code}${error.message}`;
}

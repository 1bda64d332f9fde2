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

/** What an error of a connection to an HTTP server means. */
export function networkFault(error: Error): Pick<UpstreamFailure, "code" | "detail"> {
  const code = "code" in error ? String(error.code) : "";
  if (code === "TOOLGATE_WRONG_PLACE") return { code: "upstream.wrong_place", detail: error.message };
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") {
    return { code: "upstream.invalid_answer", detail: `the answer is no HTTP: ${wordsOf(error)}` };
  }
  return { code: "upstream.unavailable", detail: wordsOf(error) };
}

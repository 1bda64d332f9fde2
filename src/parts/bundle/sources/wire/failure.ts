import type { FetchFailure } from "../polling-source.ts";
import type { SourceCode } from "../source.ts";
import { retryAfterMs } from "../waits.ts";
import { shownUrl } from "./safe-url.ts";
import { type Answer, headerOf, TransportFault } from "./transport.ts";

type Failed = { readonly ok: false; readonly error: FetchFailure };

/** Why no answer, or no whole one, came. `contacted`: an answer had begun. */
export function brokenOff(error: unknown, url: URL, contacted: boolean): Failed {
  if (error instanceof TransportFault) return failure("source.no_credential", error.message, false);
  if (isTimeout(error)) {
    return failure("source.timeout", `"${shownUrl(url)}" ${contacted ? "did not end its answer" : "did not answer"} in time`, contacted);
  }
  const why = wordsOf(error);
  if (contacted || isHttpFault(error)) return failure("source.cut_off", `"${shownUrl(url)}" broke off its answer: ${why}`, true);
  return failure("source.unreachable", `"${shownUrl(url)}" cannot be reached: ${why}`, false);
}

/** An answer that brings nothing, by its status. */
export function failedAnswer(answer: Answer, url: URL, now: number): Failed {
  const { status } = answer;
  const told = failure(codeOf(status), `"${shownUrl(url)}" answered ${status}`, true);
  const asked = retryAfterMs(headerOf(answer, "retry-after"), now);
  return asked === undefined ? told : { ok: false, error: { ...told.error, retryAfterMs: asked } };
}

export function denied(detail: string): Failed {
  return failure("source.denied", detail, true);
}

function failure(code: SourceCode, detail: string, contacted: boolean): Failed {
  return { ok: false, error: { code, detail, contacted } };
}

function codeOf(status: number): SourceCode {
  if (status === 401 || status === 403) return "source.denied";
  if (status === 404 || status === 410) return "source.not_found";
  return status === 429 ? "source.busy" : "source.failed";
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || codeIn(error) === "UND_ERR_CONNECT_TIMEOUT");
}

const httpFaults: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

/** Something did answer, but not in HTTP. */
function isHttpFault(error: unknown): boolean {
  return error instanceof Error && (error.name === "HTTPParserError" || httpFaults.has(codeIn(error)));
}

/** Of several addresses tried, Node gives an error for each. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? codeIn(error) : error.message.toLowerCase();
}

function codeIn(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}

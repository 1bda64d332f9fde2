import type { Readiness } from "../gateway/index.ts";
import type { SourceStatus } from "../parts/bundle/index.ts";

/** What the gateway says of itself, with how its bundle source does. One that fails closes nothing: the last good bundle decides. */
export function withSource(own: Readiness, source: SourceStatus | undefined): Readiness {
  if (source === undefined) return own;
  return { ready: own.ready, parts: { ...own.parts, source: { ok: source.failures === 0, detail: sourceText(source) } } };
}

function sourceText({ kind, where, lastContact, lastSuccess, lastContent, failures, problem, nextTry }: SourceStatus): string {
  return [
    `${kind} ${where}`,
    ...(problem
      ? [`failing since ${iso(problem.since)}, ${failures === 1 ? "1 try" : `${failures} tries`}: ${problem.code}: ${problem.detail}`]
      : []),
    lastSuccess === undefined ? "it brought nothing yet" : `last success ${iso(lastSuccess)}`,
    ...(lastContact !== undefined && lastContact !== lastSuccess ? [`last contact ${iso(lastContact)}`] : []),
    ...(lastContent === undefined ? [] : [`last new content ${iso(lastContent)}`]),
    ...(nextTry === undefined ? [] : [`next try ${iso(nextTry)}`]),
  ].join("; ");
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

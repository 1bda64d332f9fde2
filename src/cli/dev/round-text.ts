import { countsOf, type Developed, type TestRun } from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";
import { oneLine } from "../shown-text.ts";
import type { Terminal } from "../terminal.ts";

/** What became of a bundle that was ready: where it is in force, or why a gateway did not take it. */
export type Activated = { readonly ok: true; readonly where: string } | { readonly ok: false; readonly detail: string };

export interface Round {
  readonly number: number;
  readonly ms: number;
  readonly developed: Developed;
  /** Absent where there was nothing to activate. */
  readonly activated: Activated | undefined;
  /** Of the gateway, once it runs. */
  readonly url: string | undefined;
}

export function roundJson({ number, ms, developed, activated, url }: Round): object {
  const told =
    developed.kind === "mistakes"
      ? { mistakes: developed.mistakes }
      : {
          tests: countsOf(developed.run),
          failed: failedOf(developed.run),
          ...(developed.kind === "ready" && { revision: developed.revision }),
        };
  const ok = developed.kind === "ready" && activated?.ok === true;
  return { round: number, ok, ms, kind: developed.kind, ...told, ...(activated !== undefined && { activated }), ...(url && { url }) };
}

const failedOf = ({ results }: TestRun) => results.filter(({ outcome }) => outcome === "failed");

/** One line for what went well; what went wrong in full, and what is still in force. */
export function roundText(terminal: Terminal, folder: string, { number, ms, developed, activated, url }: Round): string {
  const { paint } = terminal;
  const head = paint.dim(`#${number} ${(ms / 1000).toFixed(1)} s`);
  const stays = number === 1 || url === undefined ? "" : paint.dim(`\nThe bundle before it stays in force at ${url}.`);
  if (developed.kind === "mistakes") {
    const mistakes = developed.mistakes.map((mistake) => ({ ...mistake, file: mistake.file || folder }));
    return `${head} ${paint.red("not built")}\n\n${formatMistakes(mistakes, { colour: terminal.colour }).trimEnd()}${stays}`;
  }
  const { passed, failed } = countsOf(developed.run);
  if (developed.kind === "failed") {
    const lines = failedOf(developed.run).flatMap(({ name, file, line, failures }) => [
      `  ${paint.red(oneLine(name))}  ${paint.dim(`${file}:${line}`)}`,
      ...failures.flatMap(({ text, differences }) => [
        `    ${oneLine(text)}`,
        ...differences.map((one) => `    ${paint.dim(JSON.stringify(one))}`),
      ]),
    ]);
    return `${head} ${paint.red(`${failed} of ${passed + failed} tests failed`)}\n${lines.join("\n")}${stays}`;
  }
  if (activated?.ok === false)
    return `${head} ${passed} tests passed, ${paint.red("not activated")}\n  ${oneLine(activated.detail)}${stays}`;
  return `${head} ${paint.green(`${developed.revision} active`)}, ${passed} tests passed  ${paint.dim(activated?.where ?? "")}`;
}

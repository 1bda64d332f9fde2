import { createColors } from "picocolors";
import { shownText } from "./shown-text.ts";

/** Where a command writes, and whether in colour. What a terminal would act on is spelled out. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly paint: ReturnType<typeof createColors>;
  readonly colour: boolean;
  /** Aborted once nobody reads what is written any more: a pipe or a terminal was closed. */
  readonly closed: AbortSignal;
}

/** Colour only where a person sees it: picocolors looks at the terminal, NO_COLOR and FORCE_COLOR. */
export function systemTerminal(): Terminal {
  const colour = createColors().isColorSupported;
  const closed = new AbortController();
  // Without a listener `toolgate log tail | head` ends in a stack trace, and a demo whose terminal was closed cannot tidy up.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      closed.abort();
      // A reader that has seen enough is no failure; a disk that is full is one.
      if (error.code !== "EPIPE") process.once("exit", () => lost(stream, error));
    });
  return {
    out: (text) => process.stdout.write(`${shownText(text, colour)}\n`),
    err: (text) => process.stderr.write(`${shownText(text, colour)}\n`),
    paint: createColors(colour),
    colour,
    closed: closed.signal,
  };
}

function lost(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (stream === process.stdout) process.stderr.write(`cannot go on: standard output: ${error.message}\n`);
  if (Number(process.exitCode ?? exitCodes.ok) === exitCodes.ok) process.exitCode = exitCodes.unavailable;
}

/** What commands end with. Documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** What was checked does not hold: a failing test, an invariant, a bundle that does not verify, a broken log, a step of the story. */
  finding: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** A mistake in what the command was given: a configuration, tables, policies, cases. */
  mistake: 65,
  /** Something the command needs is missing or broken: a file, a port, OPA. */
  unavailable: 69,
  /** A bug. */
  bug: 70,
} as const;

/** Columns that align: every cell padded to the widest of its column, without trailing blanks. Colour codes have no width. */
export function table(rows: readonly (readonly string[])[], indent = "  ", gap = "   "): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  return rows
    .map((row) => {
      const cells = row.map((cell, at) => (at === row.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - widthOf(cell))));
      return `${indent}${cells.join(gap)}`.trimEnd();
    })
    .join("\n");
}

function widthOf(cell: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colour codes begin with
  return cell.replace(/\u001b\[[0-9;]*m/g, "").length;
}

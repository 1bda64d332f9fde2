import type { Terminal } from "./terminal.ts";

/** Nothing is told of what takes no longer than this. */
const QUIET_MS = 1000;
/** Between two lines where each stays, as in a log of CI. */
const EVERY_MS = 5000;
const REDRAWN_EVERY_MS = 200;

export type Progress = (done: number, all: number) => void;

/** How far something is, on standard error. On a terminal it is one line that goes when all is done. */
export function progressOf(terminal: Terminal, what: string, verb = "asked"): Progress {
  const redrawn = process.stderr.isTTY === true;
  let next: number | undefined;
  let shown = false;
  return (done, all) => {
    next ??= performance.now() + QUIET_MS;
    if (shown && redrawn && done >= all) process.stderr.write(clear);
    const now = performance.now();
    if (now < next || done >= all) return;
    next = now + (redrawn ? REDRAWN_EVERY_MS : EVERY_MS);
    shown = true;
    const text = `${what}: ${verb} ${Math.floor((100 * done) / Math.max(1, all))} %`;
    if (redrawn) process.stderr.write(`${clear}${terminal.paint.dim(text.slice(0, (process.stderr.columns ?? 80) - 1))}`);
    else terminal.err(text);
  };
}

/** Says after a second that something goes on which cannot tell how far it is. Returns what ends it. */
export function patience(terminal: Terminal, text: string): () => void {
  const redrawn = process.stderr.isTTY === true;
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    if (redrawn) process.stderr.write(terminal.paint.dim(text));
    else terminal.err(text);
  }, QUIET_MS);
  return () => {
    clearTimeout(timer);
    if (shown && redrawn) process.stderr.write(clear);
    shown = false;
  };
}

const clear = "\r\u001b[2K";

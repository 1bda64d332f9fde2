import type { Terminal } from "../terminal.ts";

/** Nothing is told of what takes no longer than this. */
const QUIET_MS = 1000;
const EVERY_MS = 5000;

/** How far something is, on standard error. */
export function progressOf(terminal: Terminal, what: string): (done: number, all: number) => void {
  let next = performance.now() + QUIET_MS;
  return (done, all) => {
    const now = performance.now();
    if (now < next) return;
    next = now + EVERY_MS;
    terminal.err(`${what}: asked ${Math.floor((100 * done) / Math.max(1, all))} %`);
  };
}

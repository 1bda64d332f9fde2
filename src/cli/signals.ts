import { undoAll } from "../platform/at-exit.ts";
import { whenParentEnds } from "../platform/parent-process.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const quit = (signal: NodeJS.Signals) => {
  undoAll();
  for (const name of signals) process.off(name, quit);
  // By the signal itself, so that a shell sees 130 for Ctrl-C and ends its script.
  process.kill(process.pid, signal);
};

/** A signal ends the process at once, and nothing of it stays behind; until somebody waits for signals with `askedToStop`. */
export function quitAtSignals(): void {
  for (const name of signals) process.on(name, quit);
}

/** Ctrl-C comes several times: from the terminal itself, and again through npm and the launcher. */
const SAME_PRESS_MS = 1_000;

/**
 * Resolves when somebody asks this process to stop: a signal, or the end of the process that started it. A signal that
 * comes a second or more later means "now": it ends the process at once.
 */
export function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      first ??= performance.now();
      resolve();
      if (performance.now() - first < SAME_PRESS_MS) return;
      undoAll();
      for (const name of signals) process.off(name, onSignal);
      process.kill(process.pid, signal);
    };
    for (const name of signals) process.off(name, quit).on(name, onSignal);
    whenParentEnds(resolve);
  });
}

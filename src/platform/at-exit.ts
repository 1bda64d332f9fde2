const waiting = new Set<() => void>();

/**
 * Has something undone whichever way this process ends, short of being killed: a temporary folder, a program that was
 * started. Returns how to say that it was undone in time. What is registered must not wait for anything.
 */
export function atExit(undo: () => void): () => void {
  if (waiting.size === 0) process.once("exit", undoAll);
  waiting.add(undo);
  return () => {
    waiting.delete(undo);
    if (waiting.size === 0) process.off("exit", undoAll);
  };
}

/** For an end that does not come by itself: a signal. */
export function undoAll(): void {
  for (const undo of waiting) {
    waiting.delete(undo);
    try {
      undo();
    } catch {
      // Whatever else is waiting is undone all the same.
    }
  }
}

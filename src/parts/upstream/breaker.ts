/**
 * Keeps calls away from a server that does not answer: after `failures` in a row it refuses for `openMs`, then lets one
 * call through to try. Counting is all it does, because it stands in the path of every call; time is an argument.
 */
export interface Breaker {
  /** Whether a call may go out now. A call that may must be followed by `succeeded`, `failedToAnswer` or `undecided`. */
  enter(now: number): boolean;
  succeeded(): void;
  failedToAnswer(now: number): void;
  /** The call says nothing about the server, for example because its caller gave up. */
  undecided(): void;
}

export function createBreaker({ failures, openMs }: { readonly failures: number; readonly openMs: number }): Breaker {
  let inRow = 0;
  let openUntil = 0;
  let trying = false;
  return {
    enter(now) {
      if (inRow < failures) return true;
      if (trying || now < openUntil) return false;
      trying = true;
      return true;
    },
    succeeded() {
      inRow = 0;
      trying = false;
    },
    failedToAnswer(now) {
      inRow++;
      trying = false;
      if (inRow >= failures) openUntil = now + openMs;
    },
    undecided() {
      trying = false;
    },
  };
}

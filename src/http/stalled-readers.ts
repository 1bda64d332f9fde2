import type { Socket } from "node:net";

/** A reader that takes nothing of what was written for this long holds our memory and reads no more. */
export const STALLED_MS = 60_000;

interface Progress {
  readonly taken: number;
  readonly since: number;
}

/**
 * Cuts connections whose reader stalls. Each may hold the whole of an answer, and nothing else would ever end one: it is
 * neither idle nor asking. Called again and again with the time of the moment, in milliseconds.
 */
export function stalledReaders(): (open: Iterable<Socket>, now: number) => void {
  const seen = new WeakMap<Socket, Progress>();
  return (open, now) => {
    for (const socket of open) {
      if (socket.writableLength === 0) {
        seen.delete(socket);
        continue;
      }
      // What was handed over to the system; it moves only when the reader takes something.
      const taken = socket.bytesWritten - socket.writableLength;
      const before = seen.get(socket);
      if (before?.taken !== taken) seen.set(socket, { taken, since: now });
      else if (now - before.since >= STALLED_MS) socket.destroy();
    }
  };
}

import type { SessionNews } from "../../src/parts/sessions/index.ts";

/** All replicas of a test in one process. `cut` as if nobody told anybody anything. */
export function newsroom(): SessionNews & { cut: boolean } {
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  const room = {
    cut: false,
    tell(topic: string, payload: unknown) {
      if (!room.cut) for (const listener of listeners.get(topic) ?? []) listener(JSON.parse(JSON.stringify(payload)));
    },
    onTold(topic: string, listener: (payload: unknown) => void) {
      const known = listeners.get(topic) ?? new Set();
      listeners.set(topic, known.add(listener));
      return () => known.delete(listener);
    },
  };
  return room;
}

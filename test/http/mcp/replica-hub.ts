import type { Replicas } from "../../../src/gateway/index.ts";

type Handler = Parameters<Replicas["serve"]>[1];

/** Replicas of one process that carry JSON to each other. One that is `cut` answers nobody. */
export function replicaHub(): { join(id: string): Replicas; cut(id: string): void } {
  const handlers = new Map<string, Map<string, Handler>>();
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
  return {
    cut: (id) => void handlers.delete(id),
    join(id) {
      handlers.set(id, new Map());
      return {
        id,
        serve: (topic, handler) => void handlers.get(id)?.set(topic, handler),
        ask: async (replica, topic, payload, { signal, onEvent }) => {
          const handler = handlers.get(replica)?.get(topic);
          if (handler === undefined) return { kind: "away" };
          const gone = new Promise<"gone">((resolve) => signal?.addEventListener("abort", () => resolve("gone"), { once: true }));
          const asked = handler(copy(payload), (event) => onEvent?.(copy(event)), signal ?? new AbortController().signal);
          const value = await Promise.race([asked, gone]);
          return value === "gone" ? { kind: "away" } : { kind: "answer", value: copy(value) };
        },
        tell: (topic, payload) => {
          for (const listener of listeners.get(topic) ?? []) listener(copy(payload));
        },
        onTold: (topic, listener) => {
          const all = listeners.get(topic) ?? new Set();
          listeners.set(topic, all.add(listener));
          return () => all.delete(listener);
        },
        close: async () => {},
      };
    },
  };
}

import type { Exchange } from "../gateway.ts";
import type { Parts } from "../parts.ts";
import { ResourceWatch } from "./resource-watch.ts";

/** Everybody that hears of changes of resources. */
export interface Watches {
  watch(exchange: Exchange, uri: string, listener: () => void, onRefused: () => void): () => void;
  /** After a swap or a quarantine: whoever may no longer hear of it is told so at once, not with the next change. */
  recheck(): void;
}

export function createWatches(parts: Parts): Watches {
  const watches = new Set<ResourceWatch>();
  return {
    watch(exchange, uri, listener, onRefused) {
      const watch = new ResourceWatch(parts, exchange, uri, listener, () => {
        watches.delete(watch);
        onRefused();
      });
      watches.add(watch);
      return () => {
        watches.delete(watch);
        watch.stop();
      };
    },
    recheck() {
      for (const watch of watches) watch.recheck();
    },
  };
}

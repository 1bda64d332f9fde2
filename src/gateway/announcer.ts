import type { Logger } from "../platform/logger.ts";

/** Tells everybody who listens. What one listener throws keeps the news from nobody else: some of them close what is refused. */
export interface Announcer<News> {
  tell(news: News): void;
  listen(listener: (news: News) => void): () => void;
}

export function createAnnouncer<News>(logger: Logger): Announcer<News> {
  const listeners = new Set<(news: News) => void>();
  return {
    tell(news) {
      for (const listener of listeners) {
        try {
          listener(news);
        } catch (error) {
          logger.error({ error: String(error) }, "a listener failed");
        }
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

import type { FastifyInstance } from "fastify";

/** What is not over by then at a shutdown is ended: a client that reads slowly must not hold up the process. */
export const MOST_CLOSING_MS = 10_000;
/** For the answers to requests that were ended, before their connections are cut. */
const LAST_ANSWERS_MS = 500;

/**
 * Takes no new requests and waits for those under way. After `mostMs` they are ended with `endRequests`, and then whatever
 * connection is still open is cut.
 */
export async function closeDoors(
  apps: readonly FastifyInstance[],
  endRequests: () => Promise<void>,
  mostMs: number = MOST_CLOSING_MS,
): Promise<void> {
  let cut: NodeJS.Timeout | undefined;
  const cutAll = () => {
    for (const app of apps) app.server.closeAllConnections();
  };
  const end = setTimeout(() => {
    cut = setTimeout(cutAll, LAST_ANSWERS_MS);
    void endRequests();
  }, mostMs);
  try {
    await Promise.all(apps.map((app) => app.close()));
  } finally {
    clearTimeout(end);
    clearTimeout(cut);
  }
}

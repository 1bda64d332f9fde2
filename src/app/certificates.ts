import { followCertificate } from "../http/index.ts";
import type { Logger } from "../platform/logger.ts";
import type { Built } from "./build.ts";
import type { Config } from "./config.ts";

const LOOK_EVERY_MS = 5_000;

/** Serves renewed certificates on every listener that has one, until it is stopped by what it returns. */
export function followCertificates({ app, adminApp }: Pick<Built, "app" | "adminApp">, config: Config, logger: Logger): () => void {
  const listeners = [
    [app, config.listen],
    [adminApp, config.admin?.listen],
  ] as const;
  const stops = listeners.map(([door, listen]) => {
    if (door === undefined || listen === undefined) return () => {};
    const about = { certificate: listen.tls?.cert };
    const events = {
      renewed: () => logger.info(about, "a renewed certificate is served"),
      problem: (detail: string) =>
        logger.error({ ...about, detail }, "the certificate cannot be read anew; the one before it is served on"),
    };
    return followCertificate(door, listen, events, LOOK_EVERY_MS);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

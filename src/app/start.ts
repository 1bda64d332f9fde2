import { messageOf } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import { spendOf } from "../gateway/index.ts";
import { tailLog } from "../parts/decisions/index.ts";
import { type Built, build, type NotBuilt, type Surroundings } from "./build.ts";
import { wayInto } from "./bundle-source.ts";
import { followCertificates } from "./certificates.ts";
import type { Config } from "./config.ts";

/** A gateway that listens. */
export interface Started {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where the admin API listens, if the configuration wants it. */
  readonly adminUrl?: string;
  readonly built: Built;
  /** Refuses new work, lets calls in flight end, settles and records them, then closes. Safe to call twice. */
  stop(): Promise<void>;
}

/** How often refusals that were only counted are put on record. */
const FLUSH_MS = 1000;

/** Builds the gateway, activates its bundle, waits for the next ones, and listens. Without a valid bundle nothing listens. */
export async function start(config: Config, surroundings: Surroundings): Promise<Result<Started, NotBuilt>> {
  const result = await build(config, surroundings);
  if (!result.ok) return result;
  const built = result.value;
  const { bundles } = built;
  await built.rollouts.begin();
  const opened = await bundles.open(wayInto(built, config));
  if (!opened.ok) {
    await bundles.close();
    await built.close();
    return opened;
  }
  await restoreSpend(built, config, surroundings);
  const flush = setInterval(() => void built.flush(), FLUSH_MS);
  try {
    const url = await listening(built.app, config.listen);
    if (config.metrics) await built.metricsApp?.listen({ host: config.metrics.host, port: config.metrics.port });
    const adminUrl = config.admin && built.adminApp && (await listening(built.adminApp, config.admin.listen));
    const stopFollowing = followCertificates(built, config, surroundings.logger);
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      clearInterval(flush);
      stopFollowing();
      await bundles.close();
      await built.close();
    };
    return ok({
      url,
      ...(adminUrl === undefined ? {} : { adminUrl }),
      built,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    });
  } catch (error) {
    clearInterval(flush);
    await bundles.close();
    await built.close();
    return err({ detail: messageOf(error) });
  }
}

/** Where it listens. Fastify knows nothing of the TLS of a server that was made for it. */
async function listening(app: Built["app"], { host, port, tls }: Config["listen"]): Promise<string> {
  const address = await app.listen({ host, port });
  return tls === undefined ? address : address.replace(/^http:/, "https:");
}

/** Tells a ledger in memory what the log says was spent. */
async function restoreSpend({ forgetful, parts, data }: Built, { bundle }: Config, { clock, logger }: Surroundings): Promise<void> {
  const generation = parts.generations.active(bundle.tenant);
  if (!forgetful || !generation) return;
  const spent = await spendOf(tailLog(data.logFolder), generation, clock.now());
  for (const { levels, at } of spent) forgetful.restore(levels, at);
  if (spent.length > 0) logger.info({ reservations: spent.length }, "budgets go on where the log says they were");
}

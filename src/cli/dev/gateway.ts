import { isIP } from "node:net";
import { type Config, environment, productVersion, readConfig, type Started, start } from "../../app/index.ts";
import { randomIds } from "../../core/ids.ts";
import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { systemClock } from "../../platform/clock.ts";
import { pinoLogger } from "../../platform/pino-logger.ts";
import type { DevFiles } from "./files.ts";

/** The configuration of a gateway that takes bundles of a throw-away key: everything as written, but for the bundle and its own data. */
export async function devConfig(file: string, files: DevFiles): Promise<Result<Config, readonly Mistake[]>> {
  const config = await readConfig(file);
  if (!config.ok) return config;
  const { listen } = config.value;
  // Whoever can write the policies could let anybody through: that is for one's own machine alone.
  if (!isLoopback(listen.host)) {
    const wanted = "a loopback address: bundles of toolgate dev are signed by a throw-away key";
    return err([{ file, path: "listen.host", found: `"${listen.host}"`, wanted }]);
  }
  const { redis: _, ...rest } = config.value;
  const bundle = { ...config.value.bundle, file: files.bundle, keyring: files.keyring };
  return ok({ ...rest, data_dir: files.dataDir, bundle });
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

export function startDevGateway(config: Config): Promise<Result<Started, { readonly detail: string }>> {
  const logger = pinoLogger(config.log_level === "info" ? "warn" : config.log_level);
  return start(config, { clock: systemClock, ids: randomIds(), logger, environment: environment(), version: productVersion() });
}

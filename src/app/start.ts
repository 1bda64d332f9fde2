import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../core/result.ts";
import { fileBundleStore, fileSequenceFloor, fileSource } from "../parts/bundle/index.ts";
import { type Built, build, type NotBuilt, type Surroundings } from "./build.ts";
import type { Config } from "./config.ts";

/** A gateway that listens. */
export interface Started {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly built: Built;
  /** Refuses new work, lets calls in flight end, settles and records them, then closes. Safe to call twice. */
  stop(): Promise<void>;
}

/** How often refusals that were only counted are put on record. */
const FLUSH_MS = 1000;
/** A bundle file that changes is read after it was left alone for this long. */
const SETTLE_MS = 50;

/** Builds the gateway, activates its bundle, watches for the next one, and listens. Without a valid bundle nothing listens. */
export async function start(config: Config, surroundings: Surroundings): Promise<Result<Started, NotBuilt>> {
  const result = await build(config, surroundings);
  if (!result.ok) return result;
  const built = result.value;
  const activated = await firstBundle(built, config, surroundings);
  if (!activated.ok) {
    await built.close();
    return activated;
  }
  const source = fileSource(config.bundle.file, {
    maxBytes: config.bundle.max_bytes,
    pollMs: config.bundle.poll_ms,
    settleMs: SETTLE_MS,
    onCandidate: async (bytes) => void (await built.parts.generations.activate(bytes)),
    onProblem: (problem) => surroundings.logger.error({ code: problem.code, detail: problem.detail }, "the bundle file cannot be read"),
  });
  const flush = setInterval(() => void built.gateway.flush(), FLUSH_MS);
  try {
    const url = await built.app.listen({ host: config.listen.host, port: config.listen.port });
    if (config.metrics) await built.metricsApp?.listen({ host: config.metrics.host, port: config.metrics.port });
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      clearInterval(flush);
      await source.close();
      await built.close();
    };
    return ok({
      url,
      built,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    });
  } catch (error) {
    clearInterval(flush);
    await source.close();
    await built.close();
    return err({ detail: error instanceof Error ? error.message : String(error) });
  }
}

/** The bundle of the configured file; if that one is refused, the last one that was promoted, verified again. */
async function firstBundle(built: Built, config: Config, { logger }: Surroundings): Promise<Result<void, NotBuilt>> {
  const { generations } = built.parts;
  let why: string;
  try {
    const activated = await generations.activate(await readFile(config.bundle.file));
    if (activated.ok) return ok(undefined);
    why = `the bundle "${config.bundle.file}" was refused: ${activated.error.code}: ${activated.error.detail}`;
  } catch (error) {
    why = `the bundle "${config.bundle.file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const lastGood = await lastPromoted(built, config);
  if (lastGood) {
    const activated = await generations.activate(lastGood);
    if (activated.ok) {
      logger.warn({ detail: why }, "going on with the bundle that was promoted last");
      return ok(undefined);
    }
  }
  return err({ detail: why });
}

async function lastPromoted(built: Built, config: Config): Promise<Uint8Array | undefined> {
  const { name, tenant, environment } = config.bundle;
  const floor = await fileSequenceFloor(built.data.floorFolder).read({ name, tenant, environment });
  return floor && (await fileBundleStore(built.data.bundleFolder).read(floor.digest));
}

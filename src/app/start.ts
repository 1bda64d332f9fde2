import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../core/result.ts";
import { spendOf } from "../gateway/index.ts";
import { fileBundleStore, fileSequenceFloor, fileSource } from "../parts/bundle/index.ts";
import { tailLog } from "../parts/decisions/index.ts";
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
  await restoreSpend(built, config, surroundings);
  const source = watch(built, config, surroundings, activated.value);
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

/** Watches the bundle, and the keyring that says whose signature counts: what was refused for a key is tried again when that changes. */
function watch(built: Built, { bundle }: Config, { logger }: Surroundings, seen: Seen): { close(): Promise<void> } {
  const activate = async (bytes: Uint8Array) => void (await built.parts.generations.activate(bytes));
  const watched = { maxBytes: bundle.max_bytes, pollMs: bundle.poll_ms, settleMs: SETTLE_MS };
  const problem = (what: string) => (found: { readonly code: string; readonly detail: string }) =>
    logger.error({ code: found.code, detail: found.detail }, `the ${what} cannot be read`);
  const bundles = fileSource(bundle.file, { ...watched, seen: seen.bundle, onCandidate: activate, onProblem: problem("bundle file") });
  const keyring = fileSource(bundle.keyring, {
    ...watched,
    seen: seen.keyring,
    onCandidate: async () => {
      await built.parts.generations.recheck();
      const bytes = await readFile(bundle.file).catch(() => undefined);
      if (bytes) await activate(bytes);
    },
    onProblem: problem("keyring"),
  });
  return {
    close: async () => {
      await bundles.close();
      await keyring.close();
    },
  };
}

/** Tells a ledger in memory what the log says was spent. */
async function restoreSpend({ forgetful, parts, data }: Built, { bundle }: Config, { clock, logger }: Surroundings): Promise<void> {
  const generation = parts.generations.for(bundle.tenant);
  if (!forgetful || !generation) return;
  const spent = await spendOf(tailLog(data.logFolder), generation, clock.now());
  for (const { levels, at } of spent) forgetful.restore(levels, at);
  if (spent.length > 0) logger.info({ reservations: spent.length }, "budgets go on where the log says they were");
}

/** What the files held when the first bundle was tried; their next contents are news. */
interface Seen {
  readonly bundle: Uint8Array | undefined;
  readonly keyring: Uint8Array | undefined;
}

/** The bundle of the configured file; if that one is refused, the last one that was promoted, verified again. */
async function firstBundle(built: Built, config: Config, { logger }: Surroundings): Promise<Result<Seen, NotBuilt>> {
  const { generations } = built.parts;
  const { file } = config.bundle;
  const keyring = await readFile(config.bundle.keyring).catch(() => undefined);
  let bundle: Uint8Array | undefined;
  let why: string;
  try {
    bundle = await readFile(file);
    const activated = await generations.activate(bundle);
    if (activated.ok) return ok({ bundle, keyring });
    why = `the bundle "${file}" was refused: ${activated.error.code}: ${activated.error.detail}`;
  } catch (error) {
    why = `the bundle "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const lastGood = await lastPromoted(built, config);
  const activated = lastGood && (await generations.activate(lastGood));
  if (!activated?.ok) return err({ detail: why });
  logger.warn({ detail: why }, "going on with the bundle that was promoted last");
  // Tried once more, so that the status tells beside the active bundle why the configured one is not it.
  if (bundle) await generations.activate(bundle);
  return ok({ bundle, keyring });
}

async function lastPromoted(built: Built, config: Config): Promise<Uint8Array | undefined> {
  const { name, tenant, environment } = config.bundle;
  const floor = await fileSequenceFloor(built.data.floorFolder).read({ name, tenant, environment });
  return floor && (await fileBundleStore(built.data.bundleFolder).read(floor.digest));
}

import { hostname } from "node:os";
import type { FastifyInstance } from "fastify";
import type { IdSource } from "../core/ids.ts";
import { err, ok, type Result } from "../core/result.ts";
import {
  createActivation,
  createGateway,
  createGenerations,
  createMeter,
  keyedMasker,
  type Parts,
  type RunningGateway,
} from "../gateway/index.ts";
import { createHttpServer, mcpDoor, metricsDoor, opsDoor } from "../http/index.ts";
import { type Ledger, type MemoryLedger, memoryLedger, redisLedger } from "../parts/budgets/index.ts";
import { bundleLimits, fileBundleStore, fileSequenceFloor } from "../parts/bundle/index.ts";
import { createCredentials } from "../parts/credentials/index.ts";
import { openLog } from "../parts/decisions/index.ts";
import { createIdentity } from "../parts/identity/index.ts";
import { memorySessions } from "../parts/sessions/index.ts";
import { createUpstream } from "../parts/upstream/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { openRedis } from "../platform/redis.ts";
import type { Config } from "./config.ts";
import { type DataDirectory, openDataDirectory } from "./data-directory.ts";
import { keyringReader } from "./keyring-reader.ts";
import { knownLibraries } from "./known-libraries.ts";
import { metricsOf } from "./metrics.ts";

/** What the outside lends to the gateway; tests lend their own. */
export interface Surroundings {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Variables that secrets may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** Everything that was built, ready to listen. Nothing of it is reachable from outside yet. */
export interface Built {
  readonly app: FastifyInstance;
  /** /metrics on a listener of its own, where the configuration wants that. */
  readonly metricsApp: FastifyInstance | undefined;
  readonly gateway: RunningGateway;
  readonly parts: Parts;
  readonly data: DataDirectory;
  /** The budgets that have to be told what was spent before this start; absent where Redis keeps them. */
  readonly forgetful: MemoryLedger | undefined;
  /** Stops what was built, in the reverse order of its making. */
  close(): Promise<void>;
}

/** Why the gateway cannot be built: what it cannot do without is not there, or in use. */
export interface NotBuilt {
  readonly detail: string;
}

/** The one composition root. */
export async function build(config: Config, surroundings: Surroundings): Promise<Result<Built, NotBuilt>> {
  const { clock, ids, logger } = surroundings;
  const data = await openDataDirectory(config.data_dir);
  const opened = await openLog({
    dir: data.logFolder,
    clock,
    ids,
    logger,
    segmentBytes: config.log.segment_mb * 1024 * 1024,
    stallMs: config.log.stall_ms,
    instance: hostname(),
  });
  if (!opened.ok) return err({ detail: opened.error.detail });
  const { log } = opened.value;
  const redis = config.redis && openRedis(config.redis, logger);
  const memory = memoryLedger(config.budgets);
  const ledger: Ledger = redis ? redisLedger(redis, { tenant: config.bundle.tenant }) : memory;
  const generations = createGenerations(activationOf(config, surroundings, data), clock, logger);
  const late: { gateway?: RunningGateway } = {};
  const identity = createIdentity({ issuers: config.issuers }, { clock, logger });
  const credentials = createCredentials({ secrets: config.secrets, environment: surroundings.environment, clock });
  const upstream = createUpstream({
    config: { ...config.upstream, places: config.places },
    clock,
    logger,
    onServerRequest: (request) => void late.gateway?.serverRequest(request.server, request.method),
    onListingChanged: () => late.gateway?.listChanged(),
    credentialFor: (server) => credentials.headersFor(server.credential),
    scrub: credentials.scrub,
    client: { name: "toolgate", version: surroundings.version },
  });
  const parts: Parts = {
    generations,
    identity,
    upstream,
    credentials,
    ledger,
    budgetsReady: () => redis?.isReady() ?? true,
    log,
    durability: config.log.durability,
    masker: keyedMasker(data.maskKey),
    meter: createMeter(),
    clock,
    ids,
    logger,
  };
  const gateway = createGateway(parts);
  late.gateway = gateway;
  const sessions = memorySessions(config.sessions, { ids });
  const app = createHttpServer(config);
  const metrics = metricsOf(parts);
  await app.register(opsDoor, { gateway, config, metrics });
  const metricsApp = config.metrics && createHttpServer({ ...config, listen: config.metrics });
  await metricsApp?.register(metricsDoor, { metrics });
  await app.register(mcpDoor, { gateway, sessions, config, clock, logger, issuers: parts.identity.issuers, version: surroundings.version });
  return ok({
    app,
    metricsApp,
    gateway,
    parts,
    data,
    forgetful: redis ? undefined : memory,
    async close() {
      await app.close();
      await metricsApp?.close();
      await gateway.flush();
      await upstream.close();
      await generations.close();
      await ledger.close();
      await redis?.close();
      await identity.close();
      await log.close();
    },
  });
}

function activationOf(config: Config, { clock, logger }: Surroundings, data: DataDirectory) {
  const { name, tenant, environment } = config.bundle;
  return createActivation({
    limits: bundleLimits(config.bundle),
    keyring: keyringReader(config.bundle.keyring),
    expected: { name, tenant, environment },
    minSequence: config.bundle.min_sequence ?? 0,
    floor: fileSequenceFloor(data.floorFolder),
    store: fileBundleStore(data.bundleFolder),
    knownLibraries: knownLibraries(),
    policy: {
      timeoutMs: config.policy.timeout_ms,
      workers: config.policy.workers,
      maxMemoryBytes: config.policy.max_memory_mb * 1024 * 1024,
    },
    remember: config.policy.remember,
    clock,
    logger,
  });
}

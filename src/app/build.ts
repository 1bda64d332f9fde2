import { hostname } from "node:os";
import type { FastifyInstance } from "fastify";
import type { IdSource } from "../core/ids.ts";
import { err, ok, type Result } from "../core/result.ts";
import {
  createActivation,
  createComparing,
  createGateway,
  createGenerations,
  createMeter,
  createRollouts,
  keyedMasker,
  type Parts,
  type Readiness,
  type RunningGateway,
  type RunningRollouts,
} from "../gateway/index.ts";
import { createHttpServer, type MetricsSource, mcpDoor, metricsDoor, opsDoor } from "../http/index.ts";
import type { MemoryLedger } from "../parts/budgets/index.ts";
import { bundleLimits, fileBundleStore, fileSequenceFloor } from "../parts/bundle/index.ts";
import { createCredentials } from "../parts/credentials/index.ts";
import { type DecisionLog, openLog } from "../parts/decisions/index.ts";
import { createIdentity } from "../parts/identity/index.ts";
import { createUpstream } from "../parts/upstream/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { aeadSealer } from "../platform/sealer.ts";
import { adminOf } from "./admin.ts";
import { BundleIntake } from "./bundle-source.ts";
import { closeDoors } from "./close-doors.ts";
import type { Config } from "./config.ts";
import { type DataDirectory, openDataDirectory } from "./data-directory.ts";
import { keyringReader } from "./keyring-reader.ts";
import { knownLibraries } from "./known-libraries.ts";
import { metricsOf } from "./metrics.ts";
import { withRollout } from "./rollout-view.ts";
import { type SealKeys, sealKeysOf } from "./seal-keys.ts";
import { openSharedState, type SharedState, withShared } from "./shared-state.ts";
import { withSource } from "./source-readiness.ts";
import { within } from "./within.ts";

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
  /** The admin API on its listener, where the configuration wants that. */
  readonly adminApp: FastifyInstance | undefined;
  readonly gateway: RunningGateway;
  readonly parts: Parts;
  readonly data: DataDirectory;
  /** Brings the bundles; nothing comes before it is opened. */
  readonly bundles: BundleIntake;
  /** Decides which bundles are taken; begun before the first one is brought. */
  readonly rollouts: RunningRollouts;
  /** The budgets that have to be told what was spent before this start; absent where Redis keeps them. */
  readonly forgetful: MemoryLedger | undefined;
  /** Records refusals that were only counted so far. */
  flush(): Promise<void>;
  /** Stops what was built, in the reverse order of its making. */
  close(): Promise<void>;
}

/** Why the gateway cannot be built: what it cannot do without is not there, or in use. */
export interface NotBuilt {
  readonly detail: string;
}

/** Times that one request may come back with questions of its server. */
const MOST_ROUNDS = 8;

/** The one composition root. */
export async function build(config: Config, surroundings: Surroundings): Promise<Result<Built, NotBuilt>> {
  const { clock, ids, logger } = surroundings;
  const data = await openDataDirectory(config.data_dir);
  const stores = await openStores(config, surroundings, data);
  if (!stores.ok) return stores;
  const { log, shared, keys } = stores.value;
  const late: { gateway?: RunningGateway } = {};
  const identity = createIdentity({ issuers: config.issuers }, { clock, logger });
  const generations = createGenerations(clock, logger);
  const comparing = createComparing({
    ...{ operations: shared.operations, clock, logger, policy: policyLimits(config) },
    perSecond: config.rollout.compared_per_second,
  });
  const rollouts = createRollouts({
    ...{ generations, comparing, operations: shared.operations, log, clock, ids, logger, config: config.rollout },
    activation: activationOf(config, surroundings, data, shared.operations),
    tenant: config.bundle.tenant,
    replica: shared.replicas.id,
  });
  const parts: Parts = {
    generations,
    identity,
    ...upstreamOf(config, surroundings, late),
    ledger: shared.ledger,
    budgetsReady: shared.isReady,
    operations: shared.operations,
    mostStaleMs: config.operations.stale_ms,
    log,
    durability: config.log.durability,
    masker: keyedMasker(data.maskKey),
    sealer: aeadSealer(keys.current),
    replicas: shared.replicas,
    questions: { parkedPerOwner: config.sessions.parked_per_owner, parkedMs: config.sessions.parked_s * 1000, maxRounds: MOST_ROUNDS },
    meter: createMeter(),
    comparing,
    clock,
    ids,
    logger,
  };
  const gateway = createGateway(parts);
  late.gateway = gateway;
  const bundles = new BundleIntake(config, surroundings);
  const readiness = () => withRollout(withSource(withShared(gateway.readiness(), shared, keys), bundles.status()), rollouts.problem());
  const metrics = metricsOf(parts, {
    readiness,
    rollouts,
    source: () => bundles.status(),
    sessions: () => shared.sessions.count(config.bundle.tenant, clock.now()),
  });
  const { app, metricsApp } = await doorsOf(config, surroundings, { gateway, readiness, metrics, shared, parts });
  const { desk, app: adminApp } = await adminOf(config, surroundings, { parts, rollouts, data, readiness });
  const flush = async () => {
    await gateway.flush();
    await desk.flush();
  };
  return ok({
    app,
    metricsApp,
    adminApp,
    flush,
    gateway,
    parts,
    data,
    rollouts,
    bundles,
    forgetful: shared.forgetful,
    async close() {
      await closeDoors(
        [app, metricsApp, adminApp].filter((one) => one !== undefined),
        () => parts.upstream.close(),
      );
      await gateway.close();
      await parts.upstream.close();
      await flush();
      await rollouts.close();
      await comparing.close();
      await generations.close();
      keys.close();
      await shared.close();
      await identity.close();
      await log.close();
    },
  });
}

interface Stores {
  readonly log: DecisionLog;
  readonly shared: SharedState;
  readonly keys: SealKeys;
}

/** Everything that outlives this process; of what one of them refuses, none stays open. */
async function openStores(config: Config, surroundings: Surroundings, data: DataDirectory): Promise<Result<Stores, NotBuilt>> {
  const { clock, ids, logger } = surroundings;
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
  const sharing = await openSharedState(config, surroundings);
  if (!sharing.ok) {
    await log.close();
    return sharing;
  }
  const shared = sharing.value;
  const keys = await sealKeysOf(config, surroundings, data, shared.redis);
  if (!keys.ok) {
    await shared.close();
    await log.close();
    return keys;
  }
  // A gateway starts without Redis too, and is not ready; with it, it is ready when it listens.
  await within(Promise.all([shared.firstReady, keys.value.firstReady]), config.redis?.connect_timeout_ms ?? 0);
  return ok({ log, shared, keys: keys.value });
}

function upstreamOf(config: Config, surroundings: Surroundings, late: { readonly gateway?: RunningGateway }) {
  const { clock, logger, environment, version } = surroundings;
  const credentials = createCredentials({ secrets: config.secrets, environment, clock });
  const upstream = createUpstream({
    config: { ...config.upstream, places: config.places },
    clock,
    logger,
    onServerRequest: (request) => void late.gateway?.serverRequest(request.server, request.method),
    onListingChanged: (serverId, kinds) => late.gateway?.listChanged(serverId, kinds),
    credentialFor: (server) => credentials.headersFor(server.credential),
    scrub: credentials.scrub,
    client: { name: "toolgate", version },
  });
  return { credentials, upstream };
}

interface Indoors {
  readonly gateway: RunningGateway;
  readonly readiness: () => Readiness;
  readonly metrics: MetricsSource;
  readonly shared: SharedState;
  readonly parts: Parts;
}

async function doorsOf(config: Config, { clock, logger, version }: Surroundings, indoors: Indoors) {
  const { gateway, readiness, metrics, shared, parts } = indoors;
  const { sessions, replicas } = shared;
  const app = createHttpServer(config);
  await app.register(opsDoor, { gateway: { readiness }, config, metrics });
  const metricsApp = config.metrics && createHttpServer({ ...config, listen: config.metrics });
  await metricsApp?.register(metricsDoor, { metrics });
  await app.register(mcpDoor, { gateway, sessions, replicas, config, clock, logger, issuers: parts.identity.issuers, version });
  return { app, metricsApp };
}

function activationOf(config: Config, { clock, logger }: Surroundings, data: DataDirectory, operations: SharedState["operations"]) {
  const { name, tenant, environment } = config.bundle;
  return createActivation({
    limits: bundleLimits(config.bundle),
    keyring: keyringReader(config.bundle.keyring),
    expected: { name, tenant, environment },
    minSequence: config.bundle.min_sequence ?? 0,
    floor: fileSequenceFloor(data.floorFolder),
    promoted: () => operations.current().promoted,
    store: fileBundleStore(data.bundleFolder),
    knownLibraries: knownLibraries(),
    policy: policyLimits(config),
    remember: config.policy.remember,
    clock,
    logger,
  });
}

function policyLimits({ policy }: Config) {
  return { timeoutMs: policy.timeout_ms, workers: policy.workers, maxMemoryBytes: policy.max_memory_mb * 1024 * 1024 };
}

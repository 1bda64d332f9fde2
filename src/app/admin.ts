import type { FastifyInstance } from "fastify";
import { createDesk, type Desk, type Parts, type Readiness } from "../gateway/index.ts";
import { adminDoor, createAdminServer } from "../http/index.ts";
import { fileBundleStore } from "../parts/bundle/index.ts";
import type { Surroundings } from "./build.ts";
import type { Config } from "./config.ts";
import type { DataDirectory } from "./data-directory.ts";

interface Behind {
  readonly parts: Parts;
  readonly rollouts: Parameters<typeof createDesk>[0]["rollouts"];
  readonly data: DataDirectory;
  readonly readiness: () => Readiness;
}

export interface Admin {
  readonly desk: Desk;
  /** The admin API on its listener, where the configuration wants that. */
  readonly app: FastifyInstance | undefined;
}

/** The operators' desk; without a door of its own it still answers the other replicas. */
export async function adminOf(config: Config, { logger }: Surroundings, { parts, rollouts, data, readiness }: Behind): Promise<Admin> {
  const { tenant, environment, max_bytes } = config.bundle;
  const bundles = fileBundleStore(data.bundleFolder);
  const desk = createDesk({ ...parts, rollouts, tenant, environment, readiness, logFolder: data.logFolder, bundles });
  const { admin, public_url } = config;
  if (admin === undefined) return { desk, app: undefined };
  const app = createAdminServer(config, admin);
  await app.register(adminDoor, { desk, config: { public_url, admin }, bundleBytes: max_bytes, logger });
  return { desk, app };
}

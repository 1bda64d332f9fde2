import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { referenceServer } from "./company.ts";
import { startGateway } from "./gateway.ts";
import { startProcess } from "./process.ts";
import { renaming } from "./rename.ts";
import type { Era, Part } from "./scenarios.ts";
import { startShim } from "./shim.ts";

export const servers: Readonly<Record<Era, string>> = { session: "ref-session", stateless: "ref-stateless" };
const eras: readonly Era[] = ["session", "stateless"];

type Door = Extract<Part["place"], { suite: "client" }>["door"];

/** Reference servers of both eras, gateways in front of them, and shims in front of those; all on loopback. */
export interface Rig {
  /** Where the suite finds the server of this era. */
  urlOf(era: Era, door: Door): string;
  /** Where results go: a folder that goes when the rig stops. */
  readonly results: string;
  stop(): Promise<void>;
}

export interface RigOptions {
  /** No gateway: the suite talks to the reference servers themselves. */
  readonly direct?: boolean;
  /** What is going to be run: nothing is started that it does not need. */
  readonly parts: readonly Part[];
}

type Keep = <T extends { stop(): Promise<void> }>(one: T) => T;

export async function startRig({ direct = false, parts }: RigOptions): Promise<Rig> {
  const doors = new Set(parts.flatMap(({ place }) => (place.suite === "client" ? place.door : [])));
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  };
  const keep: Keep = (one) => {
    running.push(one);
    return one;
  };
  try {
    const results = await mkdtemp(join(tmpdir(), "toolgate-conformance-"));
    keep({ stop: () => rm(results, { recursive: true, force: true }) });
    if (doors.size === 0) return { results, stop, urlOf: notStarted };
    const urls = await startReferences(keep);
    if (direct) return { results, stop, urlOf: (era) => urls[era] };
    const own = doors.has("own") ? await startOwnDoors(keep, urls) : undefined;
    const aggregate = doors.has("aggregate") ? await startAggregates(keep, urls) : undefined;
    return { results, stop, urlOf: (era, door) => (door === "own" ? own : aggregate)?.[era] ?? notStarted() };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Urls = Readonly<Record<Era, string>>;

async function startReferences(keep: Keep): Promise<Urls> {
  const [session, stateless] = await Promise.all(eras.map((era) => startProcess([reference, "--era", era]).then(keep)));
  return { session: String(session?.ready.url), stateless: String(stateless?.ready.url) };
}

async function startOwnDoors(keep: Keep, urls: Urls): Promise<Urls> {
  const places = { [servers.session]: { url: urls.session }, [servers.stateless]: { url: urls.stateless } };
  const gateway = keep(
    await startGateway(
      eras.map((era) => referenceServer(servers[era], era)),
      places,
    ),
  );
  const { url } = keep(await startShim(gateway.url, gateway.bearer));
  return { session: `${url}/servers/${servers.session}/mcp`, stateless: `${url}/servers/${servers.stateless}/mcp` };
}

/** Gateways with one server each: both reference servers hold the same URIs, which would belong to neither. */
async function startAggregates(keep: Keep, urls: Urls): Promise<Urls> {
  const start = async (era: Era) => {
    const gateway = keep(await startGateway([referenceServer(servers[era], era)], { [servers[era]]: { url: urls[era] } }));
    return `${keep(await startShim(gateway.url, gateway.bearer, renaming(servers[era]))).url}/mcp`;
  };
  return { session: await start("session"), stateless: await start("stateless") };
}

function notStarted(): never {
  throw new Error("the rig was started for other parts");
}

const reference = fileURLToPath(new URL("../../examples/reference-server/main.ts", import.meta.url));

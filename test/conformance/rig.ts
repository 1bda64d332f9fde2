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
  /** Whether the aggregate is wanted too; it needs gateways of its own. */
  readonly aggregate?: boolean;
}

type Keep = <T extends { stop(): Promise<void> }>(one: T) => T;

export async function startRig({ direct = false, aggregate = true }: RigOptions = {}): Promise<Rig> {
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
    const urls = await startReferences(keep);
    const doors = direct ? undefined : await startDoors(keep, urls, aggregate);
    return { results, stop, urlOf: (era, door) => (doors === undefined ? urls[era] : (doors[door]?.[era] ?? missing(door))) };
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

async function startDoors(keep: Keep, urls: Urls, aggregate: boolean): Promise<Partial<Record<Door, Urls>>> {
  const places = { [servers.session]: { url: urls.session }, [servers.stateless]: { url: urls.stateless } };
  const both = keep(
    await startGateway(
      eras.map((era) => referenceServer(servers[era], era)),
      places,
    ),
  );
  const shim = keep(await startShim(both.url, both.bearer));
  const own = { session: `${shim.url}/servers/${servers.session}/mcp`, stateless: `${shim.url}/servers/${servers.stateless}/mcp` };
  if (!aggregate) return { own };
  const alone = async (era: Era) => {
    // A gateway with one server: both reference servers hold the same URIs, which then belong to neither.
    const gateway = keep(await startGateway([referenceServer(servers[era], era)], { [servers[era]]: { url: urls[era] } }));
    return `${keep(await startShim(gateway.url, gateway.bearer, renaming(servers[era]))).url}/mcp`;
  };
  return { own, aggregate: { session: await alone("session"), stateless: await alone("stateless") } };
}

function missing(door: Door): never {
  throw new Error(`the rig was started without the ${door}`);
}

const reference = fileURLToPath(new URL("../../examples/reference-server/main.ts", import.meta.url));

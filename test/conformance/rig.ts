import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { referenceServer } from "./company.ts";
import { startGateway } from "./gateway.ts";
import { startProcess } from "./process.ts";
import type { Era } from "./scenarios.ts";
import { startShim } from "./shim.ts";

const servers: Readonly<Record<Era, string>> = { session: "ref-session", stateless: "ref-stateless" };

/** Reference servers of both eras, the gateway in front of them, and the shim in front of that; all on loopback. */
export interface Rig {
  /** Where the suite finds the server of this era, through shim and gateway. */
  urlOf(era: Era): string;
  /** Where results go. */
  readonly results: string;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  };
  const keep = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  try {
    const [session, stateless] = await Promise.all([
      startProcess([reference, "--era", "session"]).then(keep),
      startProcess([reference, "--era", "stateless"]).then(keep),
    ]);
    const gateway = keep(
      await startGateway([referenceServer(servers.session, "session"), referenceServer(servers.stateless, "stateless")], {
        [servers.session]: { url: String(session.ready.url) },
        [servers.stateless]: { url: String(stateless.ready.url) },
      }),
    );
    const shim = keep(await startShim(gateway.url, gateway.bearer));
    return { urlOf: (era) => `${shim.url}/servers/${servers[era]}/mcp`, results: join(gateway.folder, "results"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const reference = fileURLToPath(new URL("../../examples/reference-server/main.ts", import.meta.url));

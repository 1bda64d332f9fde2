import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { requestToken, startProvider } from "../../src/demo/provider/index.ts";
import { names, referenceServer, writeBundle } from "./company.ts";
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
  const folder = await mkdtemp(join(tmpdir(), "toolgate-conformance-"));
  const running: { stop(): Promise<void> }[] = [{ stop: () => rm(folder, { recursive: true, force: true }) }];
  const stop = async () => {
    for (const one of running.toReversed()) await one.stop();
  };
  const keep = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  try {
    const reference = fileURLToPath(new URL("../../examples/reference-server/main.ts", import.meta.url));
    const [session, stateless, provider] = await Promise.all([
      startProcess([reference, "--era", "session"]).then(keep),
      startProcess([reference, "--era", "stateless"]).then(keep),
      startProvider({ port: 0, audiences: [names.audience] }).then(keep),
    ]);
    const places = {
      [servers.session]: { url: String(session.ready.url) },
      [servers.stateless]: { url: String(stateless.ready.url) },
    };
    const company = [referenceServer(servers.session, "session"), referenceServer(servers.stateless, "stateless")];
    await writeBundle(folder, { servers: company, places, issuer: provider.url });
    const gateway = keep(await startGateway(folder, places, provider.url));
    const bearer = await requestToken(provider.tokenEndpoint, { user: "ann", agent: "support-bot", audience: names.audience });
    const shim = keep(await startShim(String(gateway.ready.url), bearer));
    return { urlOf: (era) => `${shim.url}/servers/${servers[era]}/mcp`, results: join(folder, "results"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startGateway(folder: string, places: Readonly<Record<string, { readonly url: string }>>, issuer: string) {
  const configFile = join(folder, "toolgate.yaml");
  const config = {
    version: 1,
    data_dir: "./data",
    listen: { port: 0 },
    public_url: names.audience,
    bundle: { file: "./bundle.tar.gz", keyring: "./keyring.json", name: names.bundle, environment: names.environment },
    issuers: [{ issuer, audience: names.audience, jwks_uri: `${issuer}/jwks` }],
    places,
    log_level: "warn",
  };
  await writeFile(configFile, stringify(config));
  const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  return startProcess([cli, "serve", "--config", configFile, "--json"]);
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { requestToken, startProvider } from "../../src/demo/provider/index.ts";
import { type LogRecord, tailLog } from "../../src/parts/decisions/index.ts";
import { MAX_DECIDE_MS, writeBundle } from "./bundle.ts";
import { type Company, names, type Places } from "./company.ts";
import { startProcess } from "./process.ts";

/** The gateway as a process, with a provider that signs, in front of servers that run already. */
export interface RunningGateway {
  readonly url: string;
  /** A token of ann through the suite's agent. */
  readonly bearer: string;
  /** A folder that goes when the gateway stops. */
  readonly folder: string;
  /** Everything on record so far. */
  records(): Promise<readonly LogRecord[]>;
  stop(): Promise<void>;
}

export async function startGateway(servers: Company["servers"], places: Places): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-conformance-"));
  const running: { stop(): Promise<void> }[] = [{ stop: () => rm(folder, { recursive: true, force: true }) }];
  const stop = async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  };
  try {
    const provider = await startProvider({ port: 0, audiences: [names.audience] });
    running.push(provider);
    await writeBundle(folder, { servers, places, issuer: provider.url });
    const gateway = await startProcess([cli, "serve", "--config", await writeConfig(folder, places, provider.url), "--json"]);
    running.push(gateway);
    const bearer = await requestToken(provider.tokenEndpoint, { user: "ann", client: "support-bot", audience: names.audience });
    return { url: String(gateway.ready.url), bearer, folder, records: () => recordsIn(join(folder, "data", "log")), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

async function recordsIn(log: string): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of tailLog(log)) records.push(record);
  return records;
}

async function writeConfig(folder: string, places: Places, issuer: string): Promise<string> {
  const file = join(folder, "toolgate.yaml");
  const config = {
    version: 1,
    data_dir: "./data",
    listen: { port: 0 },
    public_url: names.audience,
    bundle: { file: "./bundle.tar.gz", keyring: "./keyring.json", name: names.bundle, environment: names.environment },
    issuers: [{ issuer, audience: names.audience, jwks_uri: `${issuer}/jwks` }],
    places,
    policy: { timeout_ms: MAX_DECIDE_MS },
    log_level: "warn",
  };
  await writeFile(file, stringify(config));
  return file;
}

import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { stringify } from "yaml";
import { SERVER } from "./calls.ts";
import { AUDIENCE, ISSUER, type People, type SignedBundle } from "./company.ts";
import { type Running, startProgram } from "./processes.ts";

export interface GateOptions {
  readonly name: string;
  /** Configuration, data and log; a folder of this gate alone. */
  readonly folder: string;
  readonly bundle: SignedBundle;
  readonly serverUrl: string;
  readonly jwksUri: string;
  readonly redis?: string;
  readonly durability: "grouped" | "always";
  /** Whether decisions may be remembered. */
  readonly remember: boolean;
  readonly cpuProf?: string;
  /** Whether operators reach it. */
  readonly admin?: boolean;
}

const main = join(import.meta.dirname, "..", "src", "cli", "main.ts");

/** `toolgate serve` as everybody runs it, with everything on. */
export async function startGate(options: GateOptions): Promise<Running> {
  const { folder, bundle } = options;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "bundle.tar.gz"), bundle.bytes);
  await writeFile(join(folder, "keyring.json"), bundle.keyring);
  const config = {
    version: 1,
    data_dir: "./data",
    listen: { host: "127.0.0.1", port: 0 },
    public_url: AUDIENCE,
    bundle: { file: join(folder, "bundle.tar.gz"), keyring: join(folder, "keyring.json"), name: "bench", environment: "bench" },
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks_uri: options.jwksUri }],
    places: { [SERVER]: { url: options.serverUrl } },
    policy: { remember: options.remember },
    log: { durability: { read: options.durability, other: "always" } },
    ...(options.redis === undefined ? {} : { redis: { url: options.redis } }),
    ...(options.admin === true ? { admin: { listen: { host: "127.0.0.1", port: 0 } } } : {}),
    log_level: "warn",
  };
  const file = join(folder, "toolgate.yaml");
  await writeFile(file, stringify({ ...config, data_dir: join(folder, "data") }));
  const profile = options.cpuProf === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.cpuProf}`];
  return startProgram(options.name, ["--disable-warning=ExperimentalWarning", ...profile, main, "serve", "--config", file, "--json"], {});
}

export const logFolderOf = (folder: string): string => join(folder, "data", "log");

/** The keys of the company's issuer, over HTTP as the gate wants them. */
export function serveKeys(jwks: People["jwks"]): Promise<{ readonly url: string; close(): void }> {
  const body = JSON.stringify(jwks);
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ url: `http://127.0.0.1:${port}/jwks`, close: () => server.close() });
    });
  });
}

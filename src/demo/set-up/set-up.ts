import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { DEMO_AUDIENCE, DEMO_ISSUER } from "../addresses.ts";
import { offsets, takenPorts } from "./ports.ts";
import { type DemoProcess, startProcess } from "./processes.ts";
import { writeRequests } from "./requests.ts";
import { writeSampleFolder } from "./sample-folder.ts";

/** The demo company on this machine: identity provider, servers and gateway, each a process of its own, all on loopback. */
export interface DemoSetUp {
  readonly gatewayUrl: string;
  /** Where operators are served. */
  readonly adminUrl: string;
  readonly tokenEndpoint: string;
  readonly folder: string;
  /** The decision log, for `toolgate log`. */
  readonly logFolder: string;
  readonly configFile: string;
  /** Sample requests for curl: `list.curl` and its like. */
  readonly requestsFolder: string;
  /** Where the gateway looks for its bundle; replace it to activate another one. */
  readonly bundleFile: string;
  readonly crm: { readonly journalUrl: string; readonly secret: string };
  readonly processes: {
    readonly provider: DemoProcess;
    readonly crm: DemoProcess;
    readonly everything: DemoProcess;
    readonly gateway: DemoProcess;
  };
  stop(): Promise<void>;
}

export interface SetUpOptions {
  /** Port of the gateway; provider, crm, reference server and admin API take the next four. 0 takes free ones. */
  readonly port: number;
  /** Where data goes, made or gone on with; a temporary folder, removed at the end, if absent. */
  readonly folder?: string;
  /** Bundle and keyring to begin with; those of the folder if absent, else the prebuilt demo bundle. */
  readonly bundle?: { readonly file: string; readonly keyring: string };
  /** Told of each process as soon as it is ready. */
  readonly onReady?: (name: string) => void;
  /** What the processes write besides their ready lines. */
  readonly onLog?: (name: string, line: string) => void;
  /** More of the configuration, e.g. `{ redis: … }`; members replace those of the demo. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
// The same modules as sources (.ts) in a checkout and compiled (.js) in the package.
const suffix = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const require = createRequire(import.meta.url);

export const demoBundle = { file: join(root, "bundles", "demo.tar.gz"), keyring: join(root, "bundles", "keyring.json") };
export const nextDemoBundle = join(root, "bundles", "demo-next.tar.gz");

/** Starts everything, or throws what hinders it and leaves nothing behind. */
export async function startDemo(options: SetUpOptions): Promise<DemoSetUp> {
  const taken = options.port === 0 ? [] : await takenPorts(options.port);
  if (taken.length > 0) throw new Error(taken.join("\n"));
  const folder = resolve(options.folder ?? (await mkdtemp(join(tmpdir(), "toolgate-demo-"))));
  await mkdir(folder, { recursive: true });
  const started: DemoProcess[] = [];
  const stop = async () => {
    // The gateway first: it lets calls end, and they need the servers.
    await started.find(({ name }) => name === "gateway")?.stop();
    await Promise.all(started.map((running) => running.stop()));
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    return await startAll(options, folder, started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(options: SetUpOptions, folder: string, started: DemoProcess[], stop: () => Promise<void>): Promise<DemoSetUp> {
  const onLog = options.onLog ?? (() => {});
  const port = (name: keyof typeof offsets) => String(options.port === 0 ? 0 : options.port + offsets[name]);
  const secret = randomBytes(24).toString("base64url");
  const run = async (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const running = await startProcess({ name, args: ["--disable-warning=ExperimentalWarning", ...args], cwd: folder, env, onLog });
    started.push(running);
    options.onReady?.(name);
    return running;
  };
  const [provider, crm, everything] = await allOrFirstError([
    run("provider", [moduleAt("../provider/main"), "--port", port("provider"), "--issuer", DEMO_ISSUER, "--audience", DEMO_AUDIENCE]),
    run("crm", [moduleAt("../crm/main"), "--port", port("crm"), "--journal", join(folder, "crm-journal.jsonl")], { CRM_SECRET: secret }),
    run("everything-http", ["--import", new URL(`./loopback-only${suffix}`, import.meta.url).href, everythingServer(), "streamableHttp"], {
      PORT: port("everything-http"),
    }),
  ]);
  const files = await writeFiles(options, folder, {
    provider: String(provider.ready.url),
    crm: String(crm.ready.url),
    everything: String(everything.ready.url),
    port: Number(port("gateway")),
    adminPort: Number(port("admin")),
  });
  const gateway = await run("gateway", [moduleAt("../../cli/main"), "serve", "--config", files.configFile, "--json"], {
    CRM_SECRET: secret,
  });
  return {
    gatewayUrl: String(gateway.ready.url),
    adminUrl: String(gateway.ready.admin),
    tokenEndpoint: `${String(provider.ready.url)}/token`,
    folder,
    logFolder: join(folder, "data", "log"),
    ...files,
    crm: { journalUrl: String(crm.ready.journal), secret },
    processes: { provider, crm, everything, gateway },
    stop,
  };
}

/** Waits for all of them even when one fails, so that none starts after everything was stopped. */
async function allOrFirstError<const T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

interface Places {
  readonly provider: string;
  readonly crm: string;
  readonly everything: string;
  readonly port: number;
  readonly adminPort: number;
}

type DemoFiles = Pick<DemoSetUp, "configFile" | "bundleFile" | "requestsFolder">;

/** The gateway's folder: configuration, bundle and keyring; beside them sample files and sample requests. */
async function writeFiles(options: SetUpOptions, folder: string, places: Places): Promise<DemoFiles> {
  const bundleFile = join(folder, "bundle.tar.gz");
  const keyringFile = join(folder, "keyring.yaml");
  // A folder that was used before goes on with the bundle and the keys that somebody put there.
  if (options.bundle !== undefined || !existsSync(bundleFile) || !existsSync(keyringFile)) {
    const { file, keyring } = options.bundle ?? demoBundle;
    await copyFile(file, bundleFile);
    // As YAML with the keys last, so that a key of one's own is added at the end.
    await writeFile(keyringFile, stringify(JSON.parse(await readFile(keyring, "utf8"))));
  }
  const sample = join(folder, "files");
  await writeSampleFolder(sample);
  const requestsFolder = join(folder, "requests");
  await writeRequests(requestsFolder);
  const configFile = join(folder, "toolgate.yaml");
  const config = {
    version: 1,
    data_dir: "./data",
    listen: { host: "127.0.0.1", port: places.port },
    admin: { listen: { host: "127.0.0.1", port: places.adminPort } },
    public_url: DEMO_AUDIENCE,
    bundle: { file: "./bundle.tar.gz", keyring: "./keyring.yaml", name: "demo", environment: "demo" },
    issuers: [{ issuer: DEMO_ISSUER, audience: DEMO_AUDIENCE, jwks_uri: `${places.provider}/jwks` }],
    places: {
      crm: { url: places.crm },
      "everything-http": { url: places.everything },
      everything: { executable: "node", cwd: folder, paths: { server: everythingServer() } },
      files: { executable: "node", cwd: sample, paths: { server: filesystemServer(), folder: sample } },
    },
    secrets: { crm: { env: "CRM_SECRET" } },
    log_level: "warn",
    ...options.config,
  };
  await writeFile(configFile, stringify(config));
  return { configFile, bundleFile, requestsFolder };
}

function moduleAt(path: string): string {
  return fileURLToPath(new URL(`${path}${suffix}`, import.meta.url));
}

function everythingServer(): string {
  return join(dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")), "dist", "index.js");
}

function filesystemServer(): string {
  return join(dirname(require.resolve("@modelcontextprotocol/server-filesystem/package.json")), "dist", "index.js");
}

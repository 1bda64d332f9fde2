import { mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Started } from "../../src/app/index.ts";
import { type Verification, verifyLog } from "../../src/parts/decisions/index.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { type KeyServer, newKey, type SigningKey, sign as signToken, startKeyServer } from "../parts/identity/key-server.ts";
import { type AdminAnswer, type AdminOptions, askAdmin } from "./gate-admin.ts";
import { type BundleChange, type BundleKey, bundleName, signedBundle, throwAwayKey } from "./gate-bundle.ts";
import { type Answer, type CallOptions, type ClientEra, GateClient } from "./gate-client.ts";
import { type Company, environment, house, issuer, offeredItems, offeredTools, operatorsClient } from "./gate-company.ts";
import { type LogLine, type RunningProcess, startChild, startInProcess } from "./gate-process.ts";
import { type RecordingOptions, type RecordingServer, startRecordingServer } from "./servers/index.ts";

export type { AdminAnswer, AdminOptions } from "./gate-admin.ts";
export { type BundleChange, type BundleData, filesOf, sign, signedBundle, throwAwayKey, unsignedBundle } from "./gate-bundle.ts";
export { type Answer, type CallOptions, type Effect, plainHeaders, type Told, told } from "./gate-client.ts";
export { type Company, type CompanyServer, environment, house, houseOperators, issuer } from "./gate-company.ts";

export interface GateOptions {
  /** The company whose bundle is built and signed; `house` by default. Its build is kept, so the same company costs OPA once. */
  readonly company?: Company;
  /** What the first bundle differs in. */
  readonly bundle?: BundleChange;
  /** How the recording servers behave, by server id. They offer what the company's tables say. */
  readonly servers?: Readonly<Record<string, RecordingOptions>>;
  /** Members of toolgate.yaml over the ones of a gate on loopback. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the gate gets its bundle, as members of `bundle`, in place of the file; told the first bundle, the key of those that follow, and the gate's folder. */
  readonly bundleFrom?: (first: Uint8Array, key: BundleKey, folder: string) => Promise<Readonly<Record<string, unknown>>>;
  /** Members of the issuer's entry. */
  readonly issuer?: Readonly<Record<string, unknown>>;
  /** Time of the gate and of its tokens; the system's by default. In this process only. */
  readonly clock?: Clock;
  /** Variables that `secrets` of the configuration may name. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `child`: `toolgate serve` as a process of its own. `before` is shell that runs before it in the same process, e.g. `ulimit -f 64`. */
  readonly process?: "here" | "child" | { readonly before: string };
}

/** What a token says. `agent` alone, without a user, acts for itself. */
export interface TokenOptions {
  readonly user?: string;
  readonly agent?: string;
  readonly groups?: readonly string[];
  /** Any other claims; `undefined` takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Another key than the issuer's. */
  readonly key?: SigningKey;
  readonly issuer?: string;
  /** Seconds from now; 300 by default. */
  readonly lifetime?: number;
}

/** A line of the decision log that is a record. */
export interface LogRecord {
  readonly kind: string;
  readonly id: string;
  readonly seq: number;
  readonly target?: string;
  readonly effect?: string;
  readonly reasons?: readonly { readonly code: string; readonly rule?: string }[];
  readonly bundle?: { readonly digest: string; readonly sequence: number; readonly revision: string } | null;
  readonly [member: string]: unknown;
}

/** What became of a bundle that was laid before a running gate. */
export type Offered = { readonly activated: true } | { readonly activated: false; readonly code: string; readonly detail: string };

/** A running gateway with everything around it: an issuer, recording servers, a signed bundle, and a client of both eras. */
export interface Gate {
  /** Where it listens now; another one after `restart`. */
  readonly url: string;
  /** Where the admin API listens now. */
  readonly adminUrl: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly bundleFile: string;
  readonly company: Company;
  readonly key: BundleKey;
  readonly client: GateClient;
  /** Publishes the keys. `stop` takes it away, `start` brings it back on the same port. */
  readonly issuer: KeyServer & { readonly current: SigningKey; rotate(): Promise<SigningKey> };
  /** Recording servers by id. `calls` of one is what the server behind saw. */
  readonly servers: Readonly<Record<string, RecordingServer>>;
  /** What was built, where the gate runs in this process. */
  readonly started: Started;
  readonly pid: number;
  /** An `Authorization` value; by default ann, of the staff, through desk-bot. */
  token(options?: TokenOptions): Promise<string>;
  /** A call over HTTP; a fresh token for ann unless one is given, `token: undefined` sends none. */
  call(tool: string, args?: unknown, options?: CallOptions): Promise<Answer>;
  /** A request to the admin API, with a path below `/admin/v1`; olga, an operator of the house, asks unless another does. */
  admin(method: string, path: string, options?: AdminOptions): Promise<AdminAnswer>;
  /** Names of the tools that are listed, all pages. */
  list(options?: CallOptions): Promise<readonly string[]>;
  /** Every record on disk, oldest first, over all logs of the folder. */
  records(): Promise<readonly LogRecord[]>;
  verify(): Promise<Verification>;
  /** Signs the company's bundle under the next sequence, with a change, and waits until it was taken or refused. */
  swap(change?: BundleChange, company?: Company): Promise<Offered>;
  /** Lays any bytes before the gate, and waits until they were taken or refused. */
  offer(bytes: Uint8Array): Promise<Offered>;
  readyz(): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Resolves with the first operational log line that fits, be it one from before. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends a signal to the child. */
  signal(name: NodeJS.Signals): void;
  /** Resolves with the child's exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Starts the gate again on the same data; what ran must have ended, or is stopped. */
  restart(change?: { readonly process?: GateOptions["process"] }): Promise<void>;
  /** Stops gate, servers and issuer, and removes the folder. */
  stop(): Promise<void>;
}

const AUDIENCE = "https://gate.example.com";

/**
 * Starts a whole gateway the way `toolgate serve` does, with nothing of it replaced but what `options` names. Every call
 * made with it passes HTTP, the verified token, the signed bundle, the log on disk and a server that remembers what it saw.
 */
export async function startGate(options: GateOptions = {}): Promise<Gate> {
  const company = options.company ?? house;
  const folder = await realpath(await mkdtemp(join(tmpdir(), "toolgate-e2e-")));
  const key = throwAwayKey();
  const bundleFile = join(folder, "bundle.tar.gz");
  const [servers, keys] = await Promise.all([startServers(company, options.servers ?? {}), startIssuer()]);
  await writeFile(join(folder, "keyring.json"), key.keyring);
  const first = await signedBundle(company, options.bundle ?? {}, key);
  await writeFile(bundleFile, first);
  const source = (await options.bundleFrom?.(first, key, folder)) ?? { file: bundleFile };
  const config = configOf(folder, servers, keys, options, source);
  const launch = (how: GateOptions["process"]) => {
    if (how === undefined || how === "here") return startInProcess(config, options);
    return startChild(folder, config, how === "child" ? "" : how.before, options.environment ?? {});
  };
  let running: RunningProcess;
  try {
    running = await launch(options.process);
  } catch (error) {
    await Promise.all([...Object.values(servers).map((server) => server.close()), keys.stop()]);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const client = new GateClient(() => running.url);
  const now = () => options.clock?.now() ?? Date.now();
  let sequence = options.bundle?.sequence ?? 1;
  const token = (wanted: TokenOptions = {}) => tokenFor(keys, now(), wanted);
  const withToken = async (call: CallOptions = {}): Promise<CallOptions> => ("token" in call ? call : { ...call, token: await token() });

  const adminUrl = (): string => {
    if (running.adminUrl === undefined) throw new Error("the gate has no admin API");
    return running.adminUrl;
  };

  const offer = async (bytes: Uint8Array): Promise<Offered> => {
    const outcome = running.next((line) => line.msg === "bundle activated" || line.msg === "bundle refused" || isUnread(line));
    // A rename: the gate never reads half a file.
    await writeFile(`${bundleFile}.next`, bytes);
    await rename(`${bundleFile}.next`, bundleFile);
    const line = await outcome;
    if (line.msg === "bundle activated") return { activated: true };
    return { activated: false, code: String(line.code), detail: String(line.detail) };
  };

  return {
    get url() {
      return running.url;
    },
    get adminUrl() {
      return adminUrl();
    },
    get started() {
      if (running.started === undefined) throw new Error("the gate runs in a process of its own");
      return running.started;
    },
    get pid() {
      return running.pid;
    },
    get ended() {
      return running.ended;
    },
    folder,
    dataDir: join(folder, "data"),
    bundleFile,
    company,
    key,
    client,
    issuer: keys,
    servers,
    token,
    offer,
    call: async (tool, args, call) => client.call(tool, args, await withToken(call)),
    async admin(method, path, wanted = {}) {
      const { operator: user = "olga" } = wanted;
      const bearer = "token" in wanted ? wanted.token : await token({ user, agent: operatorsClient, groups: [] });
      return askAdmin(adminUrl(), method, path, { ...wanted, token: bearer });
    },
    list: async (call) => listAll(client, await withToken(call)),
    records: () => readRecords(join(folder, "data", "log")),
    verify: () => verifyLog(join(folder, "data", "log")),
    swap: async (change = {}, other = company) => {
      sequence = change.sequence ?? sequence + 1;
      return offer(await signedBundle(other, { ...change, sequence }, key));
    },
    readyz: () => client.get("/readyz"),
    logged: (fits) => running.logged(fits),
    signal: (name) => running.signal(name),
    async restart(change = {}) {
      await running.stop();
      client.forget();
      running = await launch(change.process ?? options.process);
    },
    async stop() {
      await client.close();
      await running.stop();
      await Promise.all([...Object.values(servers).map((server) => server.close()), keys.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isUnread(line: LogLine): boolean {
  return line.msg === "the bundle file cannot be read";
}

async function startServers(
  company: Company,
  options: Readonly<Record<string, RecordingOptions>>,
): Promise<Readonly<Record<string, RecordingServer>>> {
  const own = Object.entries(company.servers).filter(([id, server]) => (server.at ?? id) === id);
  const started = own.map(async ([id, server]) => {
    // A server that stands in for others offers their tools too.
    const guests = Object.values(company.servers).filter(({ at }) => at === id);
    const tools = [...new Map([server, ...guests].flatMap(offeredTools).map((tool) => [tool.name, tool])).values()];
    const items = Object.assign({}, ...guests.map(offeredItems), offeredItems(server));
    return [id, await startRecordingServer({ era: server.era ?? "session", tools, ...items, ...options[id] })] as const;
  });
  return Object.fromEntries(await Promise.all(started));
}

async function startIssuer(): Promise<Gate["issuer"]> {
  const keys = await startKeyServer();
  const first = await newKey("key-1");
  keys.keys = [first.jwk];
  let number = 1;
  const published = Object.assign(keys, {
    current: first,
    async rotate() {
      number += 1;
      published.current = await newKey(`key-${number}`);
      keys.keys = [published.current.jwk];
      return published.current;
    },
  });
  return published;
}

function configOf(
  folder: string,
  servers: Readonly<Record<string, RecordingServer>>,
  keys: KeyServer,
  options: GateOptions,
  source: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    version: 1,
    data_dir: join(folder, "data"),
    listen: { host: "127.0.0.1", port: 0 },
    admin: { listen: { host: "127.0.0.1", port: 0 } },
    public_url: AUDIENCE,
    bundle: { ...source, keyring: join(folder, "keyring.json"), name: bundleName, environment },
    issuers: [{ issuer, audience: AUDIENCE, jwks_uri: keys.jwksUri, ...options.issuer }],
    places: Object.fromEntries(Object.entries(servers).map(([id, server]) => [id, { url: server.url }])),
    ...options.config,
  };
}

function tokenFor(keys: Gate["issuer"], now: number, wanted: TokenOptions): Promise<string> {
  const { agent = "desk-bot", user, groups = ["staff"], claims = {}, header = {}, key, lifetime = 300 } = wanted;
  const subject = user ?? ("agent" in wanted && !("groups" in wanted) ? agent : "ann");
  return signToken(key ?? keys.current, wanted.issuer ?? issuer, now, {
    claims: { sub: subject, client_id: agent, groups, exp: Math.floor(now / 1000) + lifetime, ...claims },
    header,
  });
}

async function listAll(client: GateClient, options: CallOptions): Promise<readonly string[]> {
  const names: string[] = [];
  for (let cursor: unknown; ; ) {
    const answer = await client.ask("tools/list", cursor === undefined ? {} : { cursor }, options);
    const result = answer.message?.result;
    if (result === undefined) throw new Error(`the list was refused: ${answer.status} ${answer.text}`);
    names.push(...(result.tools as readonly { readonly name: string }[]).map(({ name }) => name));
    cursor = result.nextCursor;
    if (cursor === undefined) return names;
  }
}

async function readRecords(folder: string): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  const logs = (await readdir(folder)).filter((name) => name.startsWith("log_")).sort();
  for (const log of logs) {
    const segments = (await readdir(join(folder, log))).filter((name) => name.endsWith(".jsonl")).sort();
    for (const segment of segments) {
      const lines = (await readFile(join(folder, log, segment), "utf8")).split("\n").slice(0, -1);
      for (const line of lines) {
        const value = JSON.parse(line) as LogRecord;
        if (value.kind !== "segment") records.push(value);
      }
    }
  }
  return records;
}

export type { ClientEra };

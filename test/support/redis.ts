import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Redis } from "ioredis";

/** A Redis for tests. `pid` only where this process started it. */
export interface TestRedis {
  readonly url: string;
  readonly pid?: number;
  /** Ends the server at once, without saving, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where Redis is found, or why tests on it are left out. */
export type RedisFound =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "program"; readonly program: string; readonly libraries?: string }
  | { readonly kind: "missing"; readonly reason: string };

const packages = ["redis-server", "redis-tools"];
const cache = join(import.meta.dirname, "..", "..", ".cache", "redis");

/**
 * `TOOLGATE_TEST_REDIS` (a URL), else `redis-server` in PATH, else one fetched with apt-get and unpacked into
 * `.cache/redis`. A machine without any of them leaves the tests out and says why; in CI that is an error.
 */
export function findRedis(): RedisFound {
  const found = lookForRedis();
  if (found.kind === "missing" && process.env.CI) throw new Error(`no redis for the tests: ${found.reason}`);
  return found;
}

function lookForRedis(): RedisFound {
  const url = process.env.TOOLGATE_TEST_REDIS;
  if (url) return { kind: "url", url };
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const program = join(folder, "redis-server");
    if (folder !== "" && existsSync(program)) return { kind: "program", program };
  }
  return unpacked() ?? fetchWithApt();
}

function unpacked(): RedisFound | undefined {
  const program = join(cache, "usr", "bin", "redis-server");
  if (!existsSync(program)) return undefined;
  const lib = join(cache, "usr", "lib");
  const folders = existsSync(lib) ? readdirSync(lib).map((name) => join(lib, name)) : [];
  return { kind: "program", program, libraries: [lib, ...folders].join(delimiter) };
}

function fetchWithApt(): RedisFound {
  const missing = (reason: string): RedisFound => ({
    kind: "missing",
    reason: `TOOLGATE_TEST_REDIS is not set, redis-server is not in PATH, and ${reason}`,
  });
  const downloads = mkdtempSync(join(tmpdir(), "toolgate-redis-"));
  try {
    const depends = execFileSync("apt-cache", ["depends", "--no-recommends", "--no-suggests", ...packages], { encoding: "utf8" });
    // The C library is on every machine; only what Redis brings along is fetched.
    const libraries = [...depends.matchAll(/Depends: (lib[a-z0-9.+-]+)/g)].map((match) => match[1] ?? "");
    const wanted = [...packages, ...new Set(libraries.filter((name) => name !== "libc6"))];
    execFileSync("apt-get", ["download", ...wanted], { cwd: downloads, stdio: "ignore", timeout: 120_000 });
    mkdirSync(dirname(cache), { recursive: true });
    const fresh = mkdtempSync(`${cache}-`);
    for (const file of readdirSync(downloads)) execFileSync("dpkg", ["-x", join(downloads, file), fresh]);
    // Test files run at the same time: whoever comes second finds the folder whole.
    try {
      renameSync(fresh, cache);
    } catch {
      rmSync(fresh, { recursive: true });
    }
    return unpacked() ?? missing("the package from apt-get holds no redis-server");
  } catch {
    return missing("apt-get could not fetch it");
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

/** Starts Redis without persistence on a free port of 127.0.0.1, or uses the one that is given by URL (and empties nothing there). */
export async function startRedis(found: Exclude<RedisFound, { kind: "missing" }>): Promise<TestRedis> {
  if (found.kind === "url") {
    const notOurs = async (): Promise<never> => {
      throw new Error("this redis was not started by the tests");
    };
    return { url: found.url, kill: notOurs, restart: notOurs, stop: async () => {} };
  }
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await launch(found, port);
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    kill: () => end(child),
    restart: async () => {
      child = await launch(found, port);
    },
    stop: () => end(child),
  };
}

async function launch(found: { readonly program: string; readonly libraries?: string }, port: number): Promise<ChildProcess> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()];
  const env = found.libraries ? { ...process.env, LD_LIBRARY_PATH: found.libraries } : process.env;
  const child = spawn(found.program, options, { stdio: "ignore", env });
  const onExit = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", onExit);
  child.once("exit", () => process.off("exit", onExit));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`redis-server ended with "${code}" before it answered`)));
  });
  failed.catch(() => {});
  await Promise.race([answers(port), failed]);
  return child;
}

async function answers(port: number): Promise<void> {
  const redis = new Redis(port, "127.0.0.1", { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  try {
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

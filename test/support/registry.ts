import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** A registry for tests: the one that Docker's own distribution is. */
export interface TestRegistry {
  /** `127.0.0.1:41234`, as references begin. It speaks plain HTTP. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Where a registry is found, or why tests on it are left out. */
export type RegistryFound = { readonly kind: "program"; readonly program: string } | { readonly kind: "missing"; readonly reason: string };

const cache = join(import.meta.dirname, "..", "..", ".cache", "registry");
const goModule = "github.com/distribution/distribution/v3/cmd/registry@v3.0.0";

/** The account of a registry that wants one. */
export const account = { username: "robot", password: "let-me-push" };
/** bcrypt of that password. */
const HASH = "$2b$04$aHAjkHk0slyIPHU9XYWr8OQArGMysG.i/pYq.4QUstmMN9AYdh2eq";

/**
 * `docker-registry` in PATH, else Debian's package fetched with apt-get and unpacked into `.cache/registry`, else its
 * source by `go install` at a pinned version. A machine without any of them leaves the tests out and says why; in CI that
 * is an error.
 */
export function findRegistry(): RegistryFound {
  const found = inPath() ?? unpacked() ?? fetched() ?? compiled();
  if (found) return found;
  const reason = "docker-registry is not in PATH, and neither apt-get nor go could fetch it";
  if (process.env.CI) throw new Error(`no registry for the tests: ${reason}`);
  return { kind: "missing", reason };
}

function inPath(): RegistryFound | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const program = folders.map((folder) => join(folder, "docker-registry")).find((path) => existsSync(path));
  return program === undefined ? undefined : { kind: "program", program };
}

function unpacked(): RegistryFound | undefined {
  const program = [join(cache, "usr/bin/docker-registry"), join(cache, "registry")].find((path) => existsSync(path));
  return program === undefined ? undefined : { kind: "program", program };
}

function fetched(): RegistryFound | undefined {
  return make((fresh) => {
    const downloads = mkdtempSync(join(tmpdir(), "toolgate-registry-"));
    try {
      execFileSync("apt-get", ["download", "docker-registry"], { cwd: downloads, stdio: "ignore", timeout: 120_000 });
      for (const file of readdirSync(downloads)) execFileSync("dpkg", ["-x", join(downloads, file), fresh]);
    } finally {
      rmSync(downloads, { recursive: true, force: true });
    }
  });
}

function compiled(): RegistryFound | undefined {
  return make((fresh) => {
    execFileSync("go", ["install", goModule], { env: { ...process.env, GOBIN: fresh }, stdio: "ignore", timeout: 300_000 });
  });
}

/** Fills a fresh folder and makes it the cache. Test files run at the same time: whoever comes second finds the folder whole. */
function make(fill: (folder: string) => void): RegistryFound | undefined {
  mkdirSync(dirname(cache), { recursive: true });
  const fresh = mkdtempSync(`${cache}-`);
  try {
    fill(fresh);
    renameSync(fresh, cache);
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
  return unpacked();
}

/** Starts a registry in memory on a free port of 127.0.0.1. */
export async function startRegistry(
  found: Exclude<RegistryFound, { kind: "missing" }>,
  options: { readonly wantsAccount?: boolean } = {},
): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-registry-"));
  const passwords = join(folder, "htpasswd");
  writeFileSync(passwords, `${account.username}:${HASH}\n`);
  const config = {
    version: 0.1,
    log: { level: "info", formatter: "json", accesslog: { disabled: true } },
    storage: { inmemory: {}, maintenance: { uploadpurging: { enabled: false } } },
    http: { addr: "127.0.0.1:0" },
    ...(options.wantsAccount === true && { auth: { htpasswd: { realm: "tests", path: passwords } } }),
  };
  // JSON is YAML.
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const child = spawn(found.program, ["serve", join(folder, "config.yml")], { stdio: ["ignore", "pipe", "pipe"] });
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  child.once("exit", () => process.off("exit", onExit));
  const host = await listening(child);
  return {
    host,
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the registry ended with "${code}" before it listened`)));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
        if (host !== undefined) resolve(host);
      });
    }
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

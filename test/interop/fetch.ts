import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { access, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));

/** Peers that are no dependencies of ours, each under a folder that git ignores. */
export interface Fetched {
  readonly python: string;
  readonly go: string;
  readonly inspector: string;
  readonly memoryServer: string;
}

const npmPackages = { "@modelcontextprotocol/inspector": "2.12.0", "@modelcontextprotocol/server-memory": "2026.8.31" };

/** Installs what is missing, once; later runs find it. Needs python3 with venv, go, npm, and their registries. */
export async function fetchPeers(folder: string, say: (words: string) => void): Promise<Fetched> {
  await mkdir(folder, { recursive: true });
  const python = join(folder, "python", "bin", "python");
  if (!(await exists(join(folder, "python", "ready")))) {
    say("fetching the Python SDK");
    await run("python3", ["-m", "venv", join(folder, "python")]);
    await run(python, ["-m", "pip", "install", "--quiet", "-r", join(here, "python", "requirements.txt")]);
    await copyFile(join(here, "python", "requirements.txt"), join(folder, "python", "ready"));
  }
  const go = join(folder, "go-peer");
  say("building the Go peer");
  await run("go", ["build", "-o", go, "."], { cwd: join(here, "go") });
  const npm = join(folder, "npm");
  const inspector = join(npm, "node_modules", "@modelcontextprotocol", "inspector");
  if (!(await exists(join(npm, "node_modules", ".package-lock.json")))) {
    say("fetching the inspector and the memory server");
    await mkdir(npm, { recursive: true });
    const packages = Object.entries(npmPackages).map(([name, version]) => `${name}@${version}`);
    await run("npm", ["install", "--prefix", npm, "--no-audit", "--no-fund", "--no-save", ...packages]);
  }
  const memoryServer = join(npm, "node_modules", "@modelcontextprotocol", "server-memory", "dist", "index.js");
  return { python, go, inspector: join(inspector, "clients", "launcher", "build", "index.js"), memoryServer };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Every peer with its version, for the page. */
export function versions(): readonly string[] {
  const ours = (name: string) =>
    (JSON.parse(readFileSync(join(here, "../../node_modules", name, "package.json"), "utf8")) as { version: string }).version;
  const own = [
    "@modelcontextprotocol/sdk",
    "@modelcontextprotocol/client",
    "@modelcontextprotocol/server-everything",
    "@modelcontextprotocol/server-filesystem",
  ];
  const python = readFileSync(join(here, "python", "requirements.txt"), "utf8")
    .trim()
    .replace("==", " ");
  const go = /go-sdk v\S+/.exec(readFileSync(join(here, "go", "go.mod"), "utf8"))?.[0] ?? "";
  return [
    ...own.map((name) => `${name} ${ours(name)}`),
    `Python ${python}`,
    go,
    ...Object.entries(npmPackages).map(([name, version]) => `${name} ${version}`),
  ].map((words) => `\`${words}\``);
}
